/* bert_tokenizer.h - v0.1.1 - text to BERT token ids and back, in one C header
   SPDX-License-Identifier: MIT-0 OR Unlicense          (licence and Unicode data notice: >>license)

   IS        Google's BERT tokenization, answer for answer: cleaning, CJK spacing, lower-casing, accent stripping,
             punctuation, WordPiece. Every token knows which bytes of your text it came from. Also Hugging Face's
             variant where the two differ, pairs, truncation, windows over long texts, decoding, streaming, an
             explanation of every split, and learning a vocabulary of your own.
   IS NOT    A tokenizer for other families (byte-level BPE, SentencePiece). It never prints, exits or aborts.
   TRUST     Texts, vocabularies and JSON may be hostile: everything is checked, time is linear, invalid UTF-8 is
             skipped as Python's errors="ignore" does. Fuzzed.

   START     In exactly one source file:   #define BERT_TOKENIZER_IMPLEMENTATION   before the include.

      #define BERT_TOKENIZER_IMPLEMENTATION
      #include "bert_tokenizer.h"
      #include <stdio.h>
      int main(void) {                                            // cc -O2 hello.c && ./a.out
          static const char vocab[] = "[UNK]\nhe\n##llo\nworld\n!\n";
          const char *text = "Héllo, world!";
          int32_t ids[32];
          size_t begin[32], end[32];
          bert_error err = {0};
          bert_tokenizer_desc desc = {0};
          bert_tokenizer *tok;
          bert_encoding out = {0};
          desc.data = vocab;  desc.size = sizeof vocab - 1;  desc.error = &err;   // or desc.path = "vocab.txt"
          if (bert_tokenizer_open(&desc, &tok)) { fprintf(stderr, "%s\n", err.message); return 1; }
          out.ids = ids;  out.begin = begin;  out.end = end;  out.capacity = 32;
          if (bert_tokenizer_encode(tok, text, strlen(text), &out) == BERT_OK)
              for (size_t i = 0; i < out.count; i++)
                  printf("%-8s %3d  %.*s\n", bert_tokenizer_token(tok, ids[i], NULL), (int)ids[i],
                         (int)(end[i] - begin[i]), text + begin[i]);
          bert_tokenizer_close(tok);
          return 0;
      }

   CONVENTIONS
      errors    every fallible call returns a bert_status, BERT_OK is 0; give desc.error to hear what, where and what to
                do. On failure results are untouched (one exception is stated: bert_encoding) and nothing leaks.
      descs     zero means default; write `= {0}` (in C++ too, with -Wno-missing-field-initializers).
      memory    objects own what they hand out until they are closed; buffers you pass stay yours. desc.allocator
                replaces malloc and free. Encoding allocates nothing. Close functions accept NULL.
      threads   a bert_tokenizer never changes after it was opened: share it. No globals, no locale, no ctype.
      text      UTF-8 as pointer and size in bytes; embedded NULs are text like any other (and cleaned away).

   CONTENTS  (search for the tag)
      >>options    compile-time switches                   >>types      statuses, descs, encodings
      >>api        all public functions
      ---- implementation: the base, shared with bert.h ----
      >>platform   compilers, atomics, time                >>error      statuses, details, messages
      >>alloc      checked sizes, arenas, buffers          >>files      map, read, write-and-rename
      >>threads    a pool and parallel_for                 >>json       numbers, parser, quoting
      ---- implementation: the tokenizer ----
      >>unicode    facts about code points, as tables      >>vocab      tokens <-> ids, vocabulary files
      >>basic      text to words: clean, lower, split      >>wordpiece  words to pieces, longest match first
      >>encode     texts, pairs, windows, streams, decode  >>learn      a vocabulary from text files
      >>history    changes by version                      >>license    both licences, Unicode notice
*/
#ifndef BERT_TOKENIZER_H
#define BERT_TOKENIZER_H

/* ============================================================================================================
   >>options
   Where: "every file" = before each include of the header (or on the command line); "implementation" = only before
   the include that has BERT_TOKENIZER_IMPLEMENTATION or BERT_IMPLEMENTATION. No option changes a public struct.

   option                          where           what it does, what it costs or saves (sh tools/sizes.sh: this header, gcc 12 -Os, x86-64: 65 KB)
   BERT_TOKENIZER_IMPLEMENTATION   implementation  compiles this header's functions here. BERT_IMPLEMENTATION implies it.
   BERT_STATIC                     every file      makes every function static: a private copy for this file.
   BERT_API                        every file      your own linkage for the declarations, e.g. a DLL export.
   BERT_NO_TOKENIZER               implementation  leaves out >>unicode to >>learn: only the base stays, for bert.h. 52 KB,
                                                    in bert.h, with the data sets that need it, 155 KB.
   BERT_NO_LEARN                   implementation  leaves out vocabulary learning (>>learn). BERT_NO_TRAIN implies it. 11 KB.
   BERT_NO_STDIO                   implementation  no files at all: everything from memory, no <stdio.h>, no POSIX. 3 KB,
                                                    in bert.h 24 KB.
   BERT_NO_THREADS                 implementation  no pool: parallel work runs in the caller's thread, one after another. 1 KB.
   BERT_NO_SIMD                    implementation  plain C only; same results, slower; sessions compute in float32. 0.3 KB,
                                                    in bert.h 89 KB.
   BERT_NO_MESSAGES                implementation  errors keep code, path, offset, line and tensor, but the message is only the
                                                    code's text: for programs that have no bytes to spare for words. 4 KB,
                                                    in bert.h 45 KB.
   BERT_MALLOC(n), BERT_FREE(p)    implementation  replace the default allocator (both or neither). <stdlib.h> is then
                                                   not used.
   BERT_ASSERT(x)                  implementation  checks of our own mistakes, never of input; default: none.
   ============================================================================================================ */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(BERT_NO_TRAIN) && !defined(BERT_NO_LEARN)
#define BERT_NO_LEARN
#endif

#ifndef BERT_API
#if defined(BERT_STATIC)
#if defined(__GNUC__)
#define BERT_API static __attribute__((unused))
#else
#define BERT_API static
#endif
#elif defined(__cplusplus)
#define BERT_API extern "C"
#else
#define BERT_API extern
#endif
#endif

#define BERT_VERSION "0.1.1"

/* ============================================================================================================
   >>types
   ============================================================================================================ */

/* What a call answers. The text of each is bert_status_string(). */
#define BERT_STATUS_LIST(X)                                                                                            \
    X(BERT_OK, "ok")                                                                                                   \
    X(BERT_ERROR_ARGUMENT, "an argument is not usable")                                                                \
    X(BERT_ERROR_MEMORY, "out of memory")                                                                              \
    X(BERT_ERROR_IO, "a file could not be opened, read or written")                                                    \
    X(BERT_ERROR_FORMAT, "the data is malformed")                                                                      \
    X(BERT_ERROR_UNSUPPORTED, "the data is valid but asks for what this library does not do")                          \
    X(BERT_ERROR_MISMATCH, "parts that should fit each other do not")                                                  \
    X(BERT_ERROR_SPACE, "the caller's buffer is too small")                                                            \
    X(BERT_ERROR_TOO_LONG, "the input is longer than allowed")                                                         \
    X(BERT_ERROR_STOPPED, "stopped by the caller")
#define BERT_STATUS_ENUM(name, text) name,
typedef enum bert_status { BERT_STATUS_LIST(BERT_STATUS_ENUM) BERT_STATUS_COUNT } bert_status;

/* The story of a failure, owned by the caller and filled when a call fails: `bert_error err = {0}`. */
typedef struct bert_error {
    int64_t offset;        /* byte in the file or text, -1 where that means nothing */
    int64_t line;          /* from 1, or 0 */
    bert_status code;
    char path[256];        /* file, shortened in front when longer, or "" */
    char tensor[128];      /* tensor or field, or "" */
    char message[512];     /* what, where and what to do, in one line; includes the above */
} bert_error;

/* Memory from elsewhere: both functions or neither. alloc returns 16-byte aligned memory or NULL. */
typedef struct bert_allocator {
    void *(*alloc)(size_t size, void *user);
    void (*free)(void *memory, void *user);
    void *user;
} bert_allocator;

/* A user's block of memory as an allocator: `bert_fixed f = {0}; f.memory = block; f.size = sizeof block;` and
   bert_fixed_allocator(&f). Freeing gives memory back only in reverse order; reset by f.used = 0. */
typedef struct bert_fixed {
    void *memory;
    size_t size, used, peak;
} bert_fixed;

/* Zero is "by default" in all three-valued flags. */
typedef enum bert_flag { BERT_DEFAULT = 0, BERT_ON = 1, BERT_OFF = 2 } bert_flag;

/* The work of index, of n; see bert_parallel. */
typedef void (*bert_task)(void *arg, int64_t index);

/* How to run n independent tasks. A host program lends its own threads by filling run (and width, how many run at
   once); zero runs them one after another. */
typedef struct bert_parallel {
    void (*run)(void *user, int64_t n, bert_task task, void *arg);
    void *user;
    int32_t width;
} bert_parallel;

typedef struct bert_pool bert_pool;

/* A file in memory: mapped where the system can, else read. Close with bert_file_close. */
typedef struct bert_file {
    const unsigned char *data;
    size_t size;
    void *mapping, *memory;             /* private */
    bert_allocator allocator;
} bert_file;

/* A value of a parsed JSON text. Strings are unescaped UTF-8, with a NUL after them that is not counted. */
typedef struct bert_json bert_json;
struct bert_json {
    const char *text;                   /* string: its bytes; number: as written */
    size_t size;
    const char *key;                    /* member of an object: its name, else NULL */
    size_t key_size;
    const bert_json *first, *next;      /* children; the next sibling */
    size_t offset;                      /* byte of the value in the text */
    size_t count;                       /* children */
    char type;                          /* 'o'bject 'a'rray 's'tring 'd' number 't'rue 'f'alse 'n'ull */
};
typedef struct bert_json_doc { const bert_json *root; void *memory; bert_allocator allocator; } bert_json_doc;

#ifndef BERT_NO_TOKENIZER

/* Whose rules where Google's tokenization.py and Hugging Face's fast tokenizer differ (Unicode version, the longest
   word, final sigma, special tokens in the text, private use characters). */
typedef enum bert_tokenizer_mode { BERT_TOKENIZER_DEFAULT = 0, BERT_TOKENIZER_GOOGLE = 1, BERT_TOKENIZER_HF = 2 } bert_tokenizer_mode;

typedef struct bert_tokenizer bert_tokenizer;

/* A tokenizer to open. The vocabulary is `path` (vocab.txt, tokenizer.json, or a directory that has one of them) or
   `data`/`size` (the text of either, copied). From a directory the flags come from tokenizer.json or
   tokenizer_config.json; what is set here overrides. */
typedef struct bert_tokenizer_desc {
    const char *path;
    const void *data;
    size_t size;
    bert_tokenizer_mode mode;           /* default: HF where the files are a tokenizer.json, else Google */
    bert_flag lower_case;               /* default: the files' word, else on */
    bert_flag strip_accents;            /* default: as lower_case */
    bert_flag cjk;                      /* a word of each CJK character; default on */
    bert_flag clean;                    /* remove control characters; default on */
    bert_flag specials;                 /* "[MASK]" in a text, byte for byte, is that token; default: off in Google's mode, on in HF's */
    bert_flag basic;                    /* off: split at white space only, then WordPiece (WordpieceTokenizer); default on */
    int32_t max_word;                   /* more code points make a word [UNK]; default 200 Google, 100 HF; at most 200 */
    const char *unk_token, *cls_token, *sep_token, *pad_token, *mask_token;  /* default "[UNK]" ... */
    const char *const *never_split;     /* further words to keep whole wherever they stand in a text */
    size_t never_split_count;
    bert_allocator allocator;
    bert_error *error;
} bert_tokenizer_desc;

/* Tokens as columns. Point the columns you want at arrays of `capacity` entries; NULL columns are skipped. `count`
   becomes the number of tokens. If they do not fit, the call returns BERT_ERROR_SPACE, count says how many there are,
   and what fits has been written; without columns it just counts. A text of n bytes has at most n tokens (and 3 more
   with [CLS] and [SEP]). BERT_ERROR_MISMATCH: a word needs [UNK], and the vocabulary has none (its id is then -1). */
typedef struct bert_encoding {
    size_t capacity, count;
    int32_t *ids;                       /* [count] */
    int32_t *segment_ids;               /* [count] 0 first text, 1 second */
    int32_t *words;                     /* [count] index of the word in its text, -1 for [CLS] and [SEP] */
    size_t *begin, *end;                /* [count] bytes of its text, end exclusive; 0, 0 for [CLS] and [SEP] */
    size_t *char_begin, *char_end;      /* [count] the same in code points */
} bert_encoding;

/* What to cut when [CLS] a [SEP] b [SEP] is too long. LONGEST takes from the end of the longer one: by Google's rule
   (b on a tie) or in HF mode by theirs. */
typedef enum bert_truncation {
    BERT_TRUNCATE_LONGEST = 0, BERT_TRUNCATE_FIRST = 1, BERT_TRUNCATE_SECOND = 2, BERT_TRUNCATE_ERROR = 3
} bert_truncation;

typedef struct bert_pair_desc {
    size_t max_tokens;                  /* [CLS] and [SEP] included; 0: no limit */
    size_t stride;                      /* tokens that neighbouring windows share */
    size_t window;                      /* which window of a long text, from 0; see bert_encoding_join */
    bert_truncation truncation;
    bert_flag left;                     /* on: cut at the start of the texts, keep their ends */
    bert_error *error;
} bert_pair_desc;

/* A word as WordPiece sees it. Words of more than 200 code points come in several calls, all but the last with more; marks
   are put in NFD's order within each. */
typedef struct bert_word {
    const char *text;                   /* normalised: cleaned, lower-cased, accents off; not terminated */
    size_t size;
    size_t begin, end;                  /* bytes of the original it came from */
    int32_t more;
} bert_word;
typedef int (*bert_word_fn)(void *user, const bert_word *word);   /* non-zero stops */

typedef struct bert_stream bert_stream;

#ifndef BERT_NO_LEARN
typedef struct bert_learner bert_learner;

/* A vocabulary to learn. The same text in the same order gives the same vocabulary, whatever the threads. */
typedef struct bert_learn_desc {
    int64_t vocab_size;                 /* tokens wanted, specials included; default 30522 */
    int64_t min_frequency;              /* pairs seen less often are not joined; default 2 */
    int64_t limit_alphabet;             /* at most this many single characters, the most frequent; default 1000 */
    size_t max_bytes;                   /* memory for counting words; past it the rarest are forgotten; default 1 GB */
    const char *const *specials;        /* default [PAD] [UNK] [CLS] [SEP] [MASK] */
    size_t specials_count;
    bert_flag lower_case, strip_accents, cjk;   /* as in bert_tokenizer_desc */
    bert_tokenizer_mode mode;
    bert_parallel parallel;
    bert_allocator allocator;
    bert_error *error;
} bert_learn_desc;
#endif
#endif /* BERT_NO_TOKENIZER */

/* ============================================================================================================
   >>api
   ============================================================================================================ */

BERT_API const char *bert_status_string(bert_status status);

/* ---- the base: what the tools, the tests and bert.h share; of use to you perhaps ---- */

BERT_API bert_allocator bert_fixed_allocator(bert_fixed *fixed);

/* Threads. bert_pool_open(0, ...) takes one thread a core. The pool is lent by bert_pool_parallel(pool). One user
   thread at a time; a task must not start another run on the same pool. */
BERT_API bert_status bert_pool_open(int32_t threads, const bert_allocator *allocator, bert_pool **out);
BERT_API bert_parallel bert_pool_parallel(bert_pool *pool);
BERT_API void bert_pool_close(bert_pool *pool);

/* Files (not with BERT_NO_STDIO). bert_file_open maps a file; pipes and empty files are read. Do not shorten a file
   while it is open. bert_file_write writes beside the target, flushes to disk, then renames: the target is either
   the old file or the whole new one. A symbolic link stays, and the file it names is written; an old file's mode stays. */
BERT_API bert_status bert_file_open(const char *path, const bert_allocator *allocator, bert_file *out, bert_error *error);
BERT_API void bert_file_close(bert_file *file);
BERT_API bert_status bert_file_write(const char *path, const void *data, size_t size, bert_error *error);

/* JSON. The document copies what it needs: the text may go. Integers and doubles are exact or refused. A member that
   occurs twice counts with its last value. bert_json_quote writes a string with quotes, returns the bytes it needs
   (without a NUL) and writes at most `capacity` of them; ascii: \u escapes for everything else. */
BERT_API bert_status bert_json_parse(const char *text, size_t size, const bert_allocator *allocator, bert_json_doc *out,
                                     bert_error *error);
BERT_API void bert_json_free(bert_json_doc *doc);
BERT_API const bert_json *bert_json_get(const bert_json *object, const char *key);
BERT_API int bert_json_is(const bert_json *value, const char *string);
BERT_API int bert_json_int(const bert_json *value, int64_t *out);
BERT_API int bert_json_double(const bert_json *value, double *out);
BERT_API size_t bert_json_quote(const char *text, size_t size, int ascii, char *out, size_t capacity);
BERT_API int bert_parse_double(const char *text, size_t size, double *out);

#ifndef BERT_NO_TOKENIZER
/* ---- the tokenizer ---- */

BERT_API bert_status bert_tokenizer_open(const bert_tokenizer_desc *desc, bert_tokenizer **out);
BERT_API void bert_tokenizer_close(bert_tokenizer *tokenizer);

/* The desc as it was understood: defaults and the files' flags filled in. */
BERT_API bert_tokenizer_desc bert_tokenizer_desc_resolved(const bert_tokenizer *tokenizer);

/* The vocabulary. size counts ids (lines of vocab.txt). A token's text is NUL-terminated and belongs to the tokenizer;
   NULL for an id out of range or one whose line was repeated later (Google's reader keeps the last). id is -1 for an
   unknown token. The keys are the distinct tokens in the order of their first lines: Google's `vocab.keys()`. */
BERT_API int32_t bert_tokenizer_size(const bert_tokenizer *tokenizer);
BERT_API const char *bert_tokenizer_token(const bert_tokenizer *tokenizer, int32_t id, size_t *size);
BERT_API int32_t bert_tokenizer_id(const bert_tokenizer *tokenizer, const char *token, size_t size);
BERT_API int32_t bert_tokenizer_key_count(const bert_tokenizer *tokenizer);
BERT_API int32_t bert_tokenizer_key(const bert_tokenizer *tokenizer, int32_t index);      /* the id of key `index` */

/* The ids of the special tokens, -1 where the vocabulary lacks one. */
typedef struct bert_special_ids { int32_t unk, cls, sep, pad, mask; } bert_special_ids;
BERT_API bert_special_ids bert_tokenizer_special_ids(const bert_tokenizer *tokenizer);

/* One text, without [CLS] and [SEP]. */
BERT_API bert_status bert_tokenizer_encode(const bert_tokenizer *tokenizer, const char *text, size_t size,
                                           bert_encoding *out);

/* Words that somebody else has split (CoNLL files): as one text with blanks between them, but `words` holds the index
   of the given word and begin/end count inside that word. A word may give no token. */
BERT_API bert_status bert_tokenizer_encode_words(const bert_tokenizer *tokenizer, const char *const *words,
                                                 const size_t *sizes, size_t count, bert_encoding *out);

/* [CLS] a [SEP], or with b (not NULL) [CLS] a [SEP] b [SEP], cut to desc.max_tokens. Only window 0; desc may be NULL. */
BERT_API bert_status bert_tokenizer_encode_pair(const bert_tokenizer *tokenizer, const bert_pair_desc *desc, const char *a,
                                                size_t a_size, const char *b, size_t b_size, bert_encoding *out);

/* The same from texts that are encoded already, any window, in time proportional to the window: encode a long text
   once, then take its windows one after another. `windows` (may be NULL) becomes their number. b may be NULL. */
BERT_API bert_status bert_encoding_join(const bert_tokenizer *tokenizer, const bert_pair_desc *desc, const bert_encoding *a,
                                        const bert_encoding *b, bert_encoding *out, size_t *windows);

/* Alignment from `words`: the first token of each of word_count words, or -1 for a word without one (Google's
   orig_to_tok_map). The other way, token -> word, is the column itself. */
BERT_API void bert_encoding_word_starts(const bert_encoding *encoding, int32_t segment, int32_t *starts, size_t word_count);

/* The words of a text as WordPiece gets them: BasicTokenizer. Special tokens that are on come as they stand. */
BERT_API bert_status bert_tokenizer_words(const bert_tokenizer *tokenizer, const char *text, size_t size, bert_word_fn fn,
                                          void *user);

/* Ids back to text: "##" joined, the rest separated by blanks. skip_special drops [CLS], [SEP], [PAD], ... `clean` 0:
   nothing more; 1: blanks before . ? ! , and English contractions removed token by token as HF's tokenizers do; 2: over
   the whole text as transformers' clean_up_tokenization does. Writes up to capacity bytes with a NUL; *size (may be
   NULL) is the length without it; with clean 2 and too little room, the length before that cleaning. */
BERT_API bert_status bert_tokenizer_decode(const bert_tokenizer *tokenizer, const int32_t *ids, size_t count,
                                           int skip_special, int clean, char *out, size_t capacity, size_t *size);

/* Why the text became these tokens, for people: a line for each word that was changed, split or lost, and hints. The
   buffer is filled as by decode; the lines have no fixed form. */
BERT_API bert_status bert_tokenizer_explain(const bert_tokenizer *tokenizer, const char *text, size_t size, char *out,
                                            size_t capacity, size_t *need);

/* A text that arrives in pieces of any size. Each feed gives the tokens that became certain, from row 0 on; finish gives
   the rest and makes the stream ready for the next text. begin, end and words count from the start of the text. The tokens
   are those of bert_tokenizer_encode on the whole text, with one exception: whether a capital sigma ends its word is
   looked for within 64 KB, past which it is taken as final, and a special token takes no more white space. `out` must have room for size + 65536 tokens in feed and
   65536 in finish (fewer never do harm when they suffice; BERT_ERROR_SPACE spoils the stream until the next finish). */
BERT_API bert_status bert_stream_open(const bert_tokenizer *tokenizer, const bert_allocator *allocator, bert_stream **out);
BERT_API bert_status bert_stream_feed(bert_stream *stream, const char *text, size_t size, bert_encoding *out);
BERT_API bert_status bert_stream_finish(bert_stream *stream, bert_encoding *out);
BERT_API void bert_stream_close(bert_stream *stream);

#ifndef BERT_NO_LEARN
/* Learning: add texts (each call adds whole texts: words do not continue across calls), then finish. The result is the
   text of a vocab.txt, owned by the learner. */
BERT_API bert_status bert_learner_open(const bert_learn_desc *desc, bert_learner **out);
BERT_API bert_status bert_learner_add(bert_learner *learner, const char *text, size_t size);
BERT_API bert_status bert_learner_finish(bert_learner *learner, const char **vocab, size_t *size);
BERT_API void bert_learner_close(bert_learner *learner);

/* What was learned from, for reports: words seen, different words kept and forgotten, tokens. Complete after finish. */
typedef struct bert_learn_counts { int64_t words, distinct, forgotten, tokens; } bert_learn_counts;
BERT_API bert_learn_counts bert_learner_counts(const bert_learner *learner);
#endif
#endif /* BERT_NO_TOKENIZER */

#endif /* BERT_TOKENIZER_H */

/* ============================================================================================================
   ============================================================================================================
   IMPLEMENTATION. Stop here if you only use the library.
   ============================================================================================================ */
#if defined(BERT_IMPLEMENTATION) && !defined(BERT_TOKENIZER_IMPLEMENTATION)
#define BERT_TOKENIZER_IMPLEMENTATION
#endif
#if defined(BERT_TOKENIZER_IMPLEMENTATION) && !defined(BERT__TOKENIZER_IMPLEMENTED)
#define BERT__TOKENIZER_IMPLEMENTED

/* ============================================================================================================
   >>platform
   Purpose   everything that differs between compilers and systems, in one place.
   Uses      libc; POSIX or Win32 for files and threads.
   Promises  works after any include and under -std=c99, which hides POSIX: what is missing there is declared here.
   ============================================================================================================ */

#include <stdarg.h>
#if !defined(BERT_MALLOC) != !defined(BERT_FREE)
#error "bert_tokenizer.h: define both BERT_MALLOC and BERT_FREE, or neither"
#endif
#ifndef BERT_MALLOC
#include <stdlib.h>
#define BERT_MALLOC(n) malloc(n)
#define BERT_FREE(p) free(p)
#define BERT__CALLOC(n) calloc(1, n)
#endif
#ifndef BERT_ASSERT
#define BERT_ASSERT(x) ((void)0)
#endif

#if defined(__GNUC__)
#define BERT__OFTEN static __attribute__((unused))                     /* a private function; some builds need fewer of them */
#ifdef __OPTIMIZE_SIZE__                                              /* -Os: the compiler knows best */
#define BERT__INLINE static inline __attribute__((unused))
#define BERT__APART static __attribute__((unused))
#define BERT__PASS static inline __attribute__((unused, always_inline))     /* hands its arguments on, and is smaller inside */
#define BERT__RARE static __attribute__((unused))
#else
#define BERT__INLINE static inline __attribute__((unused, always_inline))
#define BERT__APART static __attribute__((unused, noinline))        /* small, but copies of it cost the compiler more time than they save */
#define BERT__RARE static __attribute__((unused, cold))             /* once a file, or only to fail: for size, in less of the compiler's time */
#endif
#define BERT__NOINLINE static __attribute__((unused, noinline))     /* rarely run, or smaller as one copy */
#if defined(__MINGW32__) && !defined(__clang__)
#define BERT__PRINTF(f, a) __attribute__((format(gnu_printf, f, a)))    /* else Microsoft's formats are meant */
#else
#define BERT__PRINTF(f, a) __attribute__((format(printf, f, a)))
#endif
#define BERT__LIKELY(x) __builtin_expect(!!(x), 1)
#if defined(__x86_64__) || defined(__i386__)
#define BERT__PAUSE() __builtin_ia32_pause()                          /* tells the core that this is a loop that waits */
#elif defined(__aarch64__)
#define BERT__PAUSE() __asm__ volatile("isb")
#else
#define BERT__PAUSE() ((void)0)
#endif
#define BERT__PREFETCH(p) __builtin_prefetch(p)
#define BERT__UNLIKELY(x) __builtin_expect(!!(x), 0)
#elif defined(_MSC_VER)
#define BERT__OFTEN static
#define BERT__INLINE static __forceinline
#define BERT__NOINLINE static __declspec(noinline)
#define BERT__APART static __declspec(noinline)
#define BERT__RARE static __declspec(noinline)
#define BERT__PRINTF(f, a)
#define BERT__LIKELY(x) (x)
#define BERT__PAUSE() ((void)0)
#define BERT__PREFETCH(p) ((void)0)
#define BERT__UNLIKELY(x) (x)
#else
#define BERT__OFTEN static
#define BERT__INLINE static
#define BERT__NOINLINE static
#define BERT__APART static
#define BERT__RARE static
#define BERT__PRINTF(f, a)
#define BERT__LIKELY(x) (x)
#define BERT__PAUSE() ((void)0)
#define BERT__PREFETCH(p) ((void)0)
#define BERT__UNLIKELY(x) (x)
#endif
#ifndef BERT__PASS
#define BERT__PASS BERT__APART
#endif
#define BERT__FN BERT__OFTEN            /* sections of what runs rarely make it BERT__RARE */
/* Between these two, on lines of their own, GCC works as at -Og: on what runs once a file, a model, a batch or a step, never on what runs
   for a word, an example or a row. That is a third of the source, and all of it compiles in a fifth less time. -Os stays -Os. */
#if defined(__GNUC__) && !defined(__clang__) && !defined(__TINYC__) && !defined(__EDG__) && !defined(__CUDACC__) && defined(__OPTIMIZE__) && !defined(__OPTIMIZE_SIZE__)
#define BERT__SELDOM _Pragma("GCC push_options") _Pragma("GCC optimize (\"Og\")")
#define BERT__SELDOM_END _Pragma("GCC pop_options")
#else
#define BERT__SELDOM
#define BERT__SELDOM_END
#endif

#if defined(_WIN32) && !(defined(BERT_NO_STDIO) && defined(BERT_NO_THREADS))
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#define BERT__UNDEF_LEAN
#endif
#ifndef NOMINMAX
#define NOMINMAX
#define BERT__UNDEF_NOMINMAX
#endif
#include <windows.h>
#ifdef BERT__UNDEF_LEAN
#undef WIN32_LEAN_AND_MEAN
#undef BERT__UNDEF_LEAN
#endif
#ifdef BERT__UNDEF_NOMINMAX
#undef NOMINMAX
#undef BERT__UNDEF_NOMINMAX
#endif
#endif

#if !defined(BERT_NO_STDIO) && !defined(_WIN32)
#include <errno.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>                      /* rename, remove: the rest of stdio is not used */
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>
#ifdef O_CLOEXEC
#define BERT__CLOEXEC O_CLOEXEC
#else
#define BERT__CLOEXEC 0
#endif
#ifndef __cplusplus
extern int fsync(int);                  /* hidden by -std=c99; C allows the same declaration twice */
extern ssize_t readlink(const char *, char *, size_t);
#endif
#elif !defined(BERT_NO_STDIO)
#include <stdio.h>
#endif

#if !defined(BERT_NO_THREADS) && !defined(_WIN32)
#include <pthread.h>
#include <unistd.h>
#endif

#if !defined(BERT_NO_SIMD) && (defined(__SSE2__) || defined(_M_X64))
#define BERT__SSE2 1
#include <emmintrin.h>
#elif !defined(BERT_NO_SIMD) && defined(__aarch64__) && defined(__ARM_NEON) && !defined(__AARCH64EB__)
#define BERT__NEON 1
#include <arm_neon.h>
#endif

#if defined(_MSC_VER) && !defined(__clang__)
#include <intrin.h>
#endif

/* The index of the lowest set bit; x is not 0. */
BERT__INLINE uint32_t bert__ctz64(uint64_t x)
{
#if defined(__GNUC__)
    return (uint32_t)__builtin_ctzll(x);
#elif defined(_MSC_VER) && defined(_M_X64)
    unsigned long i;
    _BitScanForward64(&i, x);
    return i;
#else
    uint32_t n = 0;
    while (!(x & 1)) { x >>= 1; n++; }
    return n;
#endif
}

/* The index of the highest set bit; x is not 0. */
BERT__INLINE uint32_t bert__top32(uint32_t x)
{
#if defined(__GNUC__)
    return 31 - (uint32_t)__builtin_clz(x);
#elif defined(_MSC_VER)
    unsigned long i;
    _BitScanReverse(&i, x);
    return i;
#else
    uint32_t n = 31;
    while (!(x >> n)) n--;
    return n;
#endif
}

/* Little-endian loads from anywhere: what hashes and file formats are defined by. */
BERT__INLINE uint32_t bert__load32(const void *p)
{
    const unsigned char *b = (const unsigned char *)p;
    return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}
BERT__INLINE uint64_t bert__load64(const void *p)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    uint64_t x;
    memcpy(&x, p, 8);
    return x;
#else
    return (uint64_t)bert__load32(p) | (uint64_t)bert__load32((const unsigned char *)p + 4) << 32;
#endif
}

/* One counter shared by threads: fetch, then add. i386 aligns int64_t to 4 bytes, too little for its own atomics. */
#if defined(__GNUC__)
typedef volatile int64_t bert__counter __attribute__((aligned(8)));
#else
typedef volatile int64_t bert__counter;
#endif
#if defined(BERT_NO_THREADS)
BERT__INLINE int64_t bert__atomic_add(bert__counter *p, int64_t n) { int64_t old = *p; *p = old + n; return old; }
BERT__INLINE int64_t bert__atomic_get(bert__counter *p) { return *p; }
#elif defined(__GNUC__)
BERT__INLINE int64_t bert__atomic_add(bert__counter *p, int64_t n) { return __atomic_fetch_add(p, n, __ATOMIC_ACQ_REL); }
BERT__INLINE int64_t bert__atomic_get(bert__counter *p) { return __atomic_load_n(p, __ATOMIC_ACQUIRE); }
#elif defined(_WIN32)
BERT__INLINE int64_t bert__atomic_add(bert__counter *p, int64_t n) { return InterlockedExchangeAdd64((volatile LONG64 *)p, n); }
BERT__INLINE int64_t bert__atomic_get(bert__counter *p) { return bert__atomic_add(p, 0); }
#else
#error "bert_tokenizer.h: no atomics known for this compiler; define BERT_NO_THREADS"
#endif

/* ============================================================================================================
   >>error
   Purpose   statuses as text, and the one way in which every function reports a failure.
   Uses      nothing. Formats by itself: no stdio, no locale.
   Promises  the caller's bert_error is complete or untouched; a message is one line, cut rather than overrun.
   ============================================================================================================ */

BERT_API const char *bert_status_string(bert_status status)
{
#define BERT__STATUS_TEXT(name, text) text "\0"
    const char *p = BERT_STATUS_LIST(BERT__STATUS_TEXT) "unknown status";
#undef BERT__STATUS_TEXT
    unsigned i = (unsigned)status < (unsigned)BERT_STATUS_COUNT ? (unsigned)status : (unsigned)BERT_STATUS_COUNT;
    for (; i; i--) p += strlen(p) + 1;
    return p;
}

/* A text being written into a buffer: what does not fit is counted, not written. */
typedef struct bert__text { char *out; size_t size, capacity; } bert__text;

BERT__APART void bert__text_add(bert__text *t, const char *p, size_t n)
{
    if (t->size < t->capacity) memcpy(t->out + t->size, p, n < t->capacity - t->size ? n : t->capacity - t->size);
    t->size += n;
}

/* A small printf: %s %.*s %c %d %u %x %X, with l, ll and z, and %%. Control characters become '?', so that a hostile name
   cannot break the line; those of the format itself stay. */
BERT__FN void bert__text_vformat(bert__text *t, const char *format, va_list args)
{
    const char *f;
    for (f = format; *f; f++) {
        char digits[24], *d = digits + sizeof digits;
        const char *s = digits;
        size_t len = 1;
        int precision = -1, wide = 0;
        if (*f != '%') { bert__text_add(t, f, 1); continue; }
        f++;
        if (f[0] == '.' && f[1] == '*') { precision = va_arg(args, int); f += 2; }
        for (; *f == 'z' || *f == 'l'; f++) wide += (int)(*f == 'z' ? sizeof(size_t) / 4 : sizeof(long) / 4);    /* words of 32 bits: 2 is wide */
        if (*f == 's') {
            s = va_arg(args, const char *);
            if (!s) s = "(null)";
            for (len = 0; (precision < 0 || len < (size_t)precision) && s[len]; len++) {}
        } else if (*f == 'c') {
            digits[0] = (char)va_arg(args, int);
        } else if (*f == '%') {
            digits[0] = '%';
        } else {
            const unsigned base = *f == 'd' || *f == 'u' ? 10 : 16;
            /* unsigned and int come alike (C: as long as both can hold the value; machines: always) */
            int64_t i = wide > 1 ? va_arg(args, long long) : va_arg(args, int);
            uint64_t v = *f == 'd' && i < 0 ? 0 - (uint64_t)i : wide > 1 ? (uint64_t)i : (uint32_t)i;
            do { *--d = (char)("0123456789ABCDEF"[v % base] | (*f & 32)); v /= base; } while (v);
            if (*f == 'd' && i < 0) *--d = '-';
            s = d;
            len = (size_t)(digits + sizeof digits - d);
        }
        for (; len; len--, s++) bert__text_add(t, (unsigned char)*s < 32 || *s == 127 ? "?" : s, 1);
    }
}
BERT__PRINTF(2, 3) BERT__FN void bert__text_format(bert__text *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    bert__text_vformat(t, format, args);
    va_end(args);
}
/* Ends the text with a NUL, for which a byte behind the capacity serves; the length of what is there. */
BERT__NOINLINE size_t bert__text_close(bert__text *t)
{
    const size_t n = t->size < t->capacity ? t->size : t->capacity;
    t->out[n] = 0;
    return n;
}

/* vsnprintf and snprintf, but they return the length that was written. */
BERT__FN size_t bert__vformat(char *out, size_t size, const char *format, va_list args)
{
    bert__text t;
    if (!size) return 0;
    t.out = out;
    t.size = 0;
    t.capacity = size - 1;
    bert__text_vformat(&t, format, args);
    return bert__text_close(&t);
}
BERT__PRINTF(3, 4) BERT__FN size_t bert__format(char *out, size_t size, const char *format, ...)
{
    size_t n;
    va_list args;
    va_start(args, format);
    n = bert__vformat(out, size, format, args);
    va_end(args);
    return n;
}

/* Fills *e (may be NULL) with "path:line: message" or "path: message (at byte n)" and returns status. `at` is the byte,
   -1 where that means nothing, or BERT__LINE(line). */
#define BERT__LINE(line) (-1 - (int64_t)(line))
BERT__PRINTF(5, 6) BERT__RARE bert_status bert__fail(bert_error *e, bert_status status, const char *path, int64_t at, const char *format, ...)
{
    if (e) {
        bert__text t;
        va_list args;
        memset(e, 0, sizeof *e);
        e->code = status;
        e->offset = at < 0 ? -1 : at;
        e->line = at < -1 ? -1 - at : 0;
        t.out = e->message;
        t.size = 0;
        t.capacity = sizeof e->message - 1;
        if (path) {
            size_t len = strlen(path), skip = len < sizeof e->path ? 0 : len - sizeof e->path + 4;
            bert__text p;
            p.out = e->path;
            p.size = 0;
            p.capacity = sizeof e->path - 1;
            bert__text_format(&p, "%s%s", skip ? "..." : "", path + skip);
            bert__text_close(&p);
            bert__text_format(&t, e->line ? "%s:%lld: " : "%s: ", e->path, (long long)e->line);
        }
        va_start(args, format);
        bert__text_vformat(&t, format, args);
        va_end(args);
        if (at >= 0) bert__text_format(&t, " (at byte %lld)", (long long)at);
    }
    return status;
}

BERT__RARE bert_status bert__bad_argument(bert_error *e, const char *what) { return bert__fail(e, BERT_ERROR_ARGUMENT, NULL, -1, "%s", what); }

#ifdef BERT_NO_MESSAGES
/* The words go before the compiler keeps them: sizeof looks at them and evaluates nothing. */
int bert__ignored(const char *format, ...);
BERT__NOINLINE bert_status bert__fail_briefly(bert_error *e, bert_status status, const char *path, int64_t at)
{
    bert__fail(e, status, path, at, "%s", bert_status_string(status));
    return status;                                                      /* said here: analyzers follow no call with "..." */
}
#define bert__fail(e, status, path, at, ...) ((void)sizeof bert__ignored(__VA_ARGS__), bert__fail_briefly(e, status, path, at))
#define bert__bad_argument(e, what) bert__fail_briefly(e, BERT_ERROR_ARGUMENT, NULL, -1)
#endif

/* ============================================================================================================
   >>alloc
   Purpose   memory: sizes that cannot overflow, arenas for objects, a growing buffer.
   Uses      the user's allocator, else BERT_MALLOC.
   Promises  arena memory is 64-byte aligned and freed as a whole. Under AddressSanitizer each piece is a block of its
             own, so that an overrun is seen.
   ============================================================================================================ */

BERT__FN void *bert__default_alloc(size_t size, void *user) { (void)user; return BERT_MALLOC(size); }
BERT__FN void bert__default_free(void *memory, void *user) { (void)user; BERT_FREE(memory); }

/* The desc's allocator, or the default one. */
BERT__APART bert_allocator bert__allocator(const bert_allocator *a)
{
    bert_allocator d;
    if (a && a->alloc && a->free) return *a;
    d.alloc = bert__default_alloc;
    d.free = bert__default_free;
    d.user = NULL;
    return d;
}
BERT__PASS void *bert__alloc(const bert_allocator *a, size_t size) { return a->alloc(size ? size : 1, a->user); }
BERT__PASS void bert__free(const bert_allocator *a, void *memory) { if (memory) a->free(memory, a->user); }

/* a * b and a + b, SIZE_MAX when they overflow: no allocator can serve that, so one check at the end is enough. */
BERT__INLINE size_t bert__mul(size_t a, size_t b) { return b && a > SIZE_MAX / b ? SIZE_MAX : a * b; }
BERT__INLINE size_t bert__add(size_t a, size_t b) { return a > SIZE_MAX - b ? SIZE_MAX : a + b; }

/* bert_fixed: a stack of blocks, each with its size rounded up to 16 in front. Freeing the top gives it back. */
BERT__FN void *bert__fixed_alloc(size_t size, void *user)
{
    bert_fixed *f = (bert_fixed *)user;
    size_t base, need;
    char *p;
    if (!f->memory) return NULL;
    base = (size_t)(-(intptr_t)((char *)f->memory + f->used) & 15);
    need = bert__add(bert__add(size, 15) & ~(size_t)15, 16 + base);
    if (size > SIZE_MAX - 64 || need > f->size - f->used) return NULL;
    p = (char *)f->memory + f->used + base + 16;
    memcpy(p - 16, &f->used, sizeof f->used);
    f->used += need;
    memcpy(p - 8, &f->used, sizeof f->used < 8 ? sizeof f->used : 8);
    if (f->used > f->peak) f->peak = f->used;
    return p;
}
BERT__FN void bert__fixed_free(void *memory, void *user)
{
    bert_fixed *f = (bert_fixed *)user;
    size_t before, after = 0;
    memcpy(&before, (char *)memory - 16, sizeof before);
    memcpy(&after, (char *)memory - 8, sizeof after < 8 ? sizeof after : 8);
    if (after == f->used) f->used = before;
}
BERT_API bert_allocator bert_fixed_allocator(bert_fixed *fixed)
{
    bert_allocator a;
    a.alloc = bert__fixed_alloc;
    a.free = bert__fixed_free;
    a.user = fixed;
    return a;
}

#if defined(__SANITIZE_ADDRESS__)
#define BERT__ARENA_SEPARATE 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define BERT__ARENA_SEPARATE 1
#endif
#endif
#ifndef BERT__ARENA_SEPARATE
#define BERT__ARENA_SEPARATE 0
#endif

typedef struct bert__block { struct bert__block *next; size_t size, used; } bert__block;
typedef struct bert__arena { bert__block *blocks; size_t block_size; bert_allocator allocator; } bert__arena;

BERT__APART void bert__arena_init(bert__arena *arena, const bert_allocator *allocator, size_t block_size)
{
    arena->blocks = NULL;
    arena->block_size = block_size;
    arena->allocator = bert__allocator(allocator);
}
BERT__FN void *bert__arena_get_aligned(bert__arena *arena, size_t size, size_t align)
{
    bert__block *b = arena->blocks;
    size_t start, room;
    char *base;
    if (size > SIZE_MAX / 2) return NULL;
    if (b && !BERT__ARENA_SEPARATE) {
        base = (char *)(b + 1);
        start = b->used + (size_t)(-(intptr_t)(base + b->used) & (intptr_t)(align - 1));
        if (start <= b->size && size <= b->size - start) {
            b->used = start + size;
            return base + start;
        }
    }
    room = BERT__ARENA_SEPARATE || size + align > arena->block_size ? size + align : arena->block_size;
    b = (bert__block *)bert__alloc(&arena->allocator, bert__add(room, sizeof(bert__block)));
    if (!b) return NULL;
    b->size = room;
    b->next = arena->blocks;
    arena->blocks = b;
    base = (char *)(b + 1);
    start = (size_t)(-(intptr_t)base & (intptr_t)(align - 1));
    b->used = start + size;
    if (BERT__ARENA_SEPARATE) start = room - size - ((size_t)(base + room - size) & (align - 1));   /* end at the redzone */
    return base + start;
}
BERT__NOINLINE void *bert__arena_get(bert__arena *arena, size_t size) { return bert__arena_get_aligned(arena, size, 64); }
BERT__NOINLINE void *bert__arena_array(bert__arena *arena, size_t n, size_t width) { return bert__arena_get(arena, bert__mul(n, width)); }
BERT__APART void bert__arena_free(bert__arena *arena)
{
    bert__block *b = arena->blocks;
    while (b) {
        bert__block *next = b->next;
        bert__free(&arena->allocator, b);
        b = next;
    }
    arena->blocks = NULL;
}

/* A growing array of bytes. After a failed growth `failed` stays set and appends do nothing: check once at the end. */
typedef struct bert__buf { char *data; size_t size, capacity; int failed; bert_allocator allocator; } bert__buf;

BERT__APART void bert__buf_init(bert__buf *b, const bert_allocator *allocator)
{
    memset(b, 0, sizeof *b);
    b->allocator = bert__allocator(allocator);
}
BERT__FN int bert__buf_reserve(bert__buf *b, size_t more)
{
    size_t want = bert__add(b->size, more), capacity = b->capacity ? b->capacity : 256;
    char *data;
    if (b->failed) return 0;
    if (want <= b->capacity) return 1;
    while (capacity < want) capacity = capacity > SIZE_MAX / 2 ? want : capacity * 2;
    data = (char *)bert__alloc(&b->allocator, capacity);
    if (!data) { b->failed = 1; return 0; }
    if (b->size) memcpy(data, b->data, b->size);
    bert__free(&b->allocator, b->data);
    b->data = data;
    b->capacity = capacity;
    return 1;
}
BERT__APART void bert__buf_add(bert__buf *b, const void *data, size_t size)
{
    if (!size || !bert__buf_reserve(b, size)) return;
    memcpy(b->data + b->size, data, size);
    b->size += size;
}
BERT__APART void bert__buf_free(bert__buf *b)
{
    bert__free(&b->allocator, b->data);
    b->data = NULL;
    b->size = b->capacity = 0;
}

/* ============================================================================================================
   >>files
   Purpose   whole files in, whole files out.
   Uses      POSIX or Win32; paths are UTF-8 on both.
   Promises  a written file appears complete or not at all (written beside, flushed, renamed). BERT_NO_STDIO removes
             this section.

   What is written piece by piece goes through a bert__writer: open, add, add, ..., commit. After a failure the file
   beside the target is gone and the writer closed: further calls return the same status and do nothing, so a caller may
   add without looking and ask commit. A caller who gives up calls abort (after a failure or commit: no effect).
   ============================================================================================================ */

/* A file being written. Small pieces gather in `buffer`. The path must stay as long as the writer is used. */
typedef struct bert__writer {
    bert_error *error;
    const char *path;
    bert_status status;
    uint64_t size;                      /* bytes added */
    size_t buffered;
#ifndef BERT_NO_STDIO
#ifdef _WIN32
    HANDLE file;
    wchar_t target[1024], beside[1024];
#else
    int file, open;
    char target[4096];                  /* the path, links followed */
    char beside[4096];                  /* "": a pipe or a device, written directly */
#endif
#endif
    char buffer[16384];
} bert__writer;

/* What a path names, links followed. */
enum { BERT__PATH_NONE = 0, BERT__PATH_FILE = 1, BERT__PATH_FOLDER = 2 };

BERT_API void bert_file_close(bert_file *file)
{
    if (!file) return;
#if !defined(BERT_NO_STDIO) && defined(_WIN32)
    if (file->mapping) UnmapViewOfFile(file->mapping);
#elif !defined(BERT_NO_STDIO)
    if (file->mapping) munmap(file->mapping, file->size);
#endif
    if (file->memory) bert__free(&file->allocator, file->memory);
    memset(file, 0, sizeof *file);
}

#ifndef BERT_NO_STDIO
#ifdef _WIN32
/* UTF-8 to UTF-16 in a buffer of the caller; NULL if it does not fit. */
BERT__FN const wchar_t *bert__wide(const char *path, wchar_t *out, int size)
{
    return MultiByteToWideChar(CP_UTF8, 0, path, -1, out, size) > 0 ? out : NULL;
}
BERT__FN bert_status bert__fail_system(bert_error *e, const char *path, const char *what)
{
    DWORD code = GetLastError();
    const char *why = code == ERROR_FILE_NOT_FOUND || code == ERROR_PATH_NOT_FOUND ? "no such file"
                    : code == ERROR_ACCESS_DENIED ? "access denied" : code == ERROR_DISK_FULL ? "disk full" : "system error";
    return bert__fail(e, BERT_ERROR_IO, path, -1, "%s: %s (code %u)", what, why, (unsigned)code);
}
BERT_API bert_status bert_file_open(const char *path, const bert_allocator *allocator, bert_file *out, bert_error *error)
{
    wchar_t wide[1024];
    HANDLE file, mapping;
    LARGE_INTEGER size;
    bert_file f;
    memset(&f, 0, sizeof f);
    f.allocator = bert__allocator(allocator);
    if (!path || !out) return bert__bad_argument(error, "bert_file_open needs a path and a place for the file");
    if (!bert__wide(path, wide, 1024)) return bert__fail(error, BERT_ERROR_IO, path, -1, "the path is too long or not UTF-8");
    file = CreateFileW(wide, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
    if (file == INVALID_HANDLE_VALUE) return bert__fail_system(error, path, "cannot open");
    if (!GetFileSizeEx(file, &size) || (uint64_t)size.QuadPart > SIZE_MAX) {
        CloseHandle(file);
        return bert__fail_system(error, path, "cannot take the size");
    }
    f.size = (size_t)size.QuadPart;
    f.data = (const unsigned char *)"";
    if (f.size) {
        mapping = CreateFileMappingW(file, NULL, PAGE_READONLY, 0, 0, NULL);
        f.mapping = mapping ? MapViewOfFile(mapping, FILE_MAP_READ, 0, 0, 0) : NULL;
        if (mapping) CloseHandle(mapping);
        f.data = (const unsigned char *)f.mapping;
        if (!f.mapping) {
            CloseHandle(file);
            return bert__fail_system(error, path, "cannot map");
        }
    }
    CloseHandle(file);
    *out = f;
    return BERT_OK;
}
BERT__APART int bert__path_kind(const char *path)
{
    wchar_t wide[1024];
    DWORD a;
    if (!bert__wide(path, wide, 1024)) return BERT__PATH_NONE;
    a = GetFileAttributesW(wide);
    return a == INVALID_FILE_ATTRIBUTES ? BERT__PATH_NONE : a & FILE_ATTRIBUTE_DIRECTORY ? BERT__PATH_FOLDER : BERT__PATH_FILE;
}
/* The names in a folder, each with a NUL after it, in the system's order. */
BERT__FN bert_status bert__list_folder(const char *path, bert__buf *names, bert_error *error)
{
    wchar_t wide[1026];
    WIN32_FIND_DATAW found;
    HANDLE h;
    char name[1024];
    size_t n = 0;
    if (!bert__wide(path, wide, 1024)) return bert__fail(error, BERT_ERROR_IO, path, -1, "the path is too long or not UTF-8");
    while (wide[n]) n++;
    wide[n] = L'\\';
    wide[n + 1] = L'*';
    wide[n + 2] = 0;
    h = FindFirstFileW(wide, &found);
    if (h == INVALID_HANDLE_VALUE) return bert__fail_system(error, path, "cannot list the folder");
    do {
        if (WideCharToMultiByte(CP_UTF8, 0, found.cFileName, -1, name, sizeof name, NULL, NULL) > 0 && strcmp(name, ".") != 0 && strcmp(name, "..") != 0)
            bert__buf_add(names, name, strlen(name) + 1);
    } while (FindNextFileW(h, &found));
    FindClose(h);
    return names->failed ? bert__fail(error, BERT_ERROR_MEMORY, path, -1, "out of memory") : BERT_OK;
}
BERT__FN void bert__writer_abort(bert__writer *w)
{
    if (w->file == INVALID_HANDLE_VALUE) return;
    CloseHandle(w->file);
    w->file = INVALID_HANDLE_VALUE;
    DeleteFileW(w->beside);
    if (w->status == BERT_OK) w->status = BERT_ERROR_STOPPED;
}
BERT__FN bert_status bert__writer_fail(bert__writer *w)
{
    w->status = bert__fail_system(w->error, w->path, "cannot write");
    bert__writer_abort(w);
    return w->status;
}
/* Writes through a link: the target is what it names. A link that leads nowhere is an error. */
BERT__FN int bert__follow(wchar_t *path, DWORD size)
{
    const DWORD a = GetFileAttributesW(path);
    DWORD n = 0;
    HANDLE file;
    if (a == INVALID_FILE_ATTRIBUTES || !(a & FILE_ATTRIBUTE_REPARSE_POINT)) return 1;
    file = CreateFileW(path, 0, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
    if (file == INVALID_HANDLE_VALUE) return 0;
    n = GetFinalPathNameByHandleW(file, path, size, 0);
    CloseHandle(file);
    return n && n < size;
}
BERT__FN bert_status bert__writer_open(bert__writer *w, const char *path, bert_error *error)
{
    LARGE_INTEGER now;
    char ending[32];
    size_t n = 0, k;
    int tries;
    w->error = error;
    w->path = path;
    w->size = w->buffered = 0;
    w->file = INVALID_HANDLE_VALUE;
    if (!path) return w->status = bert__bad_argument(error, "a file to write needs a path");
    if (!bert__wide(path, w->target, 1024)) return w->status = bert__fail(error, BERT_ERROR_IO, path, -1, "the path is too long or not UTF-8");
    if (!bert__follow(w->target, 1024)) return w->status = bert__fail_system(error, path, "cannot follow the link");
    while (w->target[n]) n++;
    if (n > 1024 - sizeof ending) return w->status = bert__fail(error, BERT_ERROR_IO, path, -1, "the path is too long");
    memcpy(w->beside, w->target, n * sizeof *w->target);
    for (tries = 0; tries < 100; tries++) {                             /* a new file, that nobody can have put there before */
        QueryPerformanceCounter(&now);
        bert__format(ending, sizeof ending, ".%x%x.tmp", (unsigned)now.QuadPart * 0x9E3779B9u, (unsigned)GetCurrentProcessId() + (unsigned)(uintptr_t)w);
        for (k = 0; k <= strlen(ending); k++) w->beside[n + k] = (wchar_t)ending[k];
        w->file = CreateFileW(w->beside, GENERIC_WRITE, 0, NULL, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, NULL);
        if (w->file != INVALID_HANDLE_VALUE) return w->status = BERT_OK;
        if (GetLastError() != ERROR_FILE_EXISTS) break;
    }
    return w->status = bert__fail_system(error, path, "cannot create a file beside it");
}
BERT__NOINLINE bert_status bert__writer_out(bert__writer *w, const char *data, size_t size)
{
    size_t done = 0;
    while (done < size) {
        DWORD part = size - done > (1u << 30) ? (1u << 30) : (DWORD)(size - done), wrote = 0;
        if (!WriteFile(w->file, data + done, part, &wrote, NULL) || !wrote) return bert__writer_fail(w);
        done += wrote;
    }
    return BERT_OK;
}
BERT__FN bert_status bert__writer_close(bert__writer *w)
{
    if (!FlushFileBuffers(w->file)) return bert__writer_fail(w);
    CloseHandle(w->file);
    w->file = INVALID_HANDLE_VALUE;
    if (MoveFileExW(w->beside, w->target, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH)) return BERT_OK;
    w->status = bert__fail_system(w->error, w->path, "cannot write");
    DeleteFileW(w->beside);
    return w->status;
}
#else
BERT__FN bert_status bert__fail_system(bert_error *e, const char *path, const char *what, int code)
{
    return bert__fail(e, BERT_ERROR_IO, path, -1, "%s: %s", what, strerror(code));
}
/* Reads to the end. */
BERT__FN bert_status bert__file_read(int fd, const char *path, bert_file *f, bert_error *error)
{
    bert_status s = BERT_OK;
    ptrdiff_t n = 1;
    bert__buf b;
    bert__buf_init(&b, &f->allocator);
    while (n && s == BERT_OK) {
        if (!bert__buf_reserve(&b, 1 << 16)) { s = bert__fail(error, BERT_ERROR_MEMORY, path, -1, "out of memory while reading"); break; }
        n = read(fd, b.data + b.size, b.capacity - b.size);
        if (n > 0) b.size += (size_t)n;
        else if (n < 0 && errno != EINTR) s = bert__fail_system(error, path, "cannot read", errno);
    }
    if (s != BERT_OK) { bert__buf_free(&b); return s; }
    f->memory = b.data;
    f->data = (const unsigned char *)b.data;
    f->size = b.size;
    return BERT_OK;
}
BERT_API bert_status bert_file_open(const char *path, const bert_allocator *allocator, bert_file *out, bert_error *error)
{
    bert_file f;
    bert_status s = BERT_OK;
    struct stat st;
    int fd;
    memset(&f, 0, sizeof f);
    f.allocator = bert__allocator(allocator);
    if (!path || !out) return bert__bad_argument(error, "bert_file_open needs a path and a place for the file");
    do fd = open(path, O_RDONLY | BERT__CLOEXEC); while (fd < 0 && errno == EINTR);
    if (fd < 0) return bert__fail_system(error, path, "cannot open", errno);
    f.data = (const unsigned char *)"";
    if (fstat(fd, &st)) st.st_mode = 0;
    if (S_ISDIR(st.st_mode)) {
        s = bert__fail(error, BERT_ERROR_IO, path, -1, "is a directory, not a file");
    } else {
        if (S_ISREG(st.st_mode) && st.st_size > 0 && (uint64_t)st.st_size <= SIZE_MAX) {
            void *map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
            if (map != MAP_FAILED) {
                f.mapping = map;
                f.data = (const unsigned char *)map;
                f.size = (size_t)st.st_size;
            }
        }
        if (!f.mapping) s = bert__file_read(fd, path, &f, error);        /* a pipe, a terminal, /proc, or no mmap here */
    }
    close(fd);
    if (s == BERT_OK) *out = f;
    return s;
}

BERT__APART int bert__path_kind(const char *path)
{
    struct stat st;
    if (stat(path, &st)) return BERT__PATH_NONE;
    return S_ISDIR(st.st_mode) ? BERT__PATH_FOLDER : BERT__PATH_FILE;
}
/* The names in a folder, each with a NUL after it, in the system's order. */
BERT__FN bert_status bert__list_folder(const char *path, bert__buf *names, bert_error *error)
{
    struct dirent *entry;
    DIR *dir = opendir(path);
    if (!dir) return bert__fail_system(error, path, "cannot list the folder", errno);
    while ((entry = readdir(dir)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) bert__buf_add(names, entry->d_name, strlen(entry->d_name) + 1);
    closedir(dir);
    return names->failed ? bert__fail(error, BERT_ERROR_MEMORY, path, -1, "out of memory") : BERT_OK;
}

/* The bytes of a path up to its last '/', with it. */
BERT__NOINLINE size_t bert__folder_of(const char *path)
{
    size_t n = strlen(path);
    while (n && path[n - 1] != '/') n--;
    return n;
}
BERT__FN void bert__writer_abort(bert__writer *w)
{
    if (!w->open) return;
    close(w->file);
    w->open = 0;
    if (w->beside[0]) unlink(w->beside);
    if (w->status == BERT_OK) w->status = BERT_ERROR_STOPPED;
}
BERT__FN bert_status bert__writer_fail(bert__writer *w, int code)
{
    w->status = bert__fail_system(w->error, w->path, "cannot write", code);
    bert__writer_abort(w);
    return w->status;
}
/* Writes through links: puts into `path` what the last of them names, whether that is there or not. 0 and errno: it fails. */
BERT__FN int bert__follow(char *path, size_t size)
{
    char link[4096];
    int links;
    for (links = 0; links < 40; links++) {
        const ptrdiff_t n = readlink(path, link, sizeof link);
        size_t dir;
        if (n < 0) return 1;                                            /* not a link; if it is worse, open will say so */
        dir = link[0] == '/' ? 0 : bert__folder_of(path);
        if (dir + (size_t)n >= size) break;
        memcpy(path + dir, link, (size_t)n);
        path[dir + (size_t)n] = 0;
    }
    errno = links < 40 ? ENAMETOOLONG : ELOOP;
    return 0;
}
/* A new file beside the target: O_EXCL, so that nobody can have put it there before, and a name that is not easily foreseen
   (systems put the stack where it was not last time), so that nobody can be in the way a hundred times. */
BERT__FN int bert__create_beside(bert__writer *w, mode_t mode)
{
    const size_t n = strlen(w->target);
    int tries, fd = -1;
    unsigned name = (unsigned)((uintptr_t)&fd >> 4) * 31 + (unsigned)getpid(), k;
    memcpy(w->beside, w->target, n);                                    /* as it is: names are bytes */
    w->beside[n] = '.';
    for (tries = 0; tries < 100; tries++) {
        for (name += 0x9E3779B9u, k = 0; k < 8; k++) w->beside[n + 1 + k] = (char)('a' + (name >> 4 * k & 15));
        memcpy(w->beside + n + 9, ".tmp", 5);
        fd = open(w->beside, O_WRONLY | O_CREAT | O_EXCL | BERT__CLOEXEC, mode);
        if (fd >= 0 || errno != EEXIST) break;
    }
    return fd;
}
BERT__FN bert_status bert__writer_open(bert__writer *w, const char *path, bert_error *error)
{
    struct stat old;
    const size_t n = path ? strlen(path) : 0;
    w->error = error;
    w->path = path;
    w->size = w->buffered = 0;
    w->open = 0;
    w->beside[0] = 0;
    if (!path) return w->status = bert__bad_argument(error, "a file to write needs a path");
    if (stat(path, &old)) old.st_mode = 0;
    w->file = -1;
    if (n > sizeof w->target - 40) errno = ENAMETOOLONG;
    else if (old.st_mode && !S_ISREG(old.st_mode)) {                    /* a pipe, /dev/stdout: nothing to rename */
        w->file = open(path, O_WRONLY | BERT__CLOEXEC);
    } else {
        memcpy(w->target, path, n + 1);
        if (bert__follow(w->target, sizeof w->target - 40)) w->file = bert__create_beside(w, old.st_mode ? old.st_mode & 0777 : 0666);
    }
    if (w->file < 0) return w->status = bert__fail_system(error, path, "cannot create", errno);
    w->open = 1;
    w->status = BERT_OK;
    /* umask may have taken some of the old mode; where files have no mode of their own (FAT), this fails and need not work */
    if (w->beside[0] && old.st_mode) (void)!chmod(w->beside, old.st_mode & 0777);
    return BERT_OK;
}
BERT__NOINLINE bert_status bert__writer_out(bert__writer *w, const char *data, size_t size)
{
    size_t done = 0;
    while (done < size) {
        ptrdiff_t n = write(w->file, data + done, size - done > (1u << 30) ? (1u << 30) : size - done);
        if (n < 0 && errno != EINTR) return bert__writer_fail(w, errno);
        if (n > 0) done += (size_t)n;
    }
    return BERT_OK;
}
BERT__FN bert_status bert__writer_close(bert__writer *w)
{
    int code = 0;
    if (w->beside[0] && fsync(w->file)) code = errno;
    if (close(w->file) && !code) code = errno;
    w->open = 0;
    if (w->beside[0]) {
        if (!code && rename(w->beside, w->target)) code = errno;
        if (code) unlink(w->beside);
        else {                                                          /* the folder has to reach the disk as well; some systems refuse */
            int folder;
            w->target[bert__folder_of(w->target)] = 0;
            folder = open(w->target[0] ? w->target : ".", O_RDONLY | BERT__CLOEXEC);
            if (folder >= 0) { fsync(folder); close(folder); }
        }
    }
    if (code) w->status = bert__fail_system(w->error, w->path, "cannot write", code);
    return w->status;
}
#endif
#else
BERT_API bert_status bert_file_open(const char *path, const bert_allocator *allocator, bert_file *out, bert_error *error)
{
    (void)allocator; (void)out;
    return bert__fail(error, BERT_ERROR_UNSUPPORTED, path, -1, "this program was built without files (BERT_NO_STDIO); give the data from memory");
}
BERT__APART int bert__path_kind(const char *path) { (void)path; return BERT__PATH_FILE; }     /* to open it says what is wrong */
BERT__FN bert_status bert__list_folder(const char *path, bert__buf *names, bert_error *error)
{
    (void)names;
    return bert__fail(error, BERT_ERROR_UNSUPPORTED, path, -1, "this program was built without files (BERT_NO_STDIO)");
}
BERT__FN bert_status bert__writer_open(bert__writer *w, const char *path, bert_error *error)
{
    w->error = error;
    w->path = path;
    w->size = w->buffered = 0;
    return w->status = bert__fail(error, BERT_ERROR_UNSUPPORTED, path, -1, "this program was built without files (BERT_NO_STDIO)");
}
BERT__FN void bert__writer_abort(bert__writer *w) { (void)w; }
BERT__NOINLINE bert_status bert__writer_out(bert__writer *w, const char *data, size_t size) { (void)data; (void)size; return w->status; }
BERT__FN bert_status bert__writer_close(bert__writer *w) { return w->status; }
#endif

BERT__FN bert_status bert__writer_add(bert__writer *w, const void *data, size_t size)
{
    if (w->status != BERT_OK) return w->status;
    w->size += size;
    if (size > sizeof w->buffer - w->buffered) {
        if (w->buffered && bert__writer_out(w, w->buffer, w->buffered)) return w->status;
        w->buffered = 0;
        if (size >= sizeof w->buffer) return bert__writer_out(w, (const char *)data, size);
    }
    if (size) memcpy(w->buffer + w->buffered, data, size);
    w->buffered += size;
    return BERT_OK;
}
/* Makes the file appear under its name. */
BERT__FN bert_status bert__writer_commit(bert__writer *w)
{
    if (w->status != BERT_OK || (w->buffered && bert__writer_out(w, w->buffer, w->buffered))) return w->status;
    w->buffered = 0;
    if (bert__writer_close(w)) return w->status;
    w->status = BERT_ERROR_STOPPED;                                     /* it is done: nothing can be added */
    return BERT_OK;
}
/* dir/name in `out`, if it exists. */
BERT__FN int bert__beside(const char *dir, const char *name, char *out, size_t size)
{
    const size_t n = strlen(dir), m = strlen(name) + 1;
    if (n + 1 + m > size) return 0;
    memcpy(out, dir, n);
    out[n] = '/';
    memcpy(out + n + 1, name, m);
    return bert__path_kind(out) == BERT__PATH_FILE;
}
BERT_API bert_status bert_file_write(const char *path, const void *data, size_t size, bert_error *error)
{
    bert__writer w;
    if (!path || (!data && size)) return bert__bad_argument(error, "bert_file_write needs a path and data");
    if (bert__writer_open(&w, path, error) == BERT_OK && bert__writer_out(&w, (const char *)data, size) == BERT_OK) bert__writer_close(&w);
    return w.status;
}

/* ============================================================================================================
   >>threads
   Purpose   run n independent tasks on a few threads.
   Uses      pthreads or Win32; on Linux, where bert.h is compiled as well, system calls that tell and move who stands in line.
             BERT_NO_THREADS: the same calls, one task after another.
   Promises  tasks are handed out one by one, so uneven ones balance; the caller works too, and waits for nobody who has not
             begun: a thread that the system keeps from running takes part when it comes. run returns when all are done.
             Results must not depend on which thread ran what: nothing here does.
   ============================================================================================================ */

BERT__FN void bert__serial_run(void *user, int64_t n, bert_task task, void *arg)
{
    int64_t i;
    (void)user;
    for (i = 0; i < n; i++) task(arg, i);
}
/* The user's way to run tasks, or the serial one; width is at least 1. */
BERT__FN bert_parallel bert__parallel(bert_parallel p)
{
    if (!p.run) { p.run = bert__serial_run; p.user = NULL; p.width = 1; }
    if (p.width < 1) p.width = 1;
    return p;
}

#ifdef BERT_NO_THREADS
#define BERT__POOL_WIDTH(threads) 1     /* threads of a pool that was opened with so many */
struct bert_pool { bert_allocator allocator; };
BERT__FN size_t bert__pool_bytes(int32_t threads) { (void)threads; return sizeof(bert_pool); }
BERT__FN int32_t bert__cores(void) { return 1; }

BERT_API bert_status bert_pool_open(int32_t threads, const bert_allocator *allocator, bert_pool **out)
{
    bert_allocator a = bert__allocator(allocator);
    bert_pool *pool;
    if (threads < 0 || threads > 1024 || !out) return BERT_ERROR_ARGUMENT;
    pool = (bert_pool *)bert__alloc(&a, sizeof *pool);
    if (!pool) return BERT_ERROR_MEMORY;
    pool->allocator = a;
    *out = pool;
    return BERT_OK;
}
BERT_API bert_parallel bert_pool_parallel(bert_pool *pool)
{
    bert_parallel p;
    memset(&p, 0, sizeof p);
    (void)pool;
    return bert__parallel(p);
}
BERT_API void bert_pool_close(bert_pool *pool)
{
    if (pool) { bert_allocator a = pool->allocator; bert__free(&a, pool); }
}
#else
#define BERT__POOL_WIDTH(threads) (threads)

#ifdef _WIN32
typedef struct bert__monitor { CRITICAL_SECTION lock; CONDITION_VARIABLE changed; } bert__monitor;
typedef HANDLE bert__thread;
BERT__FN int bert__monitor_init(bert__monitor *m) { InitializeCriticalSection(&m->lock); InitializeConditionVariable(&m->changed); return 1; }
BERT__FN void bert__monitor_free(bert__monitor *m) { DeleteCriticalSection(&m->lock); }
BERT__FN void bert__enter(bert__monitor *m) { EnterCriticalSection(&m->lock); }
BERT__FN void bert__leave(bert__monitor *m) { LeaveCriticalSection(&m->lock); }
BERT__FN void bert__wait(bert__monitor *m) { SleepConditionVariableCS(&m->changed, &m->lock, INFINITE); }
BERT__FN void bert__wake(bert__monitor *m) { WakeAllConditionVariable(&m->changed); }
#define BERT__THREAD_RESULT DWORD WINAPI
#define BERT__THREAD_RETURN return 0
BERT__FN int bert__thread_start(bert__thread *t, DWORD(WINAPI *main)(void *), void *arg) { *t = CreateThread(NULL, 0, main, arg, 0, NULL); return *t != NULL; }
BERT__FN void bert__thread_join(bert__thread t) { WaitForSingleObject(t, INFINITE); CloseHandle(t); }
BERT__FN int32_t bert__cores(void) { SYSTEM_INFO info; GetSystemInfo(&info); return (int32_t)info.dwNumberOfProcessors; }
#else
typedef struct bert__monitor { pthread_mutex_t lock; pthread_cond_t changed; } bert__monitor;
typedef pthread_t bert__thread;
BERT__FN int bert__monitor_init(bert__monitor *m)
{
    if (pthread_mutex_init(&m->lock, NULL)) return 0;
    if (pthread_cond_init(&m->changed, NULL)) { pthread_mutex_destroy(&m->lock); return 0; }
    return 1;
}
BERT__FN void bert__monitor_free(bert__monitor *m) { pthread_cond_destroy(&m->changed); pthread_mutex_destroy(&m->lock); }
BERT__FN void bert__enter(bert__monitor *m) { pthread_mutex_lock(&m->lock); }
BERT__FN void bert__leave(bert__monitor *m) { pthread_mutex_unlock(&m->lock); }
BERT__FN void bert__wait(bert__monitor *m) { pthread_cond_wait(&m->changed, &m->lock); }
BERT__FN void bert__wake(bert__monitor *m) { pthread_cond_broadcast(&m->changed); }
#define BERT__THREAD_RESULT void *
#define BERT__THREAD_RETURN return NULL
BERT__FN int bert__thread_start(bert__thread *t, void *(*main)(void *), void *arg) { return pthread_create(t, NULL, main, arg) == 0; }
BERT__FN void bert__thread_join(bert__thread t) { pthread_join(t, NULL); }
BERT__FN int32_t bert__cores(void) { long n = sysconf(_SC_NPROCESSORS_ONLN); return n < 1 ? 1 : n > 1024 ? 1024 : (int32_t)n; }
#endif

#if defined(BERT_IMPLEMENTATION) && defined(__linux__) && defined(__LP64__) && !defined(BERT_NO_STDIO)
#define BERT__IN_LINE 1                         /* who stands in line for a processor can be told, and be helped */
#endif
struct bert_pool {
    bert__monitor monitor;
    bert_task task;
    void *arg;
    int64_t n;
    bert__counter next;                 /* first task nobody has taken */
    bert__counter round;                /* raised for each run: tells helpers that there is work; below 0: the pool is closed */
    bert__counter inside;               /* helpers in this round; and BERT__CLOSED while there is none to enter */
    int32_t count, spins;               /* helpers; how long they look before they sleep */
    bert_allocator allocator;
    bert__thread *threads;              /* [count] */
#ifdef BERT__IN_LINE
    bert__counter *numbers;             /* [width] the system's of threads that others may wait for, or 0: the caller, helpers */
    bert__counter begun;                /* helpers that have a place there */
    int32_t width;
#endif
};
#ifdef BERT__IN_LINE
BERT__FN size_t bert__pool_bytes(int32_t threads) { return sizeof(bert_pool) + (size_t)threads * (sizeof(bert__thread) + sizeof(bert__counter)); }

/* Where another program keeps a processor busy, a thread amid a task stands in line there for a time slice, some milliseconds, while who
   waits for it has a processor and nothing to do. So who waits looks whether a thread at work is not running but could, and changes
   places with it: each is allowed the other's processor only, and at once all that it was allowed before. Two processors, one busy with
   another program: all-MiniLM-L6-v2 keeps 0.70 to 0.74 of its rate, without this 0.55 to 0.59, BERT-base 0.68 instead of 0.55 (128
   tokens; 0.67 is a third of the time for each of the three threads). A program of the tokenizer alone does without. */
#include <sys/syscall.h>
#ifndef __cplusplus
extern long syscall(long, ...);                                         /* as fsync above */
#endif
BERT__FN int64_t bert__thread_number(void) { return syscall(SYS_gettid); }
/* Nanoseconds that a thread has run: the clock of that number. */
BERT__FN int64_t bert__ran(long thread)
{
    long t[2] = { 0, 0 };
    return syscall(SYS_clock_gettime, ~thread * 8 + 6, t) ? -1 : (int64_t)t[0] * 1000000000 + t[1];
}
/* The processor that a thread stands in line for; -1: it does not. */
BERT__FN int bert__in_line(const long number)
{
    char text[512], path[64] = "/proc/self/task/", digits[24], *to = path + 16;
    const int64_t ran = bert__ran(number);
    long thread = number;
    int file, field, cpu = 0, n = 0;
    ssize_t size;
    if (ran < 0 || bert__ran(thread) != ran) return -1;                 /* it is no more, or runs */
    do digits[n++] = (char)('0' + thread % 10); while ((thread /= 10) > 0);
    while (n > 0) *to++ = digits[--n];
    memcpy(to, "/stat", 6);
    file = open(path, O_RDONLY | BERT__CLOEXEC);
    if (file < 0) return -1;
    size = read(file, text, sizeof text - 1);
    close(file);
    if (size <= 0) return -1;
    text[size] = 0;
    to = strrchr(text, ')');                                            /* its name may be anything: then 3 the state, 39 the processor */
    if (!to || to[1] != ' ' || to[2] != 'R') return -1;
    for (to += 2, field = 3; *to && field < 39; to++) field += *to == ' ';
    for (; *to >= '0' && *to <= '9' && cpu < 4096; to++) cpu = cpu * 10 + *to - '0';
    return field < 39 || cpu >= 4096 || bert__ran(number) != ran ? -1 : cpu;    /* it has not run all the while */
}
BERT__FN int bert__change_places(bert_pool *p, int32_t worker)
{
    enum { BITS = 8 * (int)sizeof(long), WORDS = 4096 / BITS };
    const long thread = (long)bert__atomic_get(&p->numbers[worker]);
    const int there = thread ? bert__in_line(thread) : -1;
    unsigned long mine[WORDS] = { 0 }, other[WORDS] = { 0 }, only[WORDS] = { 0 };
    unsigned here = 0;
    long size;
    if (there < 0 || syscall(SYS_getcpu, &here, NULL, NULL) || here >= 4096 || here == (unsigned)there) return 0;
    size = syscall(SYS_sched_getaffinity, 0, sizeof mine, mine);
    if (size <= 0 || syscall(SYS_sched_getaffinity, thread, sizeof other, other) != size) return 0;
    if (!(mine[there / BITS] >> there % BITS & 1) || !(other[here / BITS] >> here % BITS & 1)) return 0;
    only[here / BITS] = 1ul << here % BITS;
    if (syscall(SYS_sched_setaffinity, thread, size, only)) return 0;
    only[here / BITS] = 0;
    only[there / BITS] = 1ul << there % BITS;
    syscall(SYS_sched_setaffinity, 0, size, only);
    syscall(SYS_sched_setaffinity, thread, size, other);
    syscall(SYS_sched_setaffinity, 0, size, mine);
    return 1;
}
#else
BERT__FN size_t bert__pool_bytes(int32_t threads) { return sizeof(bert_pool) + (size_t)threads * sizeof(bert__thread); }
#endif

#define BERT__CLOSED (-4096)                   /* more than there are threads */
BERT__FN void bert__pool_work(bert_pool *p)
{
    int64_t i;
    while ((i = bert__atomic_add(&p->next, 1)) < p->n) p->task(p->arg, i);
}
/* Waits until *c is no longer `old`. To sleep and be woken costs more than a short task: who waits looks for some microseconds
   first. */
#define BERT__SPINS 4000
BERT__NOINLINE void bert__pool_wait(bert_pool *p, bert__counter *c, int64_t old)
{
    int32_t spins;
    for (spins = p->spins; spins > 0; spins--) {
        if (bert__atomic_get(c) != old) return;
#ifdef BERT__IN_LINE
        if (spins % 256 == 0) bert__change_places(p, spins / 256 % p->width);
#endif
        BERT__PAUSE();
    }
#ifdef BERT__IN_LINE
    for (spins = 0; spins < p->width && bert__atomic_get(c) == old && !bert__change_places(p, spins); spins++) {}
#endif
    bert__enter(&p->monitor);
    while (bert__atomic_get(c) == old) bert__wait(&p->monitor);
    bert__leave(&p->monitor);
}
/* Wakes who sleeps because of a counter, after that has changed: who still looks at the old value holds the lock until he sleeps. */
BERT__NOINLINE void bert__pool_wake(bert_pool *p)
{
    bert__enter(&p->monitor);
    bert__wake(&p->monitor);
    bert__leave(&p->monitor);
}
BERT__FN BERT__THREAD_RESULT bert__pool_main(void *arg)
{
    bert_pool *p = (bert_pool *)arg;
    int64_t seen = 0;
#ifdef BERT__IN_LINE
    const int64_t number = bert__thread_number();
    bert__counter *const mine = &p->numbers[bert__atomic_add(&p->begun, 1) + 1];
#endif
    for (;;) {
        bert__pool_wait(p, &p->round, seen);
        seen = bert__atomic_get(&p->round);                             /* some may have been missed */
        if (seen < 0) break;
        if (bert__atomic_add(&p->inside, 1) >= 0) {
#ifdef BERT__IN_LINE
            bert__atomic_add(mine, number);
            bert__pool_work(p);
            bert__atomic_add(mine, -number);
#else
            bert__pool_work(p);
#endif
        }
        if (bert__atomic_add(&p->inside, -1) == BERT__CLOSED + 1) bert__pool_wake(p);
    }
    BERT__THREAD_RETURN;
}
BERT__FN void bert__pool_run(void *user, int64_t n, bert_task task, void *arg)
{
    bert_pool *p = (bert_pool *)user;
    int64_t inside;
    if (n <= 1 || p->count == 0) { bert__serial_run(NULL, n, task, arg); return; }
    p->task = task;
    p->arg = arg;
    p->n = n;
    p->next = 0;
#ifdef BERT__IN_LINE
    bert__atomic_add(&p->numbers[0], bert__thread_number() - p->numbers[0]);        /* it stays: helpers wait for what it does between two runs, too */
#endif
    bert__atomic_add(&p->inside, -BERT__CLOSED);                        /* what the helpers read is written before */
    bert__atomic_add(&p->round, 1);
    bert__pool_wake(p);
    bert__pool_work(p);
    bert__atomic_add(&p->inside, BERT__CLOSED);
    while ((inside = bert__atomic_get(&p->inside)) != BERT__CLOSED) bert__pool_wait(p, &p->inside, inside);
}
BERT_API bert_status bert_pool_open(int32_t threads, const bert_allocator *allocator, bert_pool **out)
{
    const int32_t cores = bert__cores();
    bert_allocator a = bert__allocator(allocator);
    bert_pool *p;
    if (threads < 0 || threads > 1024 || !out) return BERT_ERROR_ARGUMENT;
    if (threads == 0) threads = cores;
    p = (bert_pool *)bert__alloc(&a, bert__pool_bytes(threads));
    if (!p) return BERT_ERROR_MEMORY;
    memset(p, 0, sizeof *p);
    p->allocator = a;
    p->threads = (bert__thread *)(void *)(p + 1);
#ifdef BERT__IN_LINE
    p->numbers = (bert__counter *)(void *)(p->threads + threads);
    memset((void *)(uintptr_t)p->numbers, 0, (size_t)threads * sizeof *p->numbers);
    p->width = threads;
#endif
    if (!bert__monitor_init(&p->monitor)) { bert__free(&a, p); return BERT_ERROR_MEMORY; }
    p->spins = threads <= cores ? BERT__SPINS : 0;
    p->inside = BERT__CLOSED;
    while (p->count < threads - 1 && bert__thread_start(&p->threads[p->count], bert__pool_main, p)) p->count++;
    if (p->count < threads - 1) { bert_pool_close(p); return BERT_ERROR_MEMORY; }
    *out = p;
    return BERT_OK;
}
BERT_API bert_parallel bert_pool_parallel(bert_pool *pool)
{
    bert_parallel p;
    p.run = pool ? bert__pool_run : bert__serial_run;
    p.user = pool;
    p.width = pool ? pool->count + 1 : 1;
    return p;
}
BERT_API void bert_pool_close(bert_pool *pool)
{
    int32_t i;
    if (!pool) return;
    bert__atomic_add(&pool->round, INT64_MIN);
    bert__pool_wake(pool);
    for (i = 0; i < pool->count; i++) bert__thread_join(pool->threads[i]);
    bert__monitor_free(&pool->monitor);
    bert__free(&pool->allocator, pool);
}
#endif

/* ============================================================================================================
   >>json
   Purpose   the JSON that checkpoints, configs, vocabularies and data sets are made of.
   Uses      >>alloc, >>error.
   Promises  RFC 8259, plus NaN, Infinity and -Infinity as Python writes them. Memory is proportional to the text, depth
             at most 512, no recursion. Numbers keep their digits: integers are exact, doubles correctly rounded.
   ============================================================================================================ */

/* Appends a code point (at most U+10FFFF) as UTF-8; returns the bytes. Surrogates are written like any other: JSON
   can name lone ones, and no decoder here accepts them. */
BERT__INLINE int bert__utf8_put(char *out, uint32_t c)
{
    if (c < 0x80) { out[0] = (char)c; return 1; }
    if (c < 0x800) { out[0] = (char)(0xC0 | c >> 6); out[1] = (char)(0x80 | (c & 63)); return 2; }
    if (c < 0x10000) {
        out[0] = (char)(0xE0 | c >> 12); out[1] = (char)(0x80 | (c >> 6 & 63)); out[2] = (char)(0x80 | (c & 63));
        return 3;
    }
    out[0] = (char)(0xF0 | c >> 18); out[1] = (char)(0x80 | (c >> 12 & 63));
    out[2] = (char)(0x80 | (c >> 6 & 63)); out[3] = (char)(0x80 | (c & 63));
    return 4;
}

/* Do the n bytes at p begin with this string? */
BERT__APART int bert__begins(const char *p, size_t n, const char *with)
{
    const size_t size = strlen(with);
    return n >= size && memcmp(p, with, size) == 0;
}

/* Reads one code point of the n > 0 bytes at s. Returns its length and sets *c; 0 if the bytes are not UTF-8 (then
   skip one byte: what follows of a broken sequence is not UTF-8 either); -1 if they may become it with more bytes. */
BERT__INLINE int bert__utf8_get(const unsigned char *s, size_t n, uint32_t *c)
{
    const uint32_t b = s[0];
    uint32_t x;
    size_t i, length;
    *c = b;
    if (b < 0x80) return 1;
    if (b < 0xC2 || b > 0xF4) return 0;
    if (n < 2) return -1;
    if ((s[1] & 0xC0) != 0x80) return 0;
    x = (b & 31) << 6 | (s[1] & 63u);
    if (b < 0xE0) { *c = x; return 2; }
    if (x < 0x20 || (x >= 0x360 && x < 0x380) || (x >= 0x400 && x < 0x410) || x >= 0x510) return 0;   /* E0 80..9F overlong, */
    length = b < 0xF0 ? 3 : 4;                          /* ED A0..BF surrogates, F0 80..8F overlong, F4 90.. too large */
    for (i = 2; i < length; i++) {
        if (i == n) return -1;
        if ((s[i] & 0xC0) != 0x80) return 0;
        x = x << 6 | (s[i] & 63u);
    }
    *c = b < 0xF0 ? x & 0xFFFF : x & 0x1FFFFF;
    return (int)length;
}

typedef struct bert__json_state {
    const char *text;
    size_t at, size;
    bert__arena *arena;
    const char *path;                   /* for messages, or NULL */
    bert_error *error;
} bert__json_state;

BERT__FN bert_status bert__json_fail(bert__json_state *s, const char *what)
{
    size_t i;
    int64_t line = 1, column = 1;                                       /* columns are bytes */
    for (i = 0; i < s->at && i < s->size; i++) { column++; if (s->text[i] == '\n') { line++; column = 1; } }
    return bert__fail(s->error, BERT_ERROR_FORMAT, s->path, (int64_t)s->at, "JSON, line %lld, column %lld: %s", (long long)line, (long long)column, what);
}
BERT__FN void *bert__json_get_memory(bert__json_state *s, size_t size, size_t align)
{
    void *p = bert__arena_get_aligned(s->arena, size, align);
    if (!p) bert__fail(s->error, BERT_ERROR_MEMORY, s->path, -1, "out of memory while parsing JSON");
    return p;
}
BERT__FN int bert__hex4(const char *p, uint32_t *out)
{
    int i;
    *out = 0;
    for (i = 0; i < 4; i++) {
        char c = p[i];
        uint32_t d = c >= '0' && c <= '9' ? (uint32_t)(c - '0') : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a' + 10)
                   : c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A' + 10) : 16;
        if (d > 15) return 0;
        *out = *out << 4 | d;
    }
    return 1;
}

/* What stands for itself or for a control character after a backslash; "/" is read so, but not written. */
static const char bert__json_plain[] = "\"\\\b\f\n\r\t/", bert__json_escaped[] = "\"\\bfnrt/";

/* A string, s->at on its opening quote. Unescaping never grows a text, so its raw length is room enough. */
BERT__FN bert_status bert__json_string(bert__json_state *s, const char **text, size_t *size)
{
    size_t i = s->at + 1, end = i, n = 0;
    char *out;
    while (end < s->size && s->text[end] != '"') end += s->text[end] == '\\' ? 2 : 1;
    if (end >= s->size) return bert__json_fail(s, "a string without its closing quote");
    out = (char *)bert__json_get_memory(s, end - i + 1, 1);
    if (!out) return BERT_ERROR_MEMORY;
    while (i < end) {
        char c = s->text[i];
        uint32_t u, low;
        s->at = i;
        if ((unsigned char)c < 32) return bert__json_fail(s, "a control character in a string; write it as \\n, \\t or \\u00XX");
        if (c != '\\') {
            size_t run = i;
            while (i < end && s->text[i] != '\\' && (unsigned char)s->text[i] >= 32) i++;
            memcpy(out + n, s->text + run, i - run);
            n += i - run;
            continue;
        }
        c = s->text[i + 1];
        i += 2;
        if (c == 'u') {
            if (end - i < 4 || !bert__hex4(s->text + i, &u)) return bert__json_fail(s, "\\u needs four hexadecimal digits");
            i += 4;
            if (u >= 0xD800 && u < 0xDC00 && end - i >= 6 && bert__begins(s->text + i, 2, "\\u") &&
                bert__hex4(s->text + i + 2, &low) && low >= 0xDC00 && low < 0xE000) {
                u = 0x10000 + ((u - 0xD800) << 10) + (low - 0xDC00);
                i += 6;
            }
            n += (size_t)bert__utf8_put(out + n, u);
        } else {
            const char *at = (const char *)memchr(bert__json_escaped, c, sizeof bert__json_escaped - 1);
            if (!at) return bert__json_fail(s, "an unknown escape after \\");
            out[n++] = bert__json_plain[at - bert__json_escaped];
        }
    }
    out[n] = 0;
    s->at = end + 1;
    *text = out;
    *size = n;
    return BERT_OK;
}
BERT__FN int bert__is_digit(char c) { return c >= '0' && c <= '9'; }

/* The length of the number at p by JSON's grammar, 0 if there is none: digits, perhaps a point and digits, perhaps an e and digits. */
BERT__FN size_t bert__json_number(const char *p, size_t n)
{
    size_t i = n > 0 && p[0] == '-', from;
    int part;
    for (part = 0; part < 3; part++) {
        if (part > 0 && (i >= n || (part == 1 ? p[i] != '.' : (p[i] | 32) != 'e'))) continue;
        if (part > 0) i++;
        if (part == 2 && i < n && (p[i] == '+' || p[i] == '-')) i++;
        for (from = i; i < n && bert__is_digit(p[i]); i++)
            if (part == 0 && i > from && p[from] == '0') break;         /* a leading 0 stands alone */
        if (i == from) return 0;
    }
    return i;
}
/* Skips white space; the byte that follows, 0 at the end. */
BERT__FN char bert__json_next(bert__json_state *s)
{
    while (s->at < s->size) {
        const char c = s->text[s->at];
        if (c != ' ' && c != '\n' && c != '\t' && c != '\r') return c;
        s->at++;
    }
    return 0;
}

/* Parses one value and what follows it inside its parents, iteratively: `open` holds the containers not yet closed. */
BERT__FN bert_status bert__json_parse(bert__json_state *s, const bert_json **root)
{
    enum { DEPTH = 512 };
    bert_json *open[DEPTH], *last[DEPTH], *v;
    int depth = 0;
    bert_status st;
    for (;;) {
        bert_json *parent = depth ? open[depth - 1] : NULL;
        const char *key = NULL;
        size_t key_size = 0, i, n;
        char c = bert__json_next(s);
        if (!(parent && !parent->first && c == (parent->type == 'o' ? '}' : ']'))) {
            if (parent && parent->type == 'o') {
                if (c != '"') return bert__json_fail(s, "a member's name in quotes is missing here");
                if ((st = bert__json_string(s, &key, &key_size)) != BERT_OK) return st;
                if (bert__json_next(s) != ':') return bert__json_fail(s, "a ':' is missing here");
                s->at++;
                c = bert__json_next(s);
            }
            if (s->at >= s->size) return bert__json_fail(s, "the text ends too early");
            v = (bert_json *)bert__json_get_memory(s, sizeof *v, sizeof(void *));
            if (!v) return BERT_ERROR_MEMORY;
            memset(v, 0, sizeof *v);
            v->key = key;
            v->key_size = key_size;
            v->offset = s->at;
            if (parent) {
                if (parent->first) last[depth - 1]->next = v; else parent->first = v;
                last[depth - 1] = v;
                parent->count++;
            } else {
                *root = v;
            }
            if (c == '{' || c == '[') {
                v->type = c == '{' ? 'o' : 'a';
                if (depth == DEPTH) return bert__json_fail(s, "nested more than 512 deep");
                open[depth++] = v;
                s->at++;
                continue;
            }
            if (c == '"') {
                v->type = 's';
                if ((st = bert__json_string(s, &v->text, &v->size)) != BERT_OK) return st;
            } else {
                static const char words[][10] = { "true", "false", "null", "NaN", "Infinity", "-Infinity" };
                const char *p = s->text + s->at;
                for (i = 0; i < 6 && !bert__begins(p, s->size - s->at, words[i]); i++) {}
                n = i < 6 ? strlen(words[i]) : bert__json_number(p, s->size - s->at);
                if (!n) return bert__json_fail(s, "a value is missing here or misspelt");
                v->type = i < 3 ? "tfn"[i] : 'd';
                if (v->type == 'd') {
                    char *copy = (char *)bert__json_get_memory(s, n + 1, 1);
                    if (!copy) return BERT_ERROR_MEMORY;
                    memcpy(copy, p, n);
                    copy[n] = 0;
                    v->text = copy;
                    v->size = n;
                }
                s->at += n;
            }
        }
        for (;; depth--, s->at++) {                                     /* close what ends here, go on at a comma */
            c = bert__json_next(s);
            if (!depth) return s->at < s->size ? bert__json_fail(s, "more text after the end of the value") : BERT_OK;
            if (s->at >= s->size) return bert__json_fail(s, "the text ends too early");
            if (c == ',' && open[depth - 1]->first) break;
            if (c != (open[depth - 1]->type == 'o' ? '}' : ']')) return bert__json_fail(s, "a ',' or the closing bracket is missing here");
        }
        s->at++;
    }
}
/* bert_json_parse, with the file's name for the messages. */
BERT__FN bert_status bert__json_read(const char *path, const char *text, size_t size, const bert_allocator *allocator, bert_json_doc *out, bert_error *error)
{
    bert__json_state s;
    bert__arena arena, *kept;
    bert_status st;
    const bert_json *root = NULL;
    if (!text || !out) return bert__bad_argument(error, "bert_json_parse needs a text and a place for the document");
    bert__arena_init(&arena, allocator, size < 1024 ? 4096 : size > (1 << 18) ? (1 << 20) : size * 4);
    s.text = text;
    s.at = bert__begins(text, size, "\xEF\xBB\xBF") ? 3 : 0;            /* a byte order mark */
    s.size = size;
    s.arena = &arena;
    s.path = path;
    s.error = error;
    kept = (bert__arena *)bert__json_get_memory(&s, sizeof *kept, sizeof(void *));
    st = kept ? bert__json_parse(&s, &root) : BERT_ERROR_MEMORY;
    if (st != BERT_OK) { bert__arena_free(&arena); return st; }
    *kept = arena;
    out->root = root;
    out->memory = kept;
    out->allocator = arena.allocator;
    return BERT_OK;
}
BERT_API bert_status bert_json_parse(const char *text, size_t size, const bert_allocator *allocator, bert_json_doc *out, bert_error *error)
{
    return bert__json_read(NULL, text, size, allocator, out, error);
}
BERT_API void bert_json_free(bert_json_doc *doc)
{
    if (doc && doc->memory) {
        bert__arena arena = *(bert__arena *)doc->memory;                /* it lives in its own memory */
        bert__arena_free(&arena);
    }
    if (doc) memset(doc, 0, sizeof *doc);
}
BERT_API const bert_json *bert_json_get(const bert_json *object, const char *key)
{
    const bert_json *v, *found = NULL;
    size_t n = strlen(key);
    if (!object || object->type != 'o') return NULL;
    for (v = object->first; v; v = v->next)
        if (v->key_size == n && memcmp(v->key, key, n) == 0) found = v;
    return found;
}
BERT_API int bert_json_is(const bert_json *value, const char *string)
{
    return value && value->type == 's' && value->size == strlen(string) && memcmp(value->text, string, value->size) == 0;
}
BERT_API int bert_json_int(const bert_json *value, int64_t *out)
{
    uint64_t v = 0;
    size_t i;
    int negative;
    if (!value || value->type != 'd') return 0;
    negative = value->text[0] == '-';
    for (i = (size_t)negative; i < value->size; i++) {
        uint64_t d = (uint64_t)(value->text[i] - '0');
        if (!bert__is_digit(value->text[i]) || v > (UINT64_MAX - d) / 10) return 0;
        v = v * 10 + d;
    }
    if (v > (uint64_t)INT64_MAX + (uint64_t)negative) return 0;
    *out = negative ? (int64_t)(0 - v) : (int64_t)v;
    return 1;
}
BERT_API int bert_json_double(const bert_json *value, double *out)
{
    return value && value->type == 'd' && bert_parse_double(value->text, value->size, out);
}

/* Big non-negative integers for bert_parse_double: 10^1095 * 2^64 needs 3702 bits. */
typedef struct bert__big { uint32_t limb[128]; int n; } bert__big;

BERT__APART void bert__big_muladd(bert__big *b, uint32_t mul, uint32_t add)
{
    uint64_t carry = add;
    int i;
    for (i = 0; i < b->n; i++) {
        carry += (uint64_t)b->limb[i] * mul;
        b->limb[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry) b->limb[b->n++] = (uint32_t)carry;
}
BERT__FN void bert__big_shift(bert__big *b, int bits)
{
    for (; bits > 0; bits -= 31) bert__big_muladd(b, (uint32_t)1 << (bits < 31 ? bits : 31), 0);
}
/* a -= b; a is not less. */
BERT__NOINLINE void bert__big_subtract(bert__big *a, const bert__big *b)
{
    uint64_t borrow = 0;
    int i;
    for (i = 0; i < a->n; i++) {
        const uint64_t sub = borrow + (i < b->n ? b->limb[i] : 0), have = a->limb[i];
        borrow = have < sub;
        a->limb[i] = (uint32_t)(have - sub);
    }
    while (a->n && !a->limb[a->n - 1]) a->n--;
}
BERT__APART int bert__big_compare(const bert__big *a, const bert__big *b)
{
    int i;
    if (a->n != b->n) return a->n < b->n ? -1 : 1;
    for (i = a->n - 1; i >= 0; i--)
        if (a->limb[i] != b->limb[i]) return a->limb[i] < b->limb[i] ? -1 : 1;
    return 0;
}

/* A decimal number, correctly rounded (half to even), whatever the locale says: [-+]digits[.digits][e[-+]digits], and
   NaN, Infinity, inf. Bit by bit with big integers: a microsecond or two, and nothing that depends on the machine's own
   arithmetic. Returns 0 if the text is no number. */
BERT_API int bert_parse_double(const char *text, size_t size, double *out)
{
    static const char names[][9] = { "Infinity", "inf", "NaN", "nan" };
    const uint64_t infinity = 0x7FF0000000000000u;
    size_t i = 0;
    int64_t exponent = 0, e = 0;        /* value = digits in num * 10^exponent */
    uint64_t bits = 0;
    int negative = 0, esign = 1, point = 0, any = 0, used = 0, two, k;
    bert__big num, den;
    num.n = 0;
    if (i < size && (text[i] == '-' || text[i] == '+')) negative = text[i++] == '-';
    for (k = 0; k < 4; k++)
        if (size - i == (k ? 3u : 8u) && memcmp(text + i, names[k], size - i) == 0) { bits = infinity | (uint64_t)(k / 2) << 51; goto done; }
    for (; i < size && (bert__is_digit(text[i]) || (text[i] == '.' && !point)); i++) {
        const uint32_t digit = (uint32_t)(text[i] - '0');
        if (text[i] == '.') { point = 1; continue; }
        any = 1;
        exponent -= point;
        if (!used && !digit) continue;
        if (used < 770) { bert__big_muladd(&num, 10, digit); used++; }
        else { exponent++; num.limb[0] |= digit != 0; }     /* only "more than" matters: a point half-way between doubles
                                           has at most 768 digits, so that with 770 it ends in zeros and is even */
    }
    if (!any) return 0;
    if (i < size && (text[i] == 'e' || text[i] == 'E')) {
        i++;
        if (i < size && (text[i] == '-' || text[i] == '+')) esign = text[i++] == '-' ? -1 : 1;
        if (i >= size) return 0;
        for (; i < size && bert__is_digit(text[i]); i++) if (e < INT64_MAX / 100) e = e * 10 + (text[i] - '0');
    }
    if (i != size) return 0;
    exponent += esign * e;
    if (!used || used + exponent < -325) goto done;
    if (used + exponent > 310) { bits = infinity; goto done; }
    den.limb[0] = 1;
    den.n = 1;
    for (; exponent > 0; exponent--) bert__big_muladd(&num, 10, 0);
    for (; exponent < 0; exponent++) bert__big_muladd(&den, 10, 0);
    /* value = num / den * 2^two; first 1 <= num / den < 2, then bit by bit. Subnormal numbers have fewer bits. */
    two = 32 * (num.n - den.n);
    if (two > 0) bert__big_shift(&den, two); else bert__big_shift(&num, -two);
    for (; bert__big_compare(&num, &den) >= 0; two++) bert__big_shift(&den, 1);
    for (; bert__big_compare(&num, &den) < 0; two--) bert__big_shift(&num, 1);
    if (two < -1075) goto done;                                         /* less than half of the smallest */
    for (k = two < -1022 ? two + 1075 : 53; k > 0; k--) {
        bits <<= 1;
        if (bert__big_compare(&num, &den) >= 0) { bert__big_subtract(&num, &den); bits |= 1; }
        bert__big_shift(&num, 1);
    }
    k = bert__big_compare(&num, &den);                                  /* twice the rest: half or more is rounded up */
    if (k > 0 || (k == 0 && (bits & 1))) bits++;
    if (two > -1022) bits += (uint64_t)(two + 1022) << 52;              /* the leading bit adds one to the exponent */
    if (bits > infinity) bits = infinity;
done:
    bits |= (uint64_t)negative << 63;
    memcpy(out, &bits, 8);
    return 1;
}

/* \uXXXX */
BERT__FN void bert__json_quote_hex(bert__text *t, uint32_t u)
{
    int k;
    bert__text_add(t, "\\u", 2);
    for (k = 12; k >= 0; k -= 4) bert__text_add(t, &"0123456789abcdef"[u >> k & 15], 1);
}
BERT_API size_t bert_json_quote(const char *text, size_t size, int ascii, char *out, size_t capacity)
{
    bert__text t;
    size_t i;
    int n;
    t.out = out;
    t.size = 0;
    t.capacity = capacity;
    bert__text_add(&t, "\"", 1);
    for (i = 0; i < size; i += (size_t)n) {
        const char *p = text + i, *at;
        uint32_t u;
        size_t len = (size_t)(n = bert__utf8_get((const unsigned char *)p, size - i, &u));
        if (n <= 0) { u = 0xFFFD; p = "\xEF\xBF\xBD"; len = 3; n = 1; }     /* not UTF-8: the replacement character */
        if (u < 0x80 ? u >= 32 && u != '"' && u != '\\' && u != 127 : !ascii) {
            bert__text_add(&t, p, len);
        } else if (u < 0x80 && (at = (const char *)memchr(bert__json_plain, (int)u, sizeof bert__json_plain - 1)) != NULL) {
            bert__text_add(&t, "\\", 1);
            bert__text_add(&t, bert__json_escaped + (at - bert__json_plain), 1);
        } else {
            if (u >= 0x10000) { bert__json_quote_hex(&t, 0xD7C0 + (u >> 10)); u = 0xDC00 + (u & 0x3FF); }
            bert__json_quote_hex(&t, u);
        }
    }
    bert__text_add(&t, "\"", 1);
    return t.size;
}

#ifndef BERT_NO_TOKENIZER

/* ============================================================================================================
   >>unicode
   Purpose   what the tokenizer must know of a code point: whether it is cleaned away, parts words, is a word of its own
             or a mark that is stripped; its lower case; its canonical decomposition (NFD).
   Uses      nothing but the tables below, derived from the Unicode Character Database, version 14.0, the one of
             Python 3.11, so that Google's tokenization.py is followed to the letter; hf = 1 changes them to what Hugging
             Face's tokenizers 0.23 do (their categories are Unicode 8.0's, their decompositions 9.0's, their lower case
             newer than 14.0).
   Promises  the same answers as these two for every code point; nothing is written after bert__unicode_expand, so any
             number of threads may ask.

   Tables that are asked for every character are kept packed and expanded once into pages of 256 facts, most of which
   are shared: a look-up is two loads. Rarer questions are answered from the packed form by binary search.

   An int in a byte table has seven bits a byte, the low ones first, and the top bit says that more follow.
   - Runs: the gap since the last run (an int), then a byte kind + 16 * (length - 1); 15 in the high half means that an
     int with the rest of the length follows. The runs of hf are laid over the others.
   - Lower case: runs of start, distance to the lower case (both modulo 65536, as case never leaves its plane) and a
     count: 6 bits of length - 1, 64 = only if hf, 128 = every second code point (as in A a B b).
   - Decompositions, one step: code point -> base and mark, in groups of 32 that can be entered on their own. An entry
     is mark + 128 * (a gap follows), the gap, and the base as a signed difference to the last base; or, when only the
     base moved up by d, the one byte BERT__U_SAME + d. Mark 0 is none.
   - CJK compatibility ideographs decompose to anything, so they are listed: 3400..9FFF as they are, plane 2 in the
     values that this leaves, 0 for those that have none or are found among the other decompositions.
   ============================================================================================================ */

#define BERT__U_CLASS      7   /* mask of the class: */
#define BERT__U_OTHER      0   /*   stays in its word */
#define BERT__U_DROP       1   /*   cleaned away: U+0000, U+FFFD, control and format characters */
#define BERT__U_SPACE      2   /*   parts words */
#define BERT__U_PUNCT      3   /*   a word of its own: categories P*, and what of ASCII is no letter, digit or space */
#define BERT__U_CJK        4   /*   a word of its own: Google's ranges of ideographs */
#define BERT__U_MARK       5   /*   nonspacing mark (Mn): stripped as accent */
#define BERT__U_REORDER    6   /*   no such mark, yet of a combining class: NFD may move it */
#define BERT__U_LOWER      8   /* flag: has a lower case */
#define BERT__U_DECOMP    16   /* flag: NFD changes it */
#define BERT__U_CASED     32   /* flag: Cased, unless ignorable (the final sigma rule skips these before it asks) */
#define BERT__U_IGNORABLE 64   /* flag: Case_Ignorable */
#define BERT__U_BARRIER  128   /* flag: a mark of combining class 0, across which NFD moves nothing */

typedef struct bert__unicode {
    uint8_t *pages;            /* [page][256] facts */
    uint16_t index[0x1100];    /* code point >> 8 -> page */
} bert__unicode;

/* ---- generated by tools/gen_unicode: Unicode 14.0.0, from the Unicode Character Database ---- */
#define BERT__UNICODE_PAGES 127
static const uint8_t bert__u_runs[1960] = {
    0,129,0,18,0,17,0,2,0,241,2,0,2,0,83,0,4,0,83,0,4,0,3,10,4,0,83,0,245,10,0,35,0,4,0,3,0,4,0,245,10,0,51,0,241,17,
    0,2,0,3,5,3,0,6,1,5,0,3,1,7,1,6,4,6,0,5,0,3,0,4,0,6,1,5,0,3,3,3,0,245,7,1,245,15,1,245,179,1,1,53,4,245,192,1,1,
    245,11,0,246,64,0,248,63,0,9,0,248,16,0,53,0,22,0,21,2,6,0,37,0,3,0,5,4,22,0,5,0,4,0,37,1,5,1,245,4,1,245,67,1,
    245,123,1,72,0,22,0,245,150,1,1,245,22,2,6,0,67,0,4,0,245,25,0,19,6,248,29,0,3,0,8,0,3,0,24,0,3,0,24,0,3,0,8,43,3,
    0,4,11,87,3,19,1,19,2,168,0,3,0,7,0,35,32,6,10,248,5,10,51,2,8,99,3,1,104,0,7,1,88,0,22,0,24,1,56,18,211,1,7,1,8,
    30,248,11,91,169,58,136,0,22,1,35,0,6,2,8,24,56,0,6,0,136,0,6,0,40,0,6,0,72,2,227,26,40,2,3,41,6,7,23,6,120,41,6,
    0,248,8,0,7,0,248,13,0,41,55,9,1,8,4,121,4,8,3,56,0,41,10,25,0,19,10,3,0,6,15,9,58,8,4,57,8,8,20,25,25,3,0,8,2,25,
    57,8,4,25,4,25,2,25,0,8,3,9,30,25,3,9,0,3,10,25,57,8,4,73,1,25,4,8,20,25,12,3,9,89,1,9,58,8,2,9,1,57,8,8,7,25,11,
    25,30,9,61,9,12,8,50,9,3,9,55,8,1,41,5,41,1,41,0,8,7,24,11,25,19,3,9,9,2,3,55,8,2,9,6,9,5,9,0,8,20,25,28,25,57,24,
    4,57,8,8,20,25,29,9,72,8,7,41,1,9,29,3,60,9,2,57,0,40,11,6,0,9,0,56,0,41,0,3,10,19,85,9,2,57,0,40,0,25,9,6,1,56,0,
    25,54,227,1,3,3,24,27,8,1,8,1,8,0,51,51,24,0,9,0,8,0,73,0,56,0,9,1,8,0,9,0,40,0,3,0,24,5,169,1,249,20,9,8,9,67,4,
    19,82,57,1,73,0,8,1,24,2,25,11,83,8,25,4,41,16,57,13,9,2,25,6,8,15,9,2,245,22,1,5,5,5,2,245,27,0,3,0,6,0,37,221,4,
    40,0,131,55,245,70,2,85,2,3,237,4,3,17,2,26,19,78,35,36,25,0,8,0,10,28,25,0,10,0,19,27,25,30,25,64,25,1,105,8,9,2,
    137,0,8,0,9,0,35,0,6,0,35,2,8,34,163,0,41,0,7,0,9,51,6,65,25,34,8,118,41,4,25,9,9,6,40,8,19,209,1,24,2,9,2,19,54,
    9,1,105,1,8,1,9,2,121,6,25,0,120,2,8,32,99,0,6,0,83,2,216,0,6,0,248,0,49,57,48,8,1,73,1,9,5,9,1,10,21,99,10,136,9,
    19,1,25,32,57,2,25,0,10,0,8,0,25,56,8,1,25,3,9,1,41,0,26,8,51,44,121,2,9,0,8,3,67,56,86,0,19,0,133,7,245,27,2,37,
    0,115,8,40,0,3,0,200,1,104,4,8,6,8,3,24,6,245,28,0,246,47,0,197,0,6,0,245,18,0,246,21,0,248,48,0,245,134,2,2,85,2,
    245,22,2,85,2,117,1,5,1,5,1,5,1,245,15,2,245,37,1,101,0,6,0,5,0,38,0,37,1,101,0,38,0,53,2,85,1,38,0,197,0,38,2,37,
    1,101,0,22,1,162,0,71,0,115,0,20,0,147,0,4,0,19,0,4,0,18,0,71,0,2,0,243,4,1,195,1,179,0,2,0,71,1,151,1,6,11,19,0,
    6,13,19,1,198,51,200,0,54,0,8,0,38,0,184,17,5,4,5,2,149,1,5,3,69,6,5,1,5,1,5,1,53,1,85,4,5,2,53,5,69,4,5,17,245,
    16,3,21,131,3,51,29,19,139,3,245,36,254,4,211,79,19,31,147,147,3,243,6,63,51,32,19,130,4,245,108,0,22,0,245,87,6,
    53,0,40,0,21,5,51,1,19,0,245,22,1,5,5,5,65,6,0,3,14,8,96,248,16,0,243,31,0,6,0,243,16,2,179,162,3,2,0,35,1,6,2,
    147,2,179,10,56,0,26,0,3,0,70,5,6,1,3,91,24,0,54,1,3,90,3,0,38,129,6,251,176,51,64,251,240,163,1,21,6,226,9,86,0,
    19,140,2,6,0,35,48,245,30,1,8,0,38,0,3,0,152,0,3,0,6,0,245,12,0,22,0,24,80,24,0,83,8,246,18,0,245,62,0,6,0,245,7,
    0,38,0,53,1,245,43,5,21,1,5,1,69,24,38,0,21,1,22,0,5,7,9,3,8,4,9,25,25,5,8,71,51,76,8,0,9,8,19,16,248,2,6,35,1,3,
    2,9,38,73,0,40,0,19,23,169,1,10,11,3,32,41,48,8,2,57,2,25,2,10,0,195,1,6,14,19,5,9,0,6,66,89,2,25,2,25,12,9,8,9,
    15,51,16,6,11,9,51,8,1,40,2,24,5,24,1,8,27,6,0,19,12,25,2,19,1,22,1,8,57,245,27,0,70,0,133,0,38,4,245,64,37,9,2,9,
    2,3,1,8,146,154,1,251,240,3,0,101,12,69,6,8,147,1,246,1,251,2,19,192,1,249,0,0,35,0,4,0,83,6,248,0,0,243,18,0,4,1,
    3,0,4,0,179,1,3,4,3,1,19,147,1,7,1,35,1,19,0,4,0,35,1,19,0,4,0,3,10,4,0,3,3,19,0,245,10,0,35,0,6,0,3,0,6,0,245,10,
    0,3,1,3,1,99,10,6,45,22,67,6,21,39,1,1,130,2,35,250,1,8,226,1,8,149,1,72,36,3,48,3,47,245,64,96,245,20,4,245,20,
    115,3,0,165,1,229,1,101,1,21,1,165,1,229,1,101,1,21,195,3,86,1,246,26,1,134,156,1,3,199,1,3,31,3,193,1,41,1,25,5,
    9,0,8,0,9,0,8,40,40,4,8,16,131,38,3,101,24,9,99,66,99,89,51,227,1,245,35,13,245,35,49,56,131,3,24,0,3,152,1,168,4,
    67,40,56,0,51,119,9,54,217,0,8,0,99,34,8,2,25,10,8,0,25,49,57,2,24,0,19,0,7,0,51,0,9,10,7,50,40,36,73,1,89,0,24,
    11,51,47,8,0,19,10,25,52,137,1,10,4,51,0,9,0,8,0,25,0,3,1,9,11,3,1,35,79,41,2,9,0,10,0,8,0,9,0,83,0,9,106,3,53,9,
    3,89,0,24,21,25,57,24,3,9,12,10,24,104,3,72,195,1,121,2,8,0,25,1,8,4,67,10,19,1,3,0,8,84,89,1,9,4,25,1,24,2,3,235,
    1,57,6,25,1,24,0,243,7,4,25,85,121,2,9,1,8,0,9,0,35,28,195,62,9,1,9,2,89,0,10,0,8,1,3,99,41,2,57,1,57,0,8,16,35,
    240,1,137,1,24,0,3,100,245,48,91,25,0,10,0,8,4,8,0,35,141,1,57,2,25,4,8,1,3,30,153,40,9,0,8,0,57,2,57,0,115,0,8,9,
    89,2,41,46,201,1,9,0,8,0,35,1,67,141,3,105,1,89,1,8,1,67,42,19,32,249,6,2,105,1,25,1,25,122,89,3,9,1,25,1,41,0,8,
    0,9,0,24,1,9,72,25,3,9,1,8,219,2,25,2,19,134,2,3,240,8,67,252,22,19,189,8,135,181,108,19,128,1,72,0,3,58,104,0,67,
    4,54,0,3,251,5,245,48,23,51,180,1,9,63,57,0,198,64,22,0,3,0,6,0,9,11,26,254,127,54,1,102,1,22,158,25,9,0,8,0,3,0,
    55,220,36,249,30,2,249,7,158,4,26,0,40,3,90,0,119,0,120,2,104,30,56,148,1,40,187,3,245,69,1,245,55,1,21,2,5,2,21,
    2,53,1,181,1,5,1,101,1,245,49,1,53,2,117,1,101,1,245,12,1,53,1,69,1,5,3,101,1,245,196,2,2,245,9,1,245,9,1,245,15,
    1,245,9,1,245,15,1,245,9,1,245,15,1,245,9,1,245,15,1,245,9,1,117,180,4,249,39,4,249,34,8,9,14,9,2,67,15,73,1,233,
    208,8,149,1,245,4,225,1,104,1,248,1,2,104,1,24,1,72,133,2,104,0,102,240,2,8,61,56,224,11,104,41,245,52,0,104,0,6,
    18,19,208,15,245,10,6,245,10,6,245,10,241,4,70,128,24,251,208,205,2,32,251,160,79,208,82,251,144,4,225,139,44,7,
    30,247,80,128,1,249,224,1
};
static const uint8_t bert__u_hf_runs[295] = {
    157,12,0,223,3,0,146,1,16,6,112,42,144,0,218,0,0,154,2,16,119,0,131,1,80,85,0,174,1,0,55,0,58,0,12,0,123,0,58,16,
    68,0,184,2,0,178,15,3,167,1,0,30,12,218,1,0,117,16,184,4,240,0,174,1,16,247,4,64,0,10,199,32,192,2,176,206,243,1,
    0,152,1,0,57,0,189,1,0,194,108,241,240,49,164,40,48,131,3,32,152,1,160,4,64,40,112,230,1,0,2,16,77,0,10,0,251,1,3,
    5,0,110,0,252,1,0,252,1,112,2,10,0,16,1,10,4,64,10,16,1,16,129,4,192,76,0,245,2,128,1,32,252,1,0,2,48,4,48,141,1,
    48,2,16,4,0,1,0,30,144,40,80,2,192,9,80,2,32,46,192,1,64,1,64,141,3,96,1,80,1,10,1,64,42,16,32,240,6,2,96,1,16,1,
    16,122,80,3,0,1,16,1,96,1,0,72,16,3,0,1,0,219,2,16,2,16,134,2,0,241,31,16,189,8,128,222,116,48,180,1,0,146,1,0,1,
    0,11,16,142,190,1,240,30,2,240,7,185,33,106,1,250,1,2,106,1,26,1,74,133,2,96,247,2,0,61,48,212,12,106,19,16,192,
    157,3,240,240,1,224,141,49,241,238,255,3,2,241,238,255,3
};
static const uint8_t bert__u_kinds[13] = {
    0,1,2,3,67,32,64,65,69,197,6,4,5
};
#define BERT__U_LOWER_BMP 180
static const uint16_t bert__u_lower_start[192] = {
    65,192,216,256,304,306,313,330,376,377,385,386,390,391,393,395,398,399,400,401,403,404,406,407,408,412,413,415,
    416,422,423,425,428,430,431,433,435,439,440,444,452,453,455,456,458,459,478,497,498,502,503,504,544,546,570,571,
    573,574,577,579,580,581,582,880,886,895,902,904,908,910,913,931,975,984,1012,1015,1017,1018,1021,1024,1040,1120,
    1162,1216,1217,1232,1329,4256,4295,4301,5024,5088,5104,7305,7312,7357,7680,7808,7838,7840,7944,7960,7976,7992,
    8008,8025,8040,8072,8088,8104,8120,8122,8124,8136,8140,8152,8154,8168,8170,8172,8184,8186,8188,8486,8490,8491,
    8498,8544,8579,9398,11264,11360,11362,11363,11364,11367,11373,11374,11375,11376,11378,11381,11390,11392,11499,
    11506,42560,42624,42786,42802,42873,42877,42878,42891,42893,42896,42902,42922,42923,42924,42925,42926,42928,42929,
    42930,42931,42932,42948,42949,42950,42951,42955,42956,42960,42962,42966,42970,42972,42997,65313,1024,1200,1392,
    1404,1420,1428,3200,3408,6304,28224,28320,59648
};
static const uint8_t bert__u_lower_count[192] = {
    25,22,6,151,0,130,135,150,0,130,0,129,0,0,1,0,0,0,0,0,0,0,0,0,0,0,0,0,130,0,0,0,0,0,0,1,129,0,0,0,0,0,0,0,0,136,
    136,0,129,0,0,147,0,136,0,0,0,0,0,0,0,0,132,129,0,0,0,2,0,1,16,8,0,139,0,0,0,0,2,15,31,144,154,0,134,175,37,37,0,
    0,63,15,5,64,42,2,191,138,0,175,7,5,7,7,5,131,7,7,7,7,1,1,0,3,0,1,1,1,1,0,1,1,0,0,0,0,0,15,0,25,47,0,0,0,0,130,0,
    0,0,0,0,0,1,177,129,0,150,141,134,158,129,0,132,0,0,129,137,0,0,0,0,0,0,0,0,0,135,0,0,0,129,64,193,0,193,129,64,
    64,0,25,39,35,10,14,6,1,50,85,31,31,88,33
};
static const uint16_t bert__u_lower_delta[192] = {
    32,32,32,1,65337,1,1,1,65415,1,210,1,206,1,205,1,79,202,203,1,205,207,211,209,1,211,213,214,1,218,1,218,1,218,1,
    217,1,219,1,1,2,1,2,1,2,1,1,2,1,65439,65480,1,65406,1,10795,1,65373,10792,1,65341,69,71,1,1,1,116,38,37,64,63,32,
    32,8,1,65476,1,65529,1,65406,80,32,1,1,15,1,1,48,7264,7264,7264,38864,38864,8,1,62528,62528,1,1,57921,1,65528,
    65528,65528,65528,65528,65528,65528,65528,65528,65528,65528,65462,65527,65450,65527,65528,65436,65528,65424,65529,
    65408,65410,65527,58019,57153,57274,28,16,1,26,48,1,54793,61722,54809,1,54756,54787,54753,54754,1,1,54721,1,1,1,1,
    1,1,1,1,30204,1,1,23256,1,1,23228,23217,23221,23231,23228,23278,23254,23275,928,1,65488,23229,30152,1,23193,1,1,1,
    1,1,22975,1,32,40,40,39,39,39,39,64,32,32,32,27,34
};
#define BERT__U_SAME 86
static const uint16_t bert__u_marks[85] = {
    768,769,770,771,776,778,807,772,774,808,775,780,779,795,783,785,806,1619,1620,1621,2364,2494,2519,2492,2620,2902,
    2878,2903,2876,3031,3006,3158,3285,3286,3266,3390,3415,3530,3535,3551,4023,4021,3954,3956,3968,4142,6965,805,803,
    817,813,816,814,804,777,787,788,834,837,824,12441,12442,1460,1463,1473,1474,1464,1468,1465,1471,4282,4391,4926,
    4951,5306,5296,5309,5551,6448,53605,53614,53615,53616,53617,53618
};
static const uint32_t bert__u_split_group[34] = {
    0x300000,0x39c045,0x42c084,0x4bc0b8,0x5700ef,0x5f8122,0x7ac15d,0x840197,0xdd01d3,0x1038219,0x13a825d,0x257c29f,
    0x37742f6,0x780435a,0x7884392,0x79043c8,0x79843ff,0x7a04435,0x7a9846d,0x7b184a3,0x7b984d8,0x7c30512,0x7cc0550,
    0x7d50591,0x7de05d4,0x7e685fe,0x7eec631,0x7f8867f,0x86b86d1,0x8ab8723,0xc1d8775,0xc3747ce,0x3ed18812,0x746f8867
};
static const uint8_t bert__u_split[2197] = {
    1,253,1,2,0,3,0,4,0,5,0,6,0,135,2,4,1,4,2,0,3,0,5,0,1,8,2,0,3,0,5,0,132,2,10,1,2,2,0,3,0,4,0,5,0,129,3,12,2,0,3,0,
    5,0,2,8,129,3,16,2,0,3,0,4,0,5,0,6,0,7,135,2,1,4,2,0,3,0,5,0,1,8,2,0,3,0,5,0,132,2,10,1,2,2,0,3,0,4,0,5,0,129,3,
    12,2,0,3,0,5,0,2,8,133,2,0,8,111,118,9,63,118,10,63,118,2,59,118,3,63,118,11,63,11,207,2,12,63,118,12,61,118,136,
    3,61,118,9,63,118,11,63,118,10,63,118,12,63,118,3,59,118,9,63,118,11,63,118,7,63,118,3,61,118,132,3,61,118,8,63,
    118,9,63,118,10,63,10,139,3,11,63,131,4,2,118,7,61,118,130,2,61,118,7,63,118,12,63,118,130,5,59,118,7,63,118,12,
    63,118,136,4,61,118,9,63,118,13,63,118,130,3,57,118,7,63,118,12,63,118,2,61,118,3,145,4,118,7,63,118,12,63,118,7,
    61,118,12,63,118,132,3,61,118,8,63,118,9,63,118,6,63,118,13,63,118,10,63,118,3,59,118,3,59,118,5,63,2,2,118,11,63,
    118,12,63,12,135,4,142,34,85,118,142,14,51,118,140,29,103,118,12,47,118,12,51,118,12,51,118,8,206,1,118,2,63,118,
    12,63,118,1,63,118,136,2,111,118,8,132,5,87,8,193,5,118,140,3,189,2,118,12,55,118,10,55,10,247,5,8,246,5,87,12,
    103,12,182,3,12,207,8,130,4,69,118,129,3,49,118,2,174,1,118,2,61,118,2,27,118,15,237,2,118,16,63,118,15,55,118,16,
    63,118,15,55,118,16,63,118,15,51,118,16,63,118,15,251,6,118,16,63,118,15,57,118,16,63,118,17,67,118,17,61,118,140,
    3,87,118,139,7,77,118,7,55,118,8,226,1,118,8,65,118,11,203,2,118,8,254,6,87,8,171,7,118,128,141,2,142,10,87,128,2,
    36,2,21,0,245,2,128,10,251,9,130,7,218,1,2,210,11,0,179,11,2,188,11,88,88,130,2,12,130,2,12,90,119,133,26,97,98,2,
    24,90,88,88,104,133,26,35,98,2,11,92,90,130,5,18,5,0,129,44,134,1,5,0,130,2,3,133,4,25,130,5,40,1,3,9,42,137,11,
    21,137,32,64,129,23,5,5,0,130,2,3,133,4,70,130,5,55,1,3,9,22,143,24,98,87,137,74,189,1,118,137,14,75,118,5,63,118,
    137,3,53,118,133,3,198,2,87,5,133,3,118,5,61,118,136,3,61,118,5,63,118,5,51,118,5,3,87,5,247,2,118,8,83,118,5,63,
    118,13,63,118,5,55,118,133,3,55,118,146,169,2,184,7,19,0,119,20,65,19,70,147,154,1,150,2,147,2,39,147,17,34,149,
    214,4,172,9,149,8,16,149,3,6,149,36,59,87,87,91,91,87,95,21,95,150,108,176,2,23,0,152,16,75,87,152,2,26,153,84,
    134,2,153,3,12,153,35,67,87,91,153,3,30,154,234,1,184,4,155,3,0,28,0,157,16,75,87,158,55,224,1,159,54,104,87,30,1,
    160,124,128,2,161,120,242,1,161,7,14,34,0,163,2,0,33,8,164,127,248,1,87,37,1,166,142,1,166,2,167,2,0,38,1,40,5,
    169,229,2,210,5,169,10,20,169,5,10,169,5,10,169,5,10,170,13,53,171,10,98,172,2,0,45,130,1,173,2,2,173,9,131,1,169,
    18,66,169,10,20,169,5,10,169,5,10,169,5,10,170,13,53,174,109,170,2,175,224,21,192,43,175,2,4,175,2,4,175,2,4,175,
    2,4,175,4,8,175,41,82,175,2,4,175,3,4,87,175,2,6,176,189,5,129,108,48,191,118,11,61,118,49,63,118,50,63,118,2,202,
    1,118,11,197,2,118,49,63,118,50,63,118,7,63,118,51,63,118,1,220,2,87,2,1,87,51,155,3,118,52,63,118,9,134,7,87,11,
    197,7,118,8,61,8,243,118,11,61,118,49,63,118,5,63,118,7,63,118,53,63,118,52,61,118,2,204,1,118,2,199,2,118,49,63,
    118,50,63,118,49,61,118,8,148,119,87,50,213,119,118,51,63,118,2,61,118,11,63,11,167,119,49,63,118,11,61,118,49,63,
    118,50,63,118,51,63,118,2,206,1,118,5,63,118,1,174,1,87,2,1,87,2,249,3,118,11,63,118,11,59,118,49,63,118,8,208,
    119,87,50,145,120,118,11,61,11,219,119,49,63,118,11,206,3,87,91,87,11,130,116,87,11,157,120,118,49,63,118,50,63,
    118,51,63,118,54,61,118,52,63,118,51,63,118,2,230,3,87,5,2,87,4,169,4,118,49,63,118,1,61,1,147,120,2,63,118,5,63,
    118,11,63,118,49,63,118,11,61,118,5,63,118,11,61,118,3,61,118,49,63,118,50,63,118,50,35,5,24,6,6,88,139,2,140,4,
    177,5,251,4,118,55,63,118,2,194,1,118,1,199,119,118,55,63,118,4,63,118,3,252,118,87,2,189,118,87,1,1,87,55,1,87,4,
    1,87,9,186,118,87,49,183,121,118,55,63,118,4,63,118,2,202,1,118,1,63,118,55,63,118,4,63,118,3,27,87,55,223,121,
    118,49,63,118,49,51,118,55,63,118,2,202,1,118,1,63,118,55,63,118,4,63,118,3,176,119,87,2,217,116,87,1,1,87,55,1,
    87,4,1,87,49,1,87,49,151,5,118,55,161,122,118,2,244,4,87,1,1,87,55,1,87,4,1,87,49,1,87,1,173,5,118,49,63,118,55,
    63,118,4,63,118,184,7,240,12,57,0,1,158,109,87,2,1,87,58,1,87,56,223,109,57,0,1,238,109,87,2,7,87,58,1,87,56,167,
    109,57,0,1,182,109,87,2,1,87,184,3,247,109,57,0,1,134,110,87,2,1,87,184,3,195,109,57,0,1,210,109,87,2,1,87,58,1,
    87,56,147,110,57,0,1,162,110,87,2,1,87,58,1,87,56,237,109,57,0,1,238,109,87,2,1,87,58,1,87,56,175,110,57,0,1,190,
    110,87,2,1,87,58,1,87,56,243,109,57,0,1,130,110,87,2,1,87,184,3,195,110,57,0,1,210,110,87,2,1,87,184,3,135,110,57,
    0,1,150,110,87,2,7,87,58,1,87,185,2,215,110,129,2,232,110,130,2,0,186,2,0,56,159,110,57,0,1,174,110,87,2,1,87,58,
    1,87,56,239,110,57,0,1,254,110,87,2,1,87,58,1,87,1,239,110,0,9,1,18,0,15,1,20,0,17,1,22,0,19,1,241,110,0,26,1,13,
    0,16,1,7,0,10,187,3,228,108,87,87,87,87,87,87,87,87,87,87,87,87,87,87,87,103,87,87,87,87,87,87,87,87,87,59,223,1,
    87,87,87,87,87,59,98,87,87,87,87,87,87,87,87,87,87,87,87,87,87,87,9,251,110,8,0,59,254,110,59,253,110,59,9,186,2,
    10,59,138,112,9,201,112,8,0,1,0,0,233,112,59,22,128,2,80,186,3,161,12,59,152,123,59,249,110,59,17,186,2,18,59,158,
    112,1,225,112,0,25,1,30,0,27,59,28,1,208,112,2,0,58,0,9,139,112,8,0,1,34,0,115,186,3,82,103,9,97,8,0,1,0,0,29,129,
    2,232,113,2,0,58,0,9,241,112,8,0,1,173,112,0,53,56,34,57,0,58,8,92,9,75,8,0,1,0,0,45,57,38,1,241,11,0,186,11,0,
    201,12,187,3,184,124,59,229,110,91,186,2,9,59,218,112,1,173,113,0,37,1,58,0,51,59,52,0,233,11,128,3,156,125,87,
    128,165,2,179,113,128,4,187,13,0,244,1,188,111,150,131,1,88,60,51,188,31,120,90,60,3,188,53,98,188,5,10,188,3,6,
    188,24,48,188,2,4,188,27,46,188,3,14,188,3,4,188,2,6,188,23,149,136,1,188,2,200,136,1,188,11,39,60,161,136,1,88,
    60,204,136,1,87,188,3,26,87,188,3,6,87,188,7,6,87,188,3,14,87,188,3,6,87,188,35,54,92,60,9,88,188,49,93,87,106,87,
    188,7,64,87,87,87,128,60,166,53,87,188,178,15,215,20,189,240,10,220,21,189,2,4,189,2,4,189,2,4,189,2,4,189,2,4,
    189,2,4,189,2,4,189,2,4,189,2,4,189,2,4,189,2,4,189,3,6,189,2,4,189,2,4,189,7,14,62,0,189,2,6,62,0,61,1,62,0,189,
    2,6,62,0,189,2,6,62,0,189,23,105,189,10,174,1,189,14,28,189,2,4,189,2,4,189,2,4,189,2,4,189,2,4,189,2,4,189,2,4,
    189,2,4,189,2,4,189,2,4,189,2,4,189,3,6,189,2,4,189,2,4,189,7,14,62,0,189,2,6,62,0,189,2,6,62,0,189,2,6,62,0,189,
    2,6,62,3,189,23,105,189,3,146,1,87,87,87,189,4,22,191,159,148,3,199,172,1,192,2,50,193,11,17,66,0,65,192,213,7,66,
    0,64,241,213,7,67,0,68,0,87,87,87,87,87,87,196,2,4,87,87,87,87,196,2,4,196,2,4,87,196,2,4,87,68,191,213,7,87,87,
    87,87,69,41,70,7,96,95,199,204,42,234,170,8,199,2,4,199,15,20,200,131,1,152,2,87,201,156,4,170,8,74,0,203,239,2,
    228,5,76,0,205,2,0,206,252,1,254,3,87,207,253,6,248,13,208,166,240,2,196,224,5,87,81,14,82,0,83,0,84,0,85,0,208,
    87,180,1,87,81,2,81,3,82,1,87,128,207,205,4,172,199,6,128,236,2,143,62,128,2,152,2,128,4,192,4,128,8,244,21,128,7,
    188,22,128,2,110,0,146,4,0,134,2,128,9,222,13
};
#define BERT__U_COMPAT_1 0xF900
#define BERT__U_COMPAT_1_COUNT 0x1DA
#define BERT__U_COMPAT_2 0x2F800
#define BERT__U_COMPAT_2_COUNT 0x21E
static const uint16_t bert__u_compat[1016] = {
    35912,26356,36554,36040,28369,20018,21477,40860,40860,22865,37329,21895,22856,25078,30313,32645,34367,34746,35064,
    37007,27138,27931,28889,29662,33853,37226,39409,20098,21365,27396,29211,34349,40478,23888,28651,34253,35172,25289,
    33240,34847,24266,26391,28010,29436,37070,20358,20919,21214,25796,27347,29200,30439,32769,34310,34396,36335,38706,
    39791,40442,30860,31103,32160,33737,37636,40575,35542,22751,24324,31840,32894,29282,30922,36034,38647,22744,23650,
    27155,28122,28431,32047,32311,38475,21202,32907,20956,20940,31260,32190,33777,38517,35712,25295,27138,35582,20025,
    23527,24594,29575,30064,21271,30971,20415,24489,19981,27852,25976,32034,21443,22622,30465,33865,35498,27578,36784,
    27784,25342,33509,25504,30053,20142,20841,20937,26753,31975,33391,35538,37327,21237,21570,22899,24300,26053,28670,
    31018,38317,39530,40599,40654,21147,26310,27511,36706,24180,24976,25088,25754,28451,29001,29833,31178,32244,32879,
    36646,34030,36899,37706,21015,21155,21693,28872,35010,35498,24265,24565,25467,27566,31806,29557,20196,22265,23527,
    23994,24604,29618,29801,32666,32838,37428,38646,38728,38936,20363,31150,37300,38584,24801,20102,20698,23534,23615,
    26009,27138,29134,30274,34044,36988,40845,26248,38446,21129,26491,26611,27969,28316,29705,30041,30827,32016,39006,
    20845,25134,38520,20523,23833,28138,36650,24459,24900,26647,29575,38534,21033,21519,23653,26131,26446,26792,27877,
    29702,30178,32633,35023,35041,37324,38626,21311,28346,21533,29136,29848,34298,38563,40023,40607,26519,28107,33256,
    31435,31520,31890,29376,28825,35672,20160,33590,21050,20999,24230,25299,31958,23429,27934,26292,36667,34892,38477,
    35211,24275,20800,21952,0,0,22618,0,26228,0,0,20958,29482,30410,31036,31070,31077,31119,38742,31934,32701,0,34322,
    0,35576,0,0,36920,37117,0,0,0,39151,39164,39208,40372,37086,38583,20398,20711,20813,21193,21220,21329,21917,22022,
    22120,22592,22696,23652,23662,24724,24936,24974,25074,25935,26082,26257,26757,28023,28186,28450,29038,29227,29730,
    30865,31038,31049,31048,31056,31062,31069,31117,31118,31296,31361,31680,32244,32265,32321,32626,32773,33261,33401,
    33401,33879,35088,35222,35585,35641,36051,36104,36790,36920,38627,38911,38971,24693,44782,33304,0,0,20006,20917,
    20840,20352,20805,20864,21191,21242,21917,21845,21913,21986,22618,22707,22852,22868,23138,23336,24274,24281,24425,
    24493,24792,24910,24840,24974,24928,25074,25140,25540,25628,25682,25942,26228,26391,26395,26454,27513,27578,27969,
    28379,28363,28450,28702,29038,30631,29237,29359,29482,29809,29958,30011,30237,30239,30410,30427,30452,30538,30528,
    30924,31409,31680,31867,32091,32244,32574,32773,33618,33775,34681,35137,35206,35222,35519,35576,35531,35585,35582,
    35565,35641,35722,36104,36664,36978,37273,37494,38524,38627,38742,38875,38911,38923,38971,39698,40860,10314,10308,
    13269,15261,16408,16441,48713,51408,60115,40771,40846,20029,20024,20033,290,20320,20398,20411,20482,20602,20633,
    20711,20687,13470,1594,20813,20820,20836,20855,1308,13497,20839,20877,1355,20887,20900,20172,20908,20917,64991,
    20981,20995,13535,21051,21062,21106,21111,13589,21191,21193,21220,21242,21253,21254,21271,21321,21329,21338,21363,
    21373,21375,21375,21375,2604,28784,21450,21471,2915,21483,21489,21510,21662,21560,21576,21608,21666,21750,21776,
    21843,21859,21892,21892,21913,21931,21939,21954,22294,22022,22295,22097,22132,20999,22766,22478,22516,22541,22411,
    22578,22577,22700,5348,22770,22775,22790,22810,22818,22882,5800,5866,23020,23067,23079,23000,23142,14062,14076,
    23304,23358,23358,6600,23491,23512,23527,23539,6936,23551,23558,24403,23586,14209,23648,23662,23744,23693,7652,
    23875,7654,23918,23915,23932,24033,24034,14383,24061,24104,24125,24169,14434,8579,14460,24240,24243,24246,24266,0,
    24318,9009,9009,33281,24354,24354,14535,12984,52698,24418,24427,14563,24474,24525,24535,24569,24705,14650,14620,
    24724,9940,24775,24904,24908,24910,24908,24954,24974,25010,24996,25007,25054,25074,25078,25104,25115,25181,25265,
    25300,25424,11020,25405,25340,25448,25475,25572,11249,25634,25541,25513,14894,25705,25726,25757,25719,14956,25935,
    25964,12298,26083,26360,26185,15129,26257,15112,15076,20882,20885,26368,26268,32941,17369,26391,26395,26401,26462,
    26451,13251,15177,26618,26501,26706,26757,41069,26766,26655,26900,15261,26946,27043,27114,27304,41635,27355,15384,
    27425,42151,27476,15438,27506,27551,27578,27579,42637,7435,42746,27726,43196,27839,27853,27751,27926,27966,28023,
    27969,28009,28024,28037,43294,27956,28207,28270,15667,28363,28359,43729,28153,28526,43870,43918,28614,28729,28702,
    28699,15766,28746,28797,28791,28845,1317,28997,44643,29084,44971,29224,29237,29264,45576,29312,29333,45877,46100,
    29562,29579,16044,29605,16056,16056,29767,29788,29809,29829,29898,16155,29988,47158,30014,47250,30064,8607,30224,
    48033,48056,48196,16380,16392,30452,48371,48370,48409,48435,30494,30495,30495,30538,16441,30603,16454,16534,49181,
    30798,30860,30924,16611,49702,31062,49818,49861,31119,31211,16687,31296,31306,31311,50556,50855,50855,31470,16898,
    51115,31686,31689,16935,51328,31954,17056,31976,31971,32000,52102,32099,17153,32199,32258,32325,17204,52776,52807,
    17241,52953,32634,53054,32661,32762,32773,53466,53539,32864,53672,32880,13151,17365,32946,33027,17419,33086,23221,
    54183,54197,13203,13212,33281,33284,36766,17515,33425,33419,33437,21171,33457,33459,33469,33510,55100,33509,33565,
    33635,33709,33571,33725,33767,33879,33619,33738,33740,33756,55350,55659,55509,17707,34033,34035,34070,57290,34148,
    56108,17757,17761,56241,56530,17771,34384,34396,34407,34409,34473,34440,34574,34530,34681,34600,34667,34694,17879,
    34785,34817,17913,34912,34915,57959,35031,35038,17973,35066,13499,58542,58726,18110,18119,35488,35565,35722,35925,
    59560,36011,36033,36123,36215,60207,2052,36299,36284,36336,2270,36564,36664,61906,61933,37012,37105,37137,62254,
    37147,37432,37591,37592,37500,37881,37909,63482,38283,18837,38327,63863,18918,38595,23986,38691,64837,65050,19054,
    19062,38880,0,19122,0,38923,38923,38953,0,39138,19251,39209,39335,39362,39422,19406,0,39698,40000,40189,19662,
    19693,40295,0,19704,0,0,0,40635,19798,40697,40702,40709,40719,40726,40763,0
};
#define BERT__U_HF_WHOLE 0x11938
static const uint32_t bert__u_ccc[29] = {
    0x46a0de6,0xb8a8009,0xb9a0009,0xda20009,0xdd50009,0xdf90109,0xefd80e6,0x181701e0,0x54a98009,0x54e00009,0x88e00009,
    0x891a8009,0x89a68009,0x8a210009,0x8a230007,0x8b5b0009,0x8c9e8009,0x8e1f8009,0xb7f80106,0xe8b281d8,0xe8b680e2,
    0xe8b704d8,0xf00006e6,0xf00410e6,0xf00d86e6,0xf01181e6,0xf01304e6,0xf4a205e6,0xf4a50007
};
/* ---- end of generated tables ---- */

BERT__APART uint32_t bert__u_int(const uint8_t **p)
{
    uint32_t v = 0;
    int shift = 0;
    while (**p & 128) { v |= (uint32_t)(*(*p)++ & 127) << shift; shift += 7; }
    return v | (uint32_t)*(*p)++ << shift;
}

/* Pages below `own` belong to one block of 256 code points each; those from `plain` on hold one fact
 * throughout and are shared by any number of blocks, until a block is painted in part and gets its own. */
typedef struct bert__u_canvas {
    bert__unicode *u;
    uint32_t own, plain;
} bert__u_canvas;

BERT__FN uint16_t bert__u_plain(bert__u_canvas *v, uint32_t fact)
{
    uint32_t i;
    for (i = v->plain; i < BERT__UNICODE_PAGES; i++)
        if (v->u->pages[(size_t)i * 256] == fact) return (uint16_t)i;
    memset(v->u->pages + (size_t)--v->plain * 256, (int)fact, 256);
    return (uint16_t)v->plain;
}

/* Each fact of the n code points from c on: keep some bits, then set some. */
BERT__FN void bert__u_paint(bert__u_canvas *v, uint32_t c, uint32_t n, uint32_t keep, uint32_t set)
{
    while (n > 0) {
        uint32_t at = c & 255, k = 256 - at < n ? 256 - at : n;
        uint16_t *page = &v->u->index[c >> 8];
        uint8_t *fact = v->u->pages + (size_t)*page * 256;
        c += k;
        n -= k;
        if (*page >= v->plain) {
            if (k == 256) { *page = bert__u_plain(v, (*fact & keep) | set); continue; }
            *page = (uint16_t)v->own++;
            fact = (uint8_t *)memcpy(v->u->pages + (size_t)*page * 256, fact, 256);
        }
        for (fact += at; k > 0; k--, fact++) *fact = (uint8_t)((*fact & keep) | set);
    }
}

BERT__FN void bert__u_paint_runs(bert__u_canvas *v, const uint8_t *p, size_t bytes)
{
    const uint8_t *end = p + bytes;
    uint32_t c = 0;
    while (p < end) {
        uint32_t kind, n;
        c += bert__u_int(&p);
        kind = *p & 15u;
        n = (*p++ >> 4) + 1u;
        if (n == 16) n += bert__u_int(&p);
        bert__u_paint(v, c, n, 0, bert__u_kinds[kind]);
        c += n;
    }
}

/* Reads one decomposition; c, base and mark are those of the one before. */
BERT__FN const uint8_t *bert__u_next(const uint8_t *p, uint32_t *c, uint32_t *base, uint32_t *mark)
{
    uint32_t b = *p++, d;
    if (b >= BERT__U_SAME && b < 128) { *c += 1; *base += b - BERT__U_SAME; return p; }
    *mark = b & 127;
    *c += b & 128 ? bert__u_int(&p) : 1;
    d = bert__u_int(&p);
    *base += d & 1 ? 0u - (d + 1) / 2 : d / 2;
    return p;
}

#define BERT__U_GROUPS (sizeof bert__u_split_group / sizeof *bert__u_split_group)

/* Enters a group: 18 bits of code point, 14 of place.  Sets the state before its first entry, returns its end. */
BERT__FN const uint8_t *bert__u_group(size_t g, const uint8_t **p, uint32_t *c, uint32_t *base)
{
    *p = bert__u_split + (bert__u_split_group[g] & 0x3FFF);
    *base = bert__u_split_group[g] >> 14;
    *c = *base - 1;
    return bert__u_split + (g + 1 < BERT__U_GROUPS ? bert__u_split_group[g + 1] & 0x3FFF : sizeof bert__u_split);
}

/* Where a compatibility ideograph stands in bert__u_compat; its length for any other code point. */
BERT__FN size_t bert__u_compat_place(uint32_t c)
{
    if (c - BERT__U_COMPAT_1 < BERT__U_COMPAT_1_COUNT) return c - BERT__U_COMPAT_1;
    if (c - BERT__U_COMPAT_2 < BERT__U_COMPAT_2_COUNT) return c - BERT__U_COMPAT_2 + BERT__U_COMPAT_1_COUNT;
    return BERT__U_COMPAT_1_COUNT + BERT__U_COMPAT_2_COUNT;
}

/* pages: BERT__UNICODE_PAGES * 256 bytes that live as long as u. */
BERT__NOINLINE void bert__unicode_expand(bert__unicode *u, uint8_t *pages, int hf)
{
    bert__u_canvas v;
    uint32_t i, k;
    size_t g;
    v.u = u;
    v.own = 0;
    v.plain = BERT__UNICODE_PAGES - 1;
    u->pages = pages;
    memset(pages + (size_t)v.plain * 256, BERT__U_OTHER, 256);
    for (i = 0; i < 0x1100; i++) u->index[i] = (uint16_t)v.plain;

    bert__u_paint_runs(&v, bert__u_runs, sizeof bert__u_runs);
    for (i = 0; i < sizeof bert__u_lower_count; i++) {
        uint32_t c = bert__u_lower_start[i] + (i < BERT__U_LOWER_BMP ? 0 : 0x10000u), n = bert__u_lower_count[i];
        if (n & 64 && !hf) continue;
        for (k = 0; k <= (n & 63); k++) bert__u_paint(&v, c + (n & 128 ? 2 * k : k), 1, 255, BERT__U_LOWER);
    }
    for (g = 0; g < BERT__U_GROUPS; g++) {
        uint32_t c, base, mark;
        const uint8_t *p, *end = bert__u_group(g, &p, &c, &base);
        while (p < end) {
            p = bert__u_next(p, &c, &base, &mark);
            bert__u_paint(&v, c, 1, 255, BERT__U_DECOMP);
        }
    }
    for (i = 0; i < BERT__U_COMPAT_1_COUNT + BERT__U_COMPAT_2_COUNT; i++)
        if (bert__u_compat[i])
            bert__u_paint(&v, i < BERT__U_COMPAT_1_COUNT ? BERT__U_COMPAT_1 + i
                                                         : BERT__U_COMPAT_2 + i - BERT__U_COMPAT_1_COUNT,
                          1, 255, BERT__U_DECOMP);
    bert__u_paint(&v, 0xAC00, 11172, 255, BERT__U_DECOMP);  /* Hangul syllables */
    if (hf) bert__u_paint_runs(&v, bert__u_hf_runs, sizeof bert__u_hf_runs);
}

/* The lower case of c alone: the final sigma, which takes its neighbours, is left to the caller. */
BERT__FN int bert__unicode_lower(uint32_t c, int hf, uint32_t out[2])
{
    size_t low = c < 0x10000 ? 0 : BERT__U_LOWER_BMP;       /* the answer is in [low, high) */
    size_t high = c < 0x10000 ? BERT__U_LOWER_BMP : c < 0x20000 ? sizeof bert__u_lower_count : low;
    out[0] = c;
    while (high > low + 1) {
        size_t middle = (low + high) / 2;
        if (bert__u_lower_start[middle] <= (c & 0xFFFF)) low = middle; else high = middle;
    }
    if (low < high && bert__u_lower_start[low] <= (c & 0xFFFF)) {
        uint32_t n = bert__u_lower_count[low], offset = (c & 0xFFFF) - bert__u_lower_start[low];
        if (n & 128) offset = offset & 1 ? 64 : offset / 2;
        if (offset <= (n & 63) && (hf || !(n & 64)))
            out[0] = (c & ~(uint32_t)0xFFFF) | ((c + bert__u_lower_delta[low]) & 0xFFFF);
    }
    if (c != 0x130) return 1;
    out[1] = 0x307;                                         /* the dot of I WITH DOT ABOVE is kept */
    return 2;
}

/* One step: c becomes its base, and mark what follows that, or 0.  Returns 0 if c has no decomposition. */
BERT__FN int bert__u_split_once(uint32_t *c, uint32_t *mark)
{
    size_t low = 0, high = BERT__U_GROUPS, place = bert__u_compat_place(*c);
    uint32_t at, base, m = 0;
    const uint8_t *p, *end;
    *mark = 0;
    if (place < sizeof bert__u_compat / sizeof *bert__u_compat && bert__u_compat[place]) {
        at = bert__u_compat[place];
        *c = at < 0x3400 ? at + 0x20000u : at < 0xA000 ? at : at + (0x20000u - 0x6C00u);
        return 1;
    }
    while (high > low + 1) {
        size_t middle = (low + high) / 2;
        if (bert__u_split_group[middle] >> 14 <= *c) low = middle; else high = middle;
    }
    end = bert__u_group(low, &p, &at, &base);
    while (p < end) {
        p = bert__u_next(p, &at, &base, &m);
        if (at < *c) continue;
        if (at > *c) break;
        if (m) *mark = (*c & ~(uint32_t)0xFFFF) | bert__u_marks[m - 1];  /* never in another plane than c */
        *c = base;
        return 1;
    }
    return 0;
}

/* The full canonical decomposition of c; c itself if there is none. */
BERT__NOINLINE int bert__unicode_decompose(uint32_t c, int hf, uint32_t out[4])
{
    uint32_t marks[3], s = c - 0xAC00;
    int n = 0, i;
    if (s < 11172) {                                        /* Hangul: leading consonants by vowels by tails */
        out[0] = 0x1100 + s / (21 * 28);
        out[1] = 0x1161 + s / 28 % 21;
        out[2] = 0x11A7 + s % 28;
        return s % 28 ? 3 : 2;
    }
    if (!(hf && c == BERT__U_HF_WHOLE))                     /* too young for the tables of hf */
        while (n < 3 && bert__u_split_once(&c, &marks[n])) n += marks[n] != 0;
    out[0] = c;
    for (i = 0; i < n; i++) out[n - i] = marks[i];          /* the outermost mark comes last */
    return n + 1;
}

/* The canonical combining class of a code point of class REORDER, 0 for any other. */
BERT__FN int bert__unicode_ccc(uint32_t c)
{
    size_t low = 0, high = sizeof bert__u_ccc / sizeof *bert__u_ccc;
    while (high > low + 1) {
        size_t middle = (low + high) / 2;
        if (bert__u_ccc[middle] >> 15 <= c) low = middle; else high = middle;
    }
    return c - (bert__u_ccc[low] >> 15) <= (bert__u_ccc[low] >> 8 & 127) ? (int)(bert__u_ccc[low] & 255) : 0;
}

/* ============================================================================================================
   >>vocab
   Purpose   tokens <-> ids, and reading vocabularies: vocab.txt by Google's rules or HF's, tokenizer.json.
   Uses      the base, >>unicode for the white space that load_vocab strips.
   Promises  immutable after it was built. A look-up touches one or two cache lines.

   One hash table holds every token. A key of up to 12 bytes lies in its slot itself, padded with zeros (no token has
   a NUL), so two comparisons settle it; a longer one has its hash there, and 0xFF, which no UTF-8 has, as the
   last byte; the token's text then decides. Pieces that continue a word are stored as written, "##ing", so the literal
   rules of WordPiece hold without a second table.

   For the longest match the question is which lengths to try. `lengths` answers it from the first four bytes of what
   is left: a bit for each length (4, 5, ... 34, "35 or more") of any piece that begins with four bytes of the same
   hash, separately for first pieces and continuations. Mostly one or two look-ups remain, where trying every prefix
   takes as many as the word has letters, and a trie a dependent load for each.
   ============================================================================================================ */

#define BERT__KEY_SHORT 12
#define BERT__LENGTHS_BITS 14

typedef struct bert__slot { uint64_t lo; uint32_t hi; int32_t id; } bert__slot;     /* 16 bytes, four a cache line; id -1: empty */

typedef struct bert__vocab {
    bert__slot *slots;                  /* [1 << bits] open addressing, linear */
    uint32_t *lengths[2];               /* [1 << BERT__LENGTHS_BITS] first pieces; continuations */
    char *pool;                         /* all tokens one after another, each with a NUL */
    size_t *where;                      /* [count + 1] start of each id's token in the pool */
    uint8_t *state;                     /* [count] 0: a token; 1: no such id; 2: repeated by a later line */
    int32_t *keys;                      /* [key_count] ids of the distinct tokens in order of their first lines */
    int32_t *single;                    /* [BERT__SINGLE_COUNT] ids of single characters, -1 none; see bert__single */
    int32_t count, key_count;
    int32_t longest, empty;             /* longest token in bytes; id of "", or -1 */
    uint32_t shift;                     /* 64 - bits */
    size_t mask;                        /* slots - 1 */
} bert__vocab;

/* Characters that are mostly words of their own have their ids in a plain array: U+3000..U+9FFF (CJK punctuation, kana,
   the common ideographs) and U+FF00..U+FFFF (full-width forms). BERT__SINGLE_COUNT for all others. */
#define BERT__SINGLE_COUNT 0x7100u
BERT__INLINE uint32_t bert__single(uint32_t c)
{
    return c - 0x3000 < 0x7000 ? c - 0x3000 : c - 0xFF00 < 0x100 ? c - 0xFF00 + 0x7000 : BERT__SINGLE_COUNT;
}

/* The first n <= 12 bytes of p as a key: 8 in lo, 4 in hi. Reads 16 bytes, so p must have room behind. */
BERT__INLINE void bert__key(const char *p, size_t n, uint64_t *lo, uint64_t *hi)
{
    static const uint64_t mask[21] = {                                  /* from 0 for hi, from 8 for lo */
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFFFF, 0xFFFFFF, 0xFFFFFFFF, 0xFFFFFFFFFF, 0xFFFFFFFFFFFF, 0xFFFFFFFFFFFFFF,
        UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX };
    *lo = bert__load64(p) & mask[8 + n];
    *hi = bert__load64(p + 8) & mask[n];
}
/* The key of a longer token: a hash of all its bytes; the length makes part of it. */
BERT__FN void bert__key_long(const char *p, size_t n, uint64_t *lo, uint64_t *hi)
{
    uint64_t h = n * 0x9E3779B97F4A7C15u;
    size_t i;
    for (i = 0; i + 8 <= n; i += 8) { h = (h ^ bert__load64(p + i)) * 0xD6E8FEB86659FD93u; h ^= h >> 32; }
    h = (h ^ bert__load64(p + n - 8)) * 0xD6E8FEB86659FD93u;           /* the last 8 bytes again: n is over 12 */
    *lo = h ^ h >> 32;
    *hi = 0xFF000000u | (n & 0xFFFFFF);
}
BERT__INLINE size_t bert__slot_of(uint64_t lo, uint64_t hi, uint32_t shift)
{
    return (size_t)(((lo ^ hi * 0x9FB21C651E98DF25u) * 0x9E3779B97F4A7C15u) >> shift);
}
/* A short key's id, or -1, looking from its slot on. */
BERT__INLINE int32_t bert__find_from(const bert__vocab *v, size_t slot, uint64_t lo, uint64_t hi)
{
    for (;;) {
        const bert__slot *s = v->slots + slot;
        if (BERT__LIKELY(s->lo == lo && s->hi == hi)) return s->id;
        if (s->id < 0) return -1;
        slot = (slot + 1) & v->mask;
    }
}
BERT__INLINE int32_t bert__find_key(const bert__vocab *v, uint64_t lo, uint64_t hi)
{
    return bert__find_from(v, bert__slot_of(lo, hi, v->shift), lo, hi);
}
BERT__FN size_t bert__token_size(const bert__vocab *v, int32_t id) { return v->where[id + 1] - v->where[id] - 1; }

/* The slot of a token: its own, or the empty one where it belongs. apart 1: of one that words are not made of. Its key is another
   one: the last byte is 0xFE, or 0xFD where it is a hash. */
BERT__FN bert__slot *bert__find_slot(const bert__vocab *v, const char *p, size_t n, uint32_t apart, uint64_t *lo, uint64_t *hi)
{
    char copy[16] = { 0 };                                              /* as much as a key's loads read */
    size_t i;
    if (n + apart <= BERT__KEY_SHORT) { memcpy(copy, p, n); bert__key(copy, n, lo, hi); }
    else bert__key_long(p, n, lo, hi);
    *hi = (uint32_t)*hi - (apart << 25);
    i = bert__slot_of(*lo, *hi, v->shift);
    for (;;) {
        bert__slot *s = v->slots + i;
        if (s->id < 0) return s;
        if (s->lo == *lo && s->hi == *hi && (n + apart <= BERT__KEY_SHORT || memcmp(v->pool + v->where[s->id], p, n) == 0)) return s;
        i = (i + 1) & v->mask;
    }
}
BERT__FN int32_t bert__find_of(const bert__vocab *v, const char *p, size_t n, uint32_t apart)
{
    uint64_t lo, hi;
    return memchr(p, 0, n) ? -1 : bert__find_slot(v, p, n, apart, &lo, &hi)->id;
}
/* The id of a token that words are made of, or -1. */
BERT__FN int32_t bert__find(const bert__vocab *v, const char *p, size_t n)
{
    return !n ? v->empty : n > (size_t)v->longest ? -1 : bert__find_of(v, p, n, 0);
}

/* Any token's. */
BERT__FN int32_t bert__find_any(const bert__vocab *v, const char *p, size_t n)
{
    const int32_t id = bert__find(v, p, n);
    return id >= 0 ? id : bert__find_of(v, p, n, 1);
}

/* A piece of a file that is one token, by id; text NULL: no such id. apart 1: words are not made of it. */
typedef struct bert__line { const char *text; size_t size; uint32_t apart; } bert__line;

BERT__INLINE uint32_t bert__lengths_of(const char *p)
{
    return (bert__load32(p) * 0x9E3779B1u) >> (32 - BERT__LENGTHS_BITS);
}
BERT__FN uint32_t bert__length_bit(size_t n) { return (uint32_t)1 << (n < 35 ? n - 4 : 31); }

/* Builds the vocabulary from its tokens in the order of ids. A token that comes twice keeps its last id, one apart its first, unless
   there is a word of that text. */
BERT__FN int bert__vocab_build(bert__vocab *v, bert__arena *arena, const bert__line *lines, size_t count)
{
    size_t bytes = 1, i, table = (size_t)1 << BERT__LENGTHS_BITS;
    uint32_t bits = 4, apart;
    for (i = 0; i < count; i++) bytes = bert__add(bytes, lines[i].text ? lines[i].size + 1 : 1);
    while (((size_t)1 << bits) < count * 2) bits++;
    v->shift = 64 - bits;
    v->mask = ((size_t)1 << bits) - 1;
    v->count = (int32_t)count;
    v->empty = -1;
    v->slots = (bert__slot *)bert__arena_array(arena, (size_t)1 << bits, sizeof(bert__slot));
    v->lengths[0] = (uint32_t *)bert__arena_get(arena, (2 * table + BERT__SINGLE_COUNT) * sizeof(uint32_t));
    v->pool = (char *)bert__arena_get(arena, bert__add(bytes, count + 1));
    v->where = (size_t *)bert__arena_array(arena, count + 1, sizeof(size_t) + sizeof(int32_t));
    if (!v->slots || !v->lengths[0] || !v->pool || !v->where) return 0;
    v->lengths[1] = v->lengths[0] + table;                              /* what is indexed alike lies in one block */
    v->single = (int32_t *)(void *)(v->lengths[1] + table);
    v->state = (uint8_t *)v->pool + bytes;
    v->keys = (int32_t *)(void *)(v->where + count + 1);
    memset(v->lengths[0], 0, 2 * table * sizeof(uint32_t));
    for (i = 0; i <= v->mask; i++) { v->slots[i].lo = v->slots[i].hi = 0; v->slots[i].id = -1; }
    memset(v->single, 0xFF, BERT__SINGLE_COUNT * sizeof(int32_t));
    for (i = 0, bytes = 0; i < count; i++) {
        size_t n = lines[i].text ? lines[i].size : 0;
        v->where[i] = bytes;
        v->state[i] = lines[i].text ? 0 : 1;
        if (n) memcpy(v->pool + bytes, lines[i].text, n);
        v->pool[bytes + n] = 0;
        bytes += n + 1;
    }
    v->where[count] = bytes;
    for (apart = 0; apart < 2; apart++) for (i = 0; i < count; i++) {
        const char *p = v->pool + v->where[i];
        size_t n = bert__token_size(v, (int32_t)i);
        uint64_t lo, hi;
        bert__slot *s;
        uint32_t c;
        if (v->state[i] || lines[i].apart != apart) continue;
        if (apart && bert__find_any(v, p, n) >= 0) { v->state[i] = 2; continue; }
        if (!n || memchr(p, 0, n)) {                                    /* never found */
            if (n) { v->keys[v->key_count++] = (int32_t)i; continue; }
            if (v->empty >= 0) v->state[v->empty] = 2;
            else v->keys[v->key_count++] = (int32_t)i;
            v->empty = (int32_t)i;
            continue;
        }
        s = bert__find_slot(v, p, n, apart, &lo, &hi);
        if (s->id >= 0) v->state[s->id] = 2;
        else v->keys[v->key_count++] = (int32_t)i;
        s->lo = lo;
        s->hi = (uint32_t)hi;
        s->id = (int32_t)i;
        if (apart) continue;
        if ((int32_t)n > v->longest) v->longest = (int32_t)n;
        if (n >= 4) v->lengths[0][bert__lengths_of(p)] |= bert__length_bit(n);
        if (n >= 6 && p[0] == '#' && p[1] == '#') v->lengths[1][bert__lengths_of(p + 2)] |= bert__length_bit(n - 2);
        if (bert__utf8_get((const unsigned char *)p, n, &c) == (int)n && bert__single(c) < BERT__SINGLE_COUNT)
            v->single[bert__single(c)] = (int32_t)i;
    }
    for (i = 0; i < (size_t)v->key_count; i++) {                        /* a key's id is its last one */
        int32_t id = v->keys[i];
        if (v->state[id] == 2) v->keys[i] = bert__find(v, v->pool + v->where[id], bert__token_size(v, id));
    }
    return 1;
}

/* Python's str.isspace() for the characters a line of a vocabulary can end with. */
BERT__FN int bert__is_python_space(uint32_t c)
{
    static const uint16_t ranges[][2] = { { 9, 13 }, { 28, 32 }, { 0x85, 0x85 }, { 0xA0, 0xA0 }, { 0x1680, 0x1680 }, { 0x2000, 0x200A },
                                          { 0x2028, 0x2029 }, { 0x202F, 0x202F }, { 0x205F, 0x205F }, { 0x3000, 0x3000 } };
    size_t i;
    for (i = 0; i < sizeof ranges / sizeof *ranges; i++) if (c >= ranges[i][0] && c <= ranges[i][1]) return 1;
    return 0;
}

/* Splits a vocab.txt, on \n only (two lines of Google's Chinese file are U+2028), and trims each line as the mode's
   reader does: Google's strips both ends, HF's the right one (where U+001C to U+001F are no white space). Returns the
   first line (from 1) that is not UTF-8, or 0. */
BERT__FN size_t bert__vocab_lines(const char *text, size_t size, int hf, bert__line *lines)
{
    size_t at = 0, bad = 0;
    bert__line *line;
    for (line = lines; at < size; line++) {
        const char *nl = (const char *)memchr(text + at, '\n', size - at);
        size_t end = nl ? (size_t)(nl - text) : size, next = nl ? end + 1 : size, i = at, first = end, last = at;
        while (i < end) {
            uint32_t c = (unsigned char)text[i];
            int n = 1;
            if (c > 126) n = bert__utf8_get((const unsigned char *)text + i, end - i, &c);
            if (n <= 0) { if (!bad) bad = (size_t)(line - lines) + 1; n = 1; c = 0xFFFD; }
            if ((c > 32 && c < 127) || !bert__is_python_space(c) || (hf && c >= 28 && c <= 31)) {
                if (first == end) first = i;
                last = i + (size_t)n;
            }
            i += (size_t)n;
        }
        if (hf) first = at;
        if (last < first) last = first;
        line->text = text + first;
        line->size = last - first;
        line->apart = 0;
        at = next;
    }
    return bad;
}

/* ============================================================================================================
   >>basic
   Purpose   text to words: what tokenization.py's BasicTokenizer does in six passes, in one.
   Uses      >>unicode.
   Promises  linear time, no memory but the word in progress; state survives between calls, so a text may come in
             pieces.

   Google's passes: drop control characters; blanks around CJK characters; split at white space; lower(); NFD and drop
   marks (Mn); split at punctuation. Each but two looks at one character alone, so they can be chained per character:
   role -> lower -> decompose -> role of each result. The two that look around are NFD's reordering of marks, which
   never leaves a word and is an insertion sort of the few that stay, and lower() of a capital sigma at the end of a
   word, for which bert__final_sigma reads the text itself in both directions.

   Most text needs none of that. bert__split marks word starts and ends of 1024 bytes at a time, 64 bits at once, and
   writes them lower-cased; a word of ASCII letters and digits is then final. Bytes that need the long way (not ASCII,
   or control characters) count as letters and are written as 0xFE, which no token has: the word's look-up fails, and
   only then is it looked at closely.
   ============================================================================================================ */

#define BERT__WORD_MAX 200              /* code points kept of a word: Google's limit, HF's is 100 */
#define BERT__QUICK 0x2000u             /* code points with a ready answer: Latin, Greek, Cyrillic, ... */
#define BERT__QUICK_DROP 0xFFFEu
#define BERT__QUICK_NONE 0xFFFFu

typedef struct bert__basic {            /* here and below: what is small first, it is reached by shorter instructions */
    uint8_t lower, strip, cjk, clean, split, hf;
    bert__unicode unicode;
    uint16_t quick[BERT__QUICK];        /* the one code point it becomes inside a word; DROP; or NONE: the long way */
    uint8_t pages[BERT__UNICODE_PAGES * 256];
} bert__basic;

/* A part of the text in bytes and, only if somebody asks for them, in code points. */
typedef struct bert__place { size_t begin, end, char_begin, char_end; } bert__place;

typedef struct bert__scan bert__scan;
struct bert__scan {
    const bert__basic *basic;
    int (*word)(bert__scan *scan);      /* takes the finished word; non-zero stops */
    size_t (*singles)(bert__scan *scan, const char *text, size_t from, size_t to);  /* or NULL: takes characters that are words, as many as it likes; where it stopped */
    void *user;
    size_t base;                        /* where the text of this call lies in the whole text */
    size_t words;                       /* words finished so far */
    size_t word_end;                    /* end of the word's last character, kept or not */
    size_t first;                       /* begin of its first */
    uint32_t chars, size;               /* code points seen (may pass WORD_MAX); bytes kept */
    uint32_t barrier;                   /* characters before this one do not take part in reordering */
    int32_t whole;                      /* deliver long words in parts (`more`), else only count them */
    int32_t more, stopped, nul;         /* this part is not the last; the callback stopped; a NUL in the word */
    int32_t before;                     /* at the start of this call's text: a cased letter stands before (sigma) */
    int32_t counting;                   /* code points are counted too, with the three lines below */
    const char *text;                   /* the text at hand, from byte text_base of the whole */
    size_t text_base, text_size;
    size_t mark, marked;                /* a position in the whole text, and the code points before it */
    size_t first_char, word_end_char;   /* as first and word_end, in code points */
    uint16_t at[BERT__WORD_MAX + 1];    /* byte of each character in the word */
    bert__place place[BERT__WORD_MAX];  /* and where it came from */
    char room[16 + BERT__WORD_MAX * 4 + 16];    /* the word at 16: key loads may read before it and behind */
};

BERT__INLINE uint32_t bert__facts(const bert__basic *b, uint32_t c)
{
    return b->pages[(size_t)b->unicode.index[c >> 8] * 256 + (c & 255)];
}

/* The class of a code point once the flags have been heard. */
BERT__INLINE uint32_t bert__role(const bert__basic *b, uint32_t c, uint32_t facts)
{
    uint32_t role = facts & BERT__U_CLASS;
    if (role == BERT__U_DROP && !b->clean) {
        if (b->hf ? c == 11 || c == 12 || c == 0x85 : bert__is_python_space(c)) return BERT__U_SPACE;
        return BERT__U_OTHER;
    }
    if (role == BERT__U_CJK && !b->cjk) return BERT__U_OTHER;
    return role;
}

/* What a code point becomes: lower case, then decomposed; at most 8 (U+0130 gives two letters). */
BERT__FN int bert__map(const bert__basic *b, uint32_t c, uint32_t out[8])
{
    uint32_t low[2];
    int i, n = 1, count = 0;
    low[0] = c;
    if (b->lower) n = bert__unicode_lower(c, b->hf, low);
    for (i = 0; i < n; i++) {
        if (b->strip) count += bert__unicode_decompose(low[i], b->hf, out + count);
        else out[count++] = low[i];
    }
    return count;
}

/* Sets the flags and prepares the tables. */
BERT__FN void bert__basic_init(bert__basic *b, int hf, int lower, int strip, int cjk, int clean, int split)
{
    uint32_t c;
    b->hf = (uint8_t)hf;
    b->lower = (uint8_t)(lower && split);
    b->strip = (uint8_t)(strip && split);
    b->cjk = (uint8_t)(cjk && split);
    b->clean = (uint8_t)(clean && split);
    b->split = (uint8_t)split;
    bert__unicode_expand(&b->unicode, b->pages, hf);
    for (c = 0; c < BERT__QUICK; c++) {
        uint32_t facts = bert__facts(b, c), role = bert__role(b, c, facts), out[8], i, kept = 0, one = BERT__QUICK_DROP;
        int n;
        b->quick[c] = BERT__QUICK_NONE;
        if (!split) continue;
        if (role == BERT__U_DROP || (role == BERT__U_MARK && b->strip && !(facts & (BERT__U_BARRIER | BERT__U_LOWER)))) {
            b->quick[c] = BERT__QUICK_DROP;
            continue;
        }
        if (role != BERT__U_OTHER || c == 0 || (c == 0x3A3 && b->lower && !hf)) continue;
        if ((facts & (BERT__U_LOWER | BERT__U_DECOMP)) == 0) { b->quick[c] = (uint16_t)c; continue; }
        n = bert__map(b, c, out);
        for (i = 0; i < (uint32_t)n; i++) {
            uint32_t f = bert__facts(b, out[i]), r = f & BERT__U_CLASS;
            if (r == BERT__U_MARK && b->strip && !(f & BERT__U_BARRIER)) continue;
            one = out[i];
            kept += r == BERT__U_OTHER ? 1 : 2;
        }
        if (kept <= 1 && one < BERT__QUICK_DROP + (kept == 0)) b->quick[c] = (uint16_t)one;
    }
}

BERT__FN void bert__scan_reset(bert__scan *s)
{
    s->chars = s->size = s->barrier = 0;
    s->nul = s->more = 0;
}
BERT__FN void bert__scan_init(bert__scan *s, const bert__basic *basic, int (*word)(bert__scan *), void *user)
{
    s->basic = basic;
    s->word = word;
    s->singles = NULL;
    s->user = user;
    s->base = s->words = s->word_end = s->first = 0;
    s->whole = s->stopped = s->before = s->counting = 0;
    s->text = NULL;
    s->text_base = s->text_size = s->mark = s->marked = 0;
    memset(s->room, 0, 16);
    bert__scan_reset(s);
}

/* Code points before byte `at` of the whole text, counted on (or back) from the last position that was kept. */
BERT__FN size_t bert__chars_before(bert__scan *s, size_t at, int keep)
{
    size_t from = s->mark < at ? s->mark : at, to = s->mark < at ? at : s->mark, n = 0, chars;
    while (from < to) {
        uint32_t c;
        int k = bert__utf8_get((const unsigned char *)s->text + (from - s->text_base), s->text_size - (from - s->text_base), &c);
        n += k > 0;
        from += k > 0 ? (size_t)k : 1;
    }
    chars = s->mark < at ? s->marked + n : s->marked - n;
    if (keep) { s->mark = at; s->marked = chars; }
    return chars;
}

/* Ends the word in progress, if there is one. */
BERT__FN void bert__flush(bert__scan *s)
{
    if (!s->chars) return;
    s->at[s->chars < BERT__WORD_MAX ? s->chars : BERT__WORD_MAX] = (uint16_t)s->size;
    if (!s->stopped && s->word(s)) s->stopped = 1;
    s->words++;
    bert__scan_reset(s);
}

/* Appends a code point that came from bytes [begin, end) of the text. */
BERT__FN void bert__append(bert__scan *s, uint32_t c, size_t begin, size_t end)
{
    uint32_t k;
    if (s->chars == BERT__WORD_MAX && s->whole) {                       /* hand over what is full and go on */
        s->more = 1;
        bert__flush(s);
        s->words--;
    }
    if (!s->chars) s->first = begin;
    s->word_end = end;
    if (s->counting) {
        size_t at = bert__chars_before(s, begin, 1);
        s->word_end_char = bert__chars_before(s, end, 0);
        if (!s->chars) s->first_char = at;
        if (s->chars < BERT__WORD_MAX) { s->place[s->chars].char_begin = at; s->place[s->chars].char_end = s->word_end_char; }
    }
    if (s->chars >= BERT__WORD_MAX) { s->chars = BERT__WORD_MAX + 1; return; }
    if (c == 0) s->nul = 1;
    k = s->chars++;
    s->at[k] = (uint16_t)s->size;
    s->place[k].begin = begin;
    s->place[k].end = end;
    s->size += (uint32_t)bert__utf8_put(s->room + 16 + s->size, c);
}

/* Appends a code point of a non-zero combining class: NFD puts it behind those of lower or equal class. */
BERT__NOINLINE void bert__append_ordered(bert__scan *s, uint32_t c, size_t begin, size_t end)
{
    int ccc = bert__unicode_ccc(c);
    uint32_t last, k, previous, n;
    bert__place place;
    bert__append(s, c, begin, end);
    if (s->chars > BERT__WORD_MAX) return;
    for (last = s->chars - 1; last > s->barrier; last--) {
        char bytes[4];
        k = last - 1;
        bert__utf8_get((const unsigned char *)s->room + 16 + s->at[k], 4, &previous);
        if ((bert__facts(s->basic, previous) & BERT__U_CLASS) != BERT__U_REORDER || bert__unicode_ccc(previous) <= ccc) return;
        n = (uint32_t)bert__utf8_put(bytes, c);                         /* swap the neighbours k and last */
        memmove(s->room + 16 + s->at[k] + n, s->room + 16 + s->at[k], (size_t)s->at[last] - s->at[k]);
        memcpy(s->room + 16 + s->at[k], bytes, n);
        s->at[last] = (uint16_t)(s->at[k] + n);
        place = s->place[k];
        s->place[k] = s->place[last];
        s->place[last] = place;
    }
}

/* The code point that ends at byte `at` of a text that begins at `from`: its length, 0 if there is none. */
BERT__FN size_t bert__utf8_before(const char *text, size_t from, size_t at, uint32_t *c)
{
    size_t i = at;
    while (i > from && at - i < 4) if (((unsigned char)text[--i] & 0xC0) != 0x80) break;
    return i < at && bert__utf8_get((const unsigned char *)text + i, at - i, c) == (int)(at - i) ? at - i : 0;
}

/* str.lower()'s rule for U+03A3, on the white-space separated token it stands in: final if a cased letter stands
   before and none after, not counting what is case-ignorable (CPython, handle_capital_sigma). text[at] is the sigma,
   of 2 bytes. Both directions stop at the next cased letter, so a text full of sigmas stays linear. -1: the text ends
   before the answer and more may come. */
BERT__FN int bert__sigma_letter(const bert__basic *b, uint32_t c)     /* 1 cased, 0 none or the end, -1 go on */
{
    const uint32_t facts = bert__facts(b, c), role = bert__role(b, c, facts);
    if (role == BERT__U_SPACE || role == BERT__U_CJK) return 0;
    return role == BERT__U_DROP || facts & BERT__U_IGNORABLE ? -1 : (facts & BERT__U_CASED) != 0;
}
BERT__FN int bert__letter_before(const bert__scan *s, const char *text, size_t at)
{
    while (at) {
        uint32_t c;
        const size_t n = bert__utf8_before(text, 0, at, &c);
        const int letter = n ? bert__sigma_letter(s->basic, c) : -1;    /* what is not UTF-8 does not count */
        if (letter >= 0) return letter;
        at -= n ? n : 1;
    }
    return s->before;
}
BERT__FN int bert__final_sigma(const bert__scan *s, const char *text, size_t at, size_t size, int final)
{
    size_t i = at + 2;
    if (!bert__letter_before(s, text, at)) return 0;
    while (i < size) {
        uint32_t c;
        int letter, n = bert__utf8_get((const unsigned char *)text + i, size - i, &c);
        if (n < 0 && !final) break;
        if (n <= 0) { i++; continue; }
        i += (size_t)n;
        letter = bert__sigma_letter(s->basic, c);
        if (letter >= 0) return !letter;
    }
    return final ? 1 : -1;
}

/* One code point the long way. */
BERT__NOINLINE void bert__push_mapped(bert__scan *s, uint32_t c, uint32_t facts, uint32_t role, int sigma, size_t begin, size_t end)
{
    const bert__basic *b = s->basic;
    uint32_t out[8];
    int i, n = 1;
    if (role == BERT__U_CJK) bert__flush(s);
    out[0] = c;
    if (sigma >= 0) out[0] = sigma ? 0x3C2 : 0x3C3;
    else if (facts & (BERT__U_LOWER | BERT__U_DECOMP)) n = bert__map(b, c, out);
    for (i = 0; i < n; i++) {
        uint32_t f = bert__facts(b, out[i]), r = f & BERT__U_CLASS;
        if (r == BERT__U_MARK && b->strip) {
            if (f & BERT__U_BARRIER) s->barrier = s->chars;
        } else if (r == BERT__U_PUNCT && b->split) {
            bert__flush(s);
            bert__append(s, out[i], begin, end);
            bert__flush(s);
        } else if (r == BERT__U_REORDER && b->strip) {
            bert__append_ordered(s, out[i], begin, end);
        } else {
            bert__append(s, out[i], begin, end);
        }
    }
    if (role == BERT__U_CJK) bert__flush(s);
}

/* Takes the code points of text[from, to) through all passes; the text goes on to `size` for those who look ahead.
   Returns where it stopped: at or a few bytes past `to`, or before it if an undecided character begins there. */
BERT__FN size_t bert__push(bert__scan *s, const char *text, size_t from, size_t to, size_t size, int final)
{
    const bert__basic *b = s->basic;
    size_t i = from, stop;
    while (i < to && !s->stopped) {
        uint32_t c, facts, role;
        int sigma = -1, n = bert__utf8_get((const unsigned char *)text + i, size - i, &c);
        if (n <= 0) {
            if (n < 0 && !final) return i;
            i++;
            continue;
        }
        if (c < BERT__QUICK) {
            uint32_t q = b->quick[c];
            if (q < BERT__QUICK_DROP) { bert__append(s, q, s->base + i, s->base + i + (size_t)n); i += (size_t)n; continue; }
            if (q == BERT__QUICK_DROP) { i += (size_t)n; continue; }
        }
        facts = bert__facts(b, c);
        role = bert__role(b, c, facts);
        if (s->singles && (role == BERT__U_CJK || role == BERT__U_PUNCT)) {
            bert__flush(s);
            stop = s->singles(s, text, i, to);
            if (stop > i) { i = stop; continue; }
        }
        if (role == BERT__U_SPACE) {
            bert__flush(s);
        } else if (role != BERT__U_DROP) {
            if (c == 0x3A3 && b->lower && !b->hf) {
                sigma = bert__final_sigma(s, text, i, size, final);
                if (sigma < 0) return i;
            }
            bert__push_mapped(s, c, facts, role, sigma, s->base + i, s->base + i + (size_t)n);
        }
        i += (size_t)n;
    }
    return i;
}

/* A chunk of text, split at ASCII white space and punctuation. */
#define BERT__CHUNK 1024
#define BERT__ODD 0xFE                  /* stands for a byte that needs the long way */
typedef struct bert__chunk {
    uint32_t count;                     /* words and punctuation marks */
    int32_t word_first;                 /* byte 0 is in a word; so a word in progress goes on */
    int32_t word_last;                  /* and the last byte */
    uint16_t start[BERT__CHUNK + 16], end[BERT__CHUNK + 16];
    char lower[16 + BERT__CHUNK + 64 + 16];     /* the bytes at 16, lower-cased if asked; key loads read around them */
} bert__chunk;

/* Classifies 64 bytes: bits of word bytes and of punctuation; what is neither is white space. */
#if defined(BERT__SSE2)
BERT__INLINE void bert__classify(const char *p, char *out, int lower, uint64_t *word, uint64_t *punct)
{
    const __m128i fold = _mm_set1_epi8((char)(lower ? 0x20 : 0));
    uint64_t w = 0, q = 0;
    int i;
    for (i = 0; i < 4; i++) {
        __m128i x = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i));
        /* a <= x <= b for unsigned bytes: x - (a + 128) < b - a - 127 for signed ones */
#define BERT__IN(a, b) _mm_cmplt_epi8(_mm_sub_epi8(x, _mm_set1_epi8((char)((a) + 128))), _mm_set1_epi8((char)((b) - (a) - 127)))
        __m128i upper = BERT__IN('A', 'Z'), letter = _mm_or_si128(upper, BERT__IN('a', 'z'));
        __m128i blank = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(x, _mm_set1_epi8(' ')), _mm_cmpeq_epi8(x, _mm_set1_epi8('\r'))), BERT__IN('\t', '\n'));
        __m128i odd = _mm_andnot_si128(blank, _mm_or_si128(_mm_cmplt_epi8(x, _mm_set1_epi8(0x20)), _mm_cmpeq_epi8(x, _mm_set1_epi8(0x7F))));
        __m128i in = _mm_or_si128(_mm_or_si128(letter, BERT__IN('0', '9')), odd);
#undef BERT__IN
        __m128i y = _mm_add_epi8(x, _mm_and_si128(upper, fold));
        y = _mm_or_si128(_mm_andnot_si128(odd, y), _mm_and_si128(odd, _mm_set1_epi8((char)BERT__ODD)));
        _mm_storeu_si128((__m128i *)(void *)(out + 16 * i), y);
        w |= (uint64_t)(uint32_t)_mm_movemask_epi8(in) << (16 * i);
        q |= (uint64_t)(uint32_t)(~_mm_movemask_epi8(_mm_or_si128(in, blank)) & 0xFFFF) << (16 * i);
    }
    *word = w;
    *punct = q;
}
#elif defined(BERT__NEON)
BERT__INLINE uint64_t bert__neon_mask(const uint8x16_t v[4])
{
    static const uint8_t weights[16] = { 1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128 };
    const uint8x16_t bit = vld1q_u8(weights);
    uint8x16_t a = vpaddq_u8(vandq_u8(v[0], bit), vandq_u8(v[1], bit)), b = vpaddq_u8(vandq_u8(v[2], bit), vandq_u8(v[3], bit));
    a = vpaddq_u8(a, b);
    a = vpaddq_u8(a, a);
    return vgetq_lane_u64(vreinterpretq_u64_u8(a), 0);
}
BERT__INLINE void bert__classify(const char *p, char *out, int lower, uint64_t *word, uint64_t *punct)
{
    uint8x16_t in[4], other[4];
    int i;
    for (i = 0; i < 4; i++) {
        uint8x16_t x = vld1q_u8((const uint8_t *)(const void *)(p + 16 * i)), y;
#define BERT__IN(a, b) vcleq_u8(vsubq_u8(x, vdupq_n_u8((uint8_t)(a))), vdupq_n_u8((uint8_t)((b) - (a))))
        uint8x16_t upper = BERT__IN('A', 'Z'), letter = vorrq_u8(upper, BERT__IN('a', 'z'));
        uint8x16_t blank = vorrq_u8(vorrq_u8(vceqq_u8(x, vdupq_n_u8(' ')), vceqq_u8(x, vdupq_n_u8('\r'))), BERT__IN('\t', '\n'));
        uint8x16_t odd = vbicq_u8(vorrq_u8(vcltq_u8(x, vdupq_n_u8(0x20)), vcgeq_u8(x, vdupq_n_u8(0x7F))), blank);
        in[i] = vorrq_u8(vorrq_u8(letter, BERT__IN('0', '9')), odd);
#undef BERT__IN
        other[i] = vmvnq_u8(vorrq_u8(in[i], blank));
        y = vaddq_u8(x, vandq_u8(upper, vdupq_n_u8((uint8_t)(lower ? 0x20 : 0))));
        vst1q_u8((uint8_t *)(void *)(out + 16 * i), vbslq_u8(odd, vdupq_n_u8(BERT__ODD), y));
    }
    *word = bert__neon_mask(in);
    *punct = bert__neon_mask(other);
}
#else
BERT__INLINE void bert__classify(const char *p, char *out, int lower, uint64_t *word, uint64_t *punct)
{
    uint64_t w = 0, q = 0;
    int i;
    for (i = 0; i < 64; i++) {
        unsigned char c = (unsigned char)p[i], low = (unsigned char)(c | 0x20);
        int blank = c == ' ' || c == '\t' || c == '\n' || c == '\r', odd = !blank && (c < 0x20 || c >= 0x7F);
        int letter = low >= 'a' && low <= 'z', in = letter || (c >= '0' && c <= '9') || odd;
        out[i] = (char)(odd ? BERT__ODD : letter && lower ? low : c);
        w |= (uint64_t)in << i;
        q |= (uint64_t)(!in && !blank) << i;
    }
    *word = w;
    *punct = q;
}
#endif

/* Writes the positions of the set bits, eight at a time: a branch for each bit would be mispredicted too often.
   May write up to 7 entries too many, which the next block overwrites. */
BERT__INLINE uint32_t bert__bits(uint64_t bits, uint32_t base, uint16_t *out, uint32_t n)
{
    uint64_t c = bits - (bits >> 1 & 0x5555555555555555u);              /* how many: pairs, nibbles, bytes, sum */
    uint32_t count, i, k;
    c = (c & 0x3333333333333333u) + (c >> 2 & 0x3333333333333333u);
    count = (uint32_t)(((c + (c >> 4)) & 0x0F0F0F0F0F0F0F0Fu) * 0x0101010101010101u >> 56);
    for (i = 0; i < count; i += 8) {
        for (k = 0; k < 8; k++) {
            out[n + i + k] = (uint16_t)(base + bert__ctz64(bits | (uint64_t)1 << 63));
            bits &= bits - 1;
        }
    }
    return n + count;
}

/* Splits text[0, n), n <= BERT__CHUNK. Word and punctuation starts and ends come in the same order, one each. */
BERT__NOINLINE void bert__split(bert__chunk *k, const char *text, size_t n, int lower)
{
    uint64_t word_before = 0, punct_before = 0;     /* bit 0: the byte before this block was one */
    uint64_t last_word = 0;
    uint32_t starts = 0, ends = 0;
    size_t at;
    k->word_first = 0;
    for (at = 0; at < n; at += 64) {
        uint64_t word, punct;
        if (n - at >= 64) {
            bert__classify(text + at, k->lower + 16 + at, lower, &word, &punct);
        } else {
            char tail[64];
            memset(tail, ' ', sizeof tail);
            memcpy(tail, text + at, n - at);
            bert__classify(tail, k->lower + 16 + at, lower, &word, &punct);
        }
        if (at == 0) k->word_first = (int32_t)(word & 1);
        starts = bert__bits((word & ~(word << 1 | word_before)) | punct, (uint32_t)at, k->start, starts);
        ends = bert__bits((~word & (word << 1 | word_before)) | (punct << 1 | punct_before), (uint32_t)at, k->end, ends);
        last_word = word;
        word_before = word >> 63;
        punct_before = punct >> 63;
    }
    if (n % 64 == 0 && (word_before | punct_before)) k->end[ends++] = (uint16_t)n;
    k->count = starts;
    k->word_last = (int32_t)(n % 64 ? last_word >> (n % 64 - 1) & 1 : word_before);
    BERT_ASSERT(starts == ends);
}

/* ============================================================================================================
   >>wordpiece
   Purpose   a word to pieces: the longest piece of the vocabulary that begins it, then the longest "##" piece that
             goes on, and so forth; [UNK] if any part has none.
   Uses      >>vocab.
   Promises  exactly tokenization.py's greedy match. Bytes serve as well as characters: tokens are valid UTF-8, so a
             match ends where a character ends.
   ============================================================================================================ */

/* The id of the piece that is p[at, at + n) (as a continuation if at > 0), or -1. p can be read 2 bytes before `at`
   and 16 behind, so "##" is laid over what stands there. */
BERT__INLINE int32_t bert__piece(const bert__vocab *v, const char *p, size_t at, size_t n)
{
    uint64_t lo, hi;
    char copy[BERT__WORD_MAX * 4 + 2];
    if (!at) {
        if (n > BERT__KEY_SHORT) return bert__find(v, p, n);
        bert__key(p, n, &lo, &hi);
        return bert__find_key(v, lo, hi);
    }
    if (n + 2 <= BERT__KEY_SHORT) {
        bert__key(p + at - 2, n + 2, &lo, &hi);
        return bert__find_key(v, (lo & ~(uint64_t)0xFFFF) | 0x2323, hi);
    }
    copy[0] = copy[1] = '#';
    memcpy(copy + 2, p + at, n);
    return bert__find(v, copy, n + 2);
}

/* The longest piece at `at` of a word of `size` bytes; sets *n to its length. */
BERT__FN int32_t bert__longest(const bert__vocab *v, const char *p, size_t at, size_t size, size_t *n)
{
    size_t left = size - at, k;
    int32_t id;
    if (left >= 4) {
        uint32_t lengths = v->lengths[at > 0][bert__lengths_of(p + at)];
        if (left < 35) lengths &= ((uint32_t)1 << (left - 3)) - 1;
        while (lengths) {
            const uint32_t bit = bert__top32(lengths);
            lengths ^= (uint32_t)1 << bit;
            if (bit < 31) {
                if ((id = bert__piece(v, p, at, *n = bit + 4)) >= 0) return id;
                continue;
            }
            for (k = left < (size_t)v->longest ? left : (size_t)v->longest; k >= 35; k--)
                if ((id = bert__piece(v, p, at, *n = k)) >= 0) return id;
        }
    }
    for (k = left < 3 ? left : 3; k > 0; k--)
        if ((id = bert__piece(v, p, at, *n = k)) >= 0) return id;
    return -1;
}

/* Cuts a word of at most BERT__WORD_MAX code points. ids[i] ends at byte cut[i]. Returns the number of pieces, or
   -1 - (where nothing matched) for [UNK]. */
BERT__FN int bert__pieces(const bert__vocab *v, const char *p, size_t size, int32_t *ids, uint16_t *cut)
{
    size_t at = 0, n = 0;
    int count = 0;
    while (at < size) {
        int32_t id = bert__longest(v, p, at, size, &n);
        if (id < 0) return -1 - (int)at;
        at += n;
        ids[count] = id;
        cut[count++] = (uint16_t)at;
    }
    return count;
}

/* ============================================================================================================
   >>encode
   Purpose   the tokenizer: opening, texts to tokens, pairs and windows, streams, decoding, explaining.
   Uses      all of the above.
   Promises  encoding allocates nothing. Tokens of a text do not depend on what is asked about them.
   ============================================================================================================ */

typedef struct bert__special {          /* a token that is matched in the raw text */
    const char *text;
    size_t size;
    int32_t id;
    uint8_t left, right, single;        /* takes the white space before, behind; only as a word of its own */
} bert__special;

struct bert_tokenizer {
    bert__vocab vocab;
    bert__special *specials;            /* [special_count] matched in texts */
    size_t special_count, special_longest;
    int special_only;                   /* the one such byte, or -1 */
    int special_takes_left;             /* one of them takes the white space before it */
    int32_t max_word;
    bert_special_ids ids;
    int32_t *drop;                      /* [drop_count] ids that decode leaves out on request */
    size_t drop_count;
    bert__arena arena;                  /* holds this struct too */
    bert_tokenizer_desc desc;           /* resolved */
    uint8_t special_first[256];         /* bytes that one of them begins with */
    bert__basic basic;
};

/* Where tokens go. */
typedef struct bert__out {
    const bert_tokenizer *tokenizer;
    bert_encoding *to;
    size_t count, limit;                /* tokens so far; stop soon after this many */
    size_t skip;                        /* leave out the first so many */
    size_t shift;                       /* first row to write */
    int inside;                         /* before the text at hand stands a character of a word (special tokens) */
    int32_t word;                       /* the index to give all tokens, or -1: count words */
    int plain;                          /* nothing but ids, begin, end and words is asked for */
    int unknown;                        /* a word needed [UNK] and the vocabulary has none */
    bert__scan scan;
} bert__out;

BERT__FN void bert__emit_at(bert__out *o, int32_t id, const bert__place *place, size_t word)
{
    bert_encoding *to = o->to;
    size_t i = o->count++;
    if (id < 0) o->unknown = 1;
    if (i < o->skip) return;
    i = i - o->skip + o->shift;
    if (i >= to->capacity) return;
    if (to->ids) to->ids[i] = id;
    if (to->begin) to->begin[i] = place->begin;
    if (to->end) to->end[i] = place->end;
    if (to->words) to->words[i] = o->word >= 0 ? o->word : (int32_t)word;
    if (to->char_begin) to->char_begin[i] = place->char_begin;
    if (to->char_end) to->char_end[i] = place->char_end;
}
BERT__FN void bert__emit(bert__out *o, int32_t id, size_t begin, size_t end, size_t word)
{
    bert__place place;
    place.begin = begin;
    place.end = end;
    place.char_begin = place.char_end = 0;
    if (o->scan.counting) {
        place.char_begin = bert__chars_before(&o->scan, begin, 1);
        place.char_end = bert__chars_before(&o->scan, end, 0);
    }
    bert__emit_at(o, id, &place, word);
}

/* Takes a word that went the long way. */
BERT__FN int bert__encode_word(bert__scan *s)
{
    bert__out *o = (bert__out *)s->user;
    const bert_tokenizer *t = o->tokenizer;
    int32_t ids[BERT__WORD_MAX];
    uint16_t cut[BERT__WORD_MAX];
    int n = -1, i;
    uint32_t from = 0;
    bert__place place;
    const char *p = s->room + 16;
    if (s->chars <= (uint32_t)t->max_word && !s->nul) n = bert__pieces(&t->vocab, p, s->size, ids, cut);
    if (n < 0) {
        place.begin = s->first;
        place.end = s->word_end;
        place.char_begin = s->first_char;
        place.char_end = s->word_end_char;
        bert__emit_at(o, t->ids.unk, &place, s->words);
    }
    for (i = 0; i < n; i++) {
        place = s->place[from];
        for (; s->at[from] < cut[i]; from++) {                          /* reordered marks: not the first and the last */
            const bert__place *k = s->place + from;
            if (k->begin < place.begin) { place.begin = k->begin; place.char_begin = k->char_begin; }
            if (k->end > place.end) { place.end = k->end; place.char_end = k->char_end; }
        }
        bert__emit_at(o, ids[i], &place, s->words);
    }
    return 0;
}

/* Characters that are words and stay what they are: ideographs, full-width punctuation. */
BERT__FN size_t bert__encode_singles(bert__scan *s, const char *text, size_t from, size_t to)
{
    bert__out *o = (bert__out *)s->user;
    const bert_tokenizer *t = o->tokenizer;
    size_t i = from;
    while (to - i >= 3) {
        const unsigned char *p = (const unsigned char *)text + i;
        uint32_t c = (uint32_t)(p[0] & 15) << 12 | (uint32_t)(p[1] & 63) << 6 | (p[2] & 63), facts, role, k = bert__single(c);
        int32_t id;
        if ((p[0] & 0xF0) != 0xE0 || (p[1] & 0xC0) != 0x80 || (p[2] & 0xC0) != 0x80 || k == BERT__SINGLE_COUNT) break;
        facts = bert__facts(&t->basic, c);
        role = bert__role(&t->basic, c, facts);
        if ((role != BERT__U_CJK && role != BERT__U_PUNCT) || (facts & (BERT__U_LOWER | BERT__U_DECOMP))) break;
        id = t->vocab.single[k];
        bert__emit(o, id >= 0 ? id : t->ids.unk, s->base + i, s->base + i + 3, s->words++);
        i += 3;
    }
    return i;
}

/* A word of ASCII that is not a token as a whole. */
BERT__NOINLINE void bert__encode_ascii(bert__out *o, const char *p, size_t n, size_t begin)
{
    const bert_tokenizer *t = o->tokenizer;
    int32_t ids[BERT__WORD_MAX];
    uint16_t cut[BERT__WORD_MAX];
    int count = -1, i;
    size_t from = 0;
    if (n <= (size_t)t->max_word) count = bert__pieces(&t->vocab, p, n, ids, cut);
    if (count < 0) bert__emit(o, t->ids.unk, begin, begin + n, o->scan.words);
    for (i = 0; i < count; i++) {
        bert__emit(o, ids[i], begin + from, begin + cut[i], o->scan.words);
        from = cut[i];
    }
}

/* Encodes text[0, size), which begins at scan.base. final 1: the text ends here; 0: more may come; 2: more may come, but
   decide about sigmas now. Returns the bytes that are done with; less than size only if not final. */
BERT__FN size_t bert__encode_run(bert__out *o, const char *text, size_t size, int final)
{
    bert__scan *s = &o->scan;
    const bert_tokenizer *t = o->tokenizer;
    const bert__basic *b = &t->basic;
    const bert__vocab *v = &t->vocab;
    int32_t *const ids = o->to->ids, *const words = o->to->words;
    size_t *const begins = o->to->begin, *const ends = o->to->end;
    const size_t capacity = o->to->capacity;
    const int plain = o->plain;
    const size_t whole = (size_t)(t->max_word < BERT__KEY_SHORT ? t->max_word : BERT__KEY_SHORT);
    bert__chunk k;
    size_t at = 0, row;
    if (!b->split) {
        at = bert__push(s, text, 0, size, size, final);
        if (final == 1) bert__flush(s);
        return at;
    }
    while (at < size && o->count < o->limit) {
        size_t n = size - at < BERT__CHUNK ? size - at : BERT__CHUNK, stop, done;
        const int last = at + n == size;
        uint32_t i = 0, count;
        int open;
        bert__split(&k, text + at, n, b->lower);
        count = k.count;
        open = k.word_last && !(last && final == 1);                    /* the last word may go on */
        if (s->chars && !k.word_first) bert__flush(s);
        if (s->chars) {                                                 /* the first word goes on from before */
            stop = at + k.end[0];
            done = bert__push(s, text, at, stop, size, final);
            if (done < stop) return done;
            if (!(open && count == 1)) bert__flush(s);
            if (done > at + n) { at = done; continue; }
            i = 1;
        }
        if (open && i < count) count--;
        else if (open) open = 0;
        row = o->count;
        while (i < count) {
            /* Sixteen words at a time: first all keys, so that the slots are on their way from memory together, then the
               look-ups. A mispredicted branch that has to wait for its slot first is what costs most here. */
            const uint32_t group = count - i < 16 ? count - i : 16;
            uint64_t lo[16], hi[16];
            size_t slot[16];
            uint32_t j;
            for (j = 0; j < group; j++) {
                const size_t start = k.start[i + j], len = k.end[i + j] - start;
                bert__key(k.lower + 16 + start, len <= whole ? len : 0, lo + j, hi + j);   /* no key is 0: not found */
                slot[j] = bert__slot_of(lo[j], hi[j], v->shift);
                BERT__PREFETCH(v->slots + slot[j]);
            }
            for (j = 0; j < group; j++, i++) {
                const size_t start = k.start[i], len = k.end[i] - start, begin = s->base + at + start;
                const char *p = k.lower + 16 + start;
                const int32_t id = bert__find_from(v, slot[j], lo[j], hi[j]);
                if (BERT__LIKELY(id >= 0)) {
                    if (BERT__LIKELY(plain)) {
                        if (row < capacity) {
                            if (ids) ids[row] = id;
                            if (begins) begins[row] = begin;
                            if (ends) ends[row] = begin + len;
                            if (words) words[row] = (int32_t)s->words;
                        }
                        row++;
                    } else {
                        bert__emit(o, id, begin, begin + len, s->words);
                    }
                    s->words++;
                    continue;
                }
                if (plain) o->count = row;
                if (!memchr(p, BERT__ODD, len)) {
                    bert__encode_ascii(o, p, len, begin);
                    s->words++;
                } else {
                    stop = at + k.end[i];
                    done = bert__push(s, text, at + start, stop, size, final);
                    if (done < stop) return done;
                    bert__flush(s);
                }
                row = o->count;
            }
        }
        if (plain) o->count = row;
        if (open) {
            const size_t start = k.start[count];
            if (start && !last && !memchr(k.lower + 16 + start, BERT__ODD, n - start)) { at += start; continue; }
            done = bert__push(s, text, at + start, at + n, size, final);
            if (done < at + n) return done;
            at = done;
        } else {
            at += n;
        }
    }
    if (final == 1) bert__flush(s);
    return at < size && o->count >= o->limit ? size : at;
}

BERT__FN int bert__word_character(const bert__basic *b, uint32_t c)
{
    uint32_t role = bert__facts(b, c) & BERT__U_CLASS;
    return c == '_' || role == BERT__U_OTHER || role == BERT__U_CJK || role == BERT__U_MARK || role == BERT__U_REORDER;
}
BERT__FN int bert__word_before(const bert__basic *b, const char *text, size_t from, size_t at)
{
    uint32_t c;
    return bert__utf8_before(text, from, at, &c) && bert__word_character(b, c);
}
/* Bytes of white space before `at` in a text that begins at `from`. */
BERT__FN size_t bert__space_before(const char *text, size_t from, size_t at)
{
    size_t i = at, n;
    uint32_t c;
    while ((n = bert__utf8_before(text, from, i, &c)) > 0 && bert__is_python_space(c)) i -= n;
    return at - i;
}

/* The next special token in text[from, size): its index, or -1; *at and *end get its place, white space it takes
   included. The leftmost wins, then the longest. inside: before `from` stands a character of a word. */
BERT__FN int bert__find_special(const bert_tokenizer *t, const char *text, size_t from, size_t size, int inside, size_t *at, size_t *end)
{
    size_t i, k, j;
    uint32_t c;
    for (i = t->special_count ? from : size; i < size; i++) {
        int best = -1;
        if (t->special_only >= 0) {
            const char *p = (const char *)memchr(text + i, t->special_only, size - i);
            if (!p) return -1;
            i = (size_t)(p - text);
        } else if (!t->special_first[(unsigned char)text[i]]) {
            continue;
        }
        for (k = 0; k < t->special_count; k++) {
            const bert__special *x = t->specials + k;
            if (x->size > size - i || memcmp(text + i, x->text, x->size) != 0) continue;
            if (best >= 0 && t->specials[best].size >= x->size) continue;
            if (x->single) {
                if (i > from ? bert__word_before(&t->basic, text, from, i) : inside) continue;
                j = i + x->size;
                if (j < size && bert__utf8_get((const unsigned char *)text + j, size - j, &c) > 0 && bert__word_character(&t->basic, c)) continue;
            }
            best = (int)k;
        }
        if (best < 0) continue;
        *at = i;
        *end = i + t->specials[best].size;
        if (t->specials[best].left) *at -= bert__space_before(text, from, i);
        while (t->specials[best].right && *end < size) {
            int n = bert__utf8_get((const unsigned char *)text + *end, size - *end, &c);
            if (n <= 0 || !bert__is_python_space(c)) break;
            *end += (size_t)n;
        }
        return best;
    }
    return -1;
}

/* As bert__encode_run, with special tokens taken out first: what stands between them is text of its own. */
BERT__FN size_t bert__encode_some(bert__out *o, const char *text, size_t size, int final)
{
    const bert_tokenizer *t = o->tokenizer;
    const size_t base = o->scan.base;
    size_t from = 0, at = 0, end = 0, done, hold = size, k;
    uint32_t c;
    int found;
    if (!text) text = "";                                               /* of no bytes; C forbids even NULL + 0 */
    o->scan.text = text;
    o->scan.text_base = base;
    o->scan.text_size = size;
    while ((found = bert__find_special(t, text, from, size, o->inside, &at, &end)) >= 0) {
        /* a longer one may begin here, white space follow, or the rest of a character; but a full buffer cannot wait */
        if (final != 1 && (size - end < 4 || size - at < t->special_longest) && !(final == 2 && !from && !at)) break;
        o->scan.base = base + from;
        bert__encode_run(o, text + from, at - from, 1);
        bert__emit(o, t->specials[found].id, base + at, base + end, o->scan.words++);
        o->scan.before = o->inside = 0;
        from = end;
    }
    if (final != 1) {                                                   /* keep back what may be the start of one */
        size_t tail = size - from < t->special_longest ? from : size - t->special_longest;
        if (found >= 0 && at < hold) hold = at;
        for (; tail < hold; tail++) if (t->special_first[(unsigned char)text[tail]]) hold = tail;
        if (t->special_takes_left) {                                    /* the white space before it, or a part of one */
            for (k = 3; k; k--) if (k <= hold - from && bert__utf8_get((const unsigned char *)text + hold - k, k, &c) < 0) hold -= k;
            hold -= bert__space_before(text, from, hold);
        }
        if (!hold && final == 2) hold = size;
    }
    o->scan.base = base + from;
    done = bert__encode_run(o, text + from, hold - from, final);
    if (final != 1) o->scan.before = bert__letter_before(&o->scan, text + from, done);
    if (done) o->inside = bert__word_before(&t->basic, text, from, from + done);
    o->scan.base = base + from + done;
    return from + done;
}

BERT__FN void bert__out_columns(bert__out *o, bert_encoding *to)
{
    o->to = to;
    o->scan.counting = to->char_begin || to->char_end;
    o->plain = !o->scan.counting && !o->skip && !o->shift && o->word < 0;
}
BERT__FN void bert__out_init(bert__out *o, const bert_tokenizer *t, bert_encoding *to)
{
    bert__scan_init(&o->scan, &t->basic, bert__encode_word, o);
    if (t->basic.split) o->scan.singles = bert__encode_singles;
    o->tokenizer = t;
    o->count = o->skip = o->shift = 0;
    o->limit = SIZE_MAX;
    o->word = -1;
    o->unknown = o->inside = 0;
    bert__out_columns(o, to);
}
/* Begins another text with the same output. */
BERT__NOINLINE void bert__out_restart(bert__out *o)
{
    o->scan.base = o->scan.words = 0;
    o->scan.before = o->inside = 0;
    o->scan.mark = o->scan.marked = 0;
}
/* SPACE if somebody wanted rows that did not fit; a call without columns only counts. */
BERT__FN bert_status bert__room_status(const bert_encoding *to)
{
    int wanted = to->ids || to->segment_ids || to->words || to->begin || to->end || to->char_begin || to->char_end;
    return wanted && to->count > to->capacity ? BERT_ERROR_SPACE : BERT_OK;
}
BERT__FN bert_status bert__out_status(const bert__out *o)
{
    return o->unknown ? BERT_ERROR_MISMATCH : bert__room_status(o->to);     /* a word needs [UNK], and there is none */
}
BERT__APART void bert__fill_segments(bert_encoding *to, size_t from, size_t count, int32_t segment)
{
    size_t i;
    if (to->segment_ids) for (i = from; i < from + count && i < to->capacity; i++) to->segment_ids[i] = segment;
}

BERT_API bert_status bert_tokenizer_encode(const bert_tokenizer *tokenizer, const char *text, size_t size, bert_encoding *out)
{
    bert__out o;
    if (!tokenizer || !out || (!text && size)) return BERT_ERROR_ARGUMENT;
    bert__out_init(&o, tokenizer, out);
    bert__encode_some(&o, text, size, 1);
    out->count = o.count;
    bert__fill_segments(out, 0, o.count, 0);
    return bert__out_status(&o);
}

BERT_API bert_status bert_tokenizer_encode_words(const bert_tokenizer *tokenizer, const char *const *words, const size_t *sizes,
                                                 size_t count, bert_encoding *out)
{
    bert__out o;
    size_t i;
    if (!tokenizer || !out || (count && (!words || !sizes)) || count > INT32_MAX) return BERT_ERROR_ARGUMENT;
    bert__out_init(&o, tokenizer, out);
    for (i = 0; i < count; i++) {
        bert__out_restart(&o);
        o.word = (int32_t)i;
        o.plain = 0;
        bert__encode_some(&o, words[i], sizes[i], 1);
    }
    out->count = o.count;
    bert__fill_segments(out, 0, o.count, 0);
    return bert__out_status(&o);
}

/* How many tokens of each side stay when na + nb, which are more, must become `budget`. Google: pop from the longer, from b on a
   tie. HF: the shorter side stays whole while it can, else halves, the odd token to b unless b is the shorter. */
BERT__NOINLINE void bert__longest_first(size_t *na, size_t *nb, size_t budget, int hf)
{
    size_t a = *na, b = *nb, excess, cut;
    if (hf) {
        size_t shorter = a > b ? b : a, longer;
        if (shorter > budget) longer = shorter;
        else longer = shorter > budget - shorter ? shorter : budget - shorter;
        if (shorter + longer > budget) { shorter = budget / 2; longer = shorter + budget % 2; }
        *na = a > b ? longer : shorter;
        *nb = a > b ? shorter : longer;
        return;
    }
    excess = a + b - budget;
    cut = a > b ? a - b : b - a;
    if (cut > excess) cut = excess;
    if (a > b) a -= cut; else b -= cut;
    excess -= cut;
    *na = a - excess / 2;
    *nb = b - (excess + 1) / 2;
}

/* What stays of each side, by the desc. */
BERT__FN bert_status bert__budget(const bert_tokenizer *t, const bert_pair_desc *d, size_t *na, size_t *nb, int pair)
{
    bert_error *e = d->error;
    size_t specials = pair ? 3 : 2, budget;
    if (!d->max_tokens || *na + *nb + specials <= d->max_tokens) return BERT_OK;
    if (d->max_tokens < specials)
        return bert__fail(e, BERT_ERROR_ARGUMENT, NULL, -1, "max_tokens is %zu, but [CLS] and [SEP] alone are %zu", d->max_tokens, specials);
    budget = d->max_tokens - specials;
    switch (d->truncation) {
    case BERT_TRUNCATE_LONGEST: bert__longest_first(na, nb, budget, t->basic.hf); return BERT_OK;
    case BERT_TRUNCATE_FIRST:
        if (*nb >= budget && pair) break;
        *na = budget - *nb;
        return BERT_OK;
    case BERT_TRUNCATE_SECOND:
        if (!pair || *na >= budget) break;
        *nb = budget - *na;
        return BERT_OK;
    case BERT_TRUNCATE_ERROR: break;
    default: return bert__bad_argument(e, "truncation is none of its values");
    }
    return bert__fail(e, BERT_ERROR_TOO_LONG, NULL, -1, "%zu and %zu tokens and %zu special ones do not fit in %zu the way truncation asks", *na, *nb, specials, d->max_tokens);
}

/* The windows of n tokens, `keep` at a time, neighbours sharing `stride`. */
BERT__NOINLINE size_t bert__parts(size_t n, size_t keep, size_t stride)
{
    return n <= keep || !keep ? 1 : 1 + (n - keep + (keep - stride) - 1) / (keep - stride);
}

/* Copies rows [from, from + n) of one encoding to row `at` of another; zeros where it lacks the column. */
BERT__NOINLINE void bert__copy_rows(bert_encoding *to, size_t at, const bert_encoding *src, size_t from, size_t n, int32_t segment)
{
#define BERT__COLUMN(name) { (unsigned char)offsetof(bert_encoding, name), (unsigned char)sizeof *src->name }
    static const unsigned char columns[][2] = { BERT__COLUMN(ids), BERT__COLUMN(words), BERT__COLUMN(begin), BERT__COLUMN(end), BERT__COLUMN(char_begin), BERT__COLUMN(char_end) };
#undef BERT__COLUMN
    size_t k;
    if (at >= to->capacity) return;
    if (n > to->capacity - at) n = to->capacity - at;
    for (k = 0; k < sizeof columns / sizeof *columns; k++) {
        const size_t width = columns[k][1];
        const char *rows;
        char *p;
        memcpy(&p, (char *)to + columns[k][0], sizeof p);
        memcpy(&rows, (const char *)src + columns[k][0], sizeof rows);
        if (!p) continue;
        if (rows) memcpy(p + at * width, rows + from * width, n * width);
        else memset(p + at * width, 0, n * width);
    }
    bert__fill_segments(to, at, n, segment);
}
/* [CLS] or [SEP] in row `at`. */
BERT__FN void bert__put_special(bert_encoding *to, size_t at, int32_t id, int32_t segment)
{
    bert_encoding one;
    int32_t no_word = -1;
    memset(&one, 0, sizeof one);
    one.ids = &id;
    one.words = &no_word;
    bert__copy_rows(to, at, &one, 0, 1, segment);
}
BERT__FN bert_status bert__need_specials(const bert_tokenizer *t, bert_error *e)
{
    if (t->ids.cls >= 0 && t->ids.sep >= 0) return BERT_OK;
    return bert__fail(e, BERT_ERROR_MISMATCH, NULL, -1, "the vocabulary has no %s; encode without [CLS] and [SEP], or name yours in cls_token and sep_token",
                      t->ids.cls < 0 ? t->desc.cls_token : t->desc.sep_token);
}

static const bert_pair_desc bert__pair_default = { 0, 0, 0, BERT_TRUNCATE_LONGEST, BERT_DEFAULT, NULL };

BERT_API bert_status bert_encoding_join(const bert_tokenizer *tokenizer, const bert_pair_desc *desc, const bert_encoding *a,
                                        const bert_encoding *b, bert_encoding *out, size_t *windows)
{
    const bert_pair_desc *d = desc ? desc : &bert__pair_default;
    size_t ka, kb, parts_a, parts_b, i = 0, j = 0, w, from, n, row = 0;
    bert_status st;
    if (!tokenizer || !a || !out) return bert__bad_argument(d->error, "bert_encoding_join needs a tokenizer, a first text and a place for the result");
    if ((st = bert__need_specials(tokenizer, d->error)) != BERT_OK) return st;
    ka = a->count;
    kb = b ? b->count : 0;
    if ((st = bert__budget(tokenizer, d, &ka, &kb, b != NULL)) != BERT_OK) return st;
    if ((ka < a->count && ka && d->stride >= ka) || (b && kb < b->count && kb && d->stride >= kb))
        return bert__fail(d->error, BERT_ERROR_ARGUMENT, NULL, -1, "stride is %zu, but a window holds only %zu tokens of the text it cuts; lower the stride or raise max_tokens",
                          d->stride, ka < a->count && ka ? ka : kb);
    parts_a = bert__parts(a->count, ka, d->stride);
    parts_b = b ? bert__parts(b->count, kb, d->stride) : 1;
    if (windows) *windows = parts_a * parts_b;
    if (d->window >= parts_a * parts_b) return bert__bad_argument(d->error, "there is no such window; ask for their number");
    /* HF's order: both first parts; each further part of a with all of b; the first of a with the further ones of b */
    w = d->window;
    if (w && w <= (parts_a - 1) * parts_b) { i = 1 + (w - 1) / parts_b; j = (w - 1) % parts_b; }
    else if (w) j = w - (parts_a - 1) * parts_b;
    bert__put_special(out, row++, tokenizer->ids.cls, 0);
    for (w = 0; w < (b ? 2u : 1u); w++) {
        const bert_encoding *src = w ? b : a;
        size_t keep = w ? kb : ka, step = (w ? j : i) * (keep - (keep < src->count && keep ? d->stride : 0));
        from = step;
        n = src->count - step < keep ? src->count - step : keep;
        if (d->left == BERT_ON) from = src->count - step - n;
        bert__copy_rows(out, row, src, from, n, (int32_t)w);
        row += n;
        bert__put_special(out, row++, tokenizer->ids.sep, (int32_t)w);
    }
    out->count = row;
    return bert__room_status(out);
}

BERT_API bert_status bert_tokenizer_encode_pair(const bert_tokenizer *tokenizer, const bert_pair_desc *desc, const char *a,
                                                size_t a_size, const char *b, size_t b_size, bert_encoding *out)
{
    const bert_pair_desc *d = desc ? desc : &bert__pair_default;
    bert_encoding none;
    bert__out o;
    size_t n[2] = { 0, 0 }, keep[2], row = 0;
    int side, sides = b ? 2 : 1;
    bert_status st;
    memset(&none, 0, sizeof none);
    if (!tokenizer || !out || (!a && a_size)) return bert__bad_argument(d->error, "bert_tokenizer_encode_pair needs a tokenizer, a text and a place for the result");
    if (d->window) return bert__bad_argument(d->error, "bert_tokenizer_encode_pair gives window 0 only; for others encode the texts and call bert_encoding_join");
    if ((st = bert__need_specials(tokenizer, d->error)) != BERT_OK) return st;
    if (d->max_tokens) {                                                 /* count first: what stays depends on both */
        for (side = 0; side < sides; side++) {
            bert__out_init(&o, tokenizer, &none);
            if (d->left != BERT_ON && d->truncation == BERT_TRUNCATE_LONGEST) o.limit = d->max_tokens;
            bert__encode_some(&o, side ? b : a, side ? b_size : a_size, 1);
            n[side] = o.count;
        }
        keep[0] = n[0];
        keep[1] = n[1];
        if ((st = bert__budget(tokenizer, d, keep, keep + 1, b != NULL)) != BERT_OK) return st;
    } else {
        keep[0] = keep[1] = SIZE_MAX;
    }
    bert__put_special(out, row++, tokenizer->ids.cls, 0);
    for (side = 0; side < sides; side++) {
        bert_encoding to = *out;
        size_t room = out->capacity - (row < out->capacity ? row : out->capacity), kept;
        to.capacity = keep[side] < room ? row + keep[side] : out->capacity;
        bert__out_init(&o, tokenizer, &to);
        o.plain = 0;
        o.shift = row;
        if (d->left == BERT_ON && keep[side] < n[side]) o.skip = n[side] - keep[side];
        else if (keep[side] != SIZE_MAX) o.limit = keep[side];
        bert__encode_some(&o, side ? b : a, side ? b_size : a_size, 1);
        if (o.unknown) return bert__fail(d->error, BERT_ERROR_MISMATCH, NULL, -1, "a word is not in the vocabulary, and it has no %s", tokenizer->desc.unk_token);
        kept = o.count - o.skip < keep[side] ? o.count - o.skip : keep[side];
        bert__fill_segments(out, row, kept, side);
        row += kept;
        bert__put_special(out, row++, tokenizer->ids.sep, side);
    }
    out->count = row;
    return bert__room_status(out);
}

BERT_API void bert_encoding_word_starts(const bert_encoding *encoding, int32_t segment, int32_t *starts, size_t word_count)
{
    size_t i;
    for (i = 0; i < word_count; i++) starts[i] = -1;
    if (!encoding || !encoding->words) return;
    for (i = 0; i < encoding->count && i < encoding->capacity; i++) {
        int32_t w = encoding->words[i];
        if (encoding->segment_ids && encoding->segment_ids[i] != segment) continue;
        if (w >= 0 && (size_t)w < word_count && starts[w] < 0) starts[w] = (int32_t)i;
    }
}

/* ---- words ---- */

typedef struct bert__words_state { bert_word_fn fn; void *user; } bert__words_state;

BERT__FN int bert__give_word(bert__scan *s)
{
    bert__words_state *w = (bert__words_state *)s->user;
    bert_word word;
    word.text = s->room + 16;
    word.size = s->size;
    word.begin = s->first;
    word.end = s->word_end;
    word.more = s->more;
    return w->fn(w->user, &word);
}
/* The words of text[from, to), a text of its own. */
BERT__FN bert_status bert__basic_words(const bert__basic *b, const char *text, size_t from, size_t to, bert_word_fn fn, void *user)
{
    bert__scan s;
    bert__words_state w;
    if (!text) text = "";                                               /* of no bytes; C forbids even NULL + 0 */
    w.fn = fn;
    w.user = user;
    bert__scan_init(&s, b, bert__give_word, &w);
    s.whole = 1;
    s.base = from;
    bert__push(&s, text + from, 0, to - from, to - from, 1);
    bert__flush(&s);
    return s.stopped ? BERT_ERROR_STOPPED : BERT_OK;
}
BERT_API bert_status bert_tokenizer_words(const bert_tokenizer *tokenizer, const char *text, size_t size, bert_word_fn fn, void *user)
{
    size_t from = 0, at, end;
    if (!tokenizer || (!text && size) || !fn) return BERT_ERROR_ARGUMENT;
    for (;;) {                                                          /* special tokens are words as they stand */
        int found = bert__find_special(tokenizer, text, from, size, 0, &at, &end);
        bert_status st = bert__basic_words(&tokenizer->basic, text, from, found >= 0 ? at : size, fn, user);
        bert_word word;
        if (found < 0 || st != BERT_OK) return st;
        word.text = text + at;
        word.size = end - at;
        word.begin = at;
        word.end = end;
        word.more = 0;
        if (fn(user, &word)) return BERT_ERROR_STOPPED;
        from = end;
    }
}

/* ---- streams ---- */

#define BERT__STREAM_BYTES 65536

struct bert_stream {
    bert_allocator allocator;
    size_t pending;                     /* bytes in the buffer that are not decided yet */
    int spoiled;
    bert__out out;
    char buffer[BERT__STREAM_BYTES];
};

BERT__FN void bert__stream_reset(bert_stream *s)
{
    const bert_tokenizer *t = s->out.tokenizer;
    static const bert_encoding none = { 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL };
    bert_encoding nothing = none;
    bert__out_init(&s->out, t, &nothing);
    s->out.to = NULL;
    s->pending = 0;
    s->spoiled = 0;
}
BERT_API bert_status bert_stream_open(const bert_tokenizer *tokenizer, const bert_allocator *allocator, bert_stream **out)
{
    bert_allocator a = bert__allocator(allocator);
    bert_stream *s;
    if (!tokenizer || !out) return BERT_ERROR_ARGUMENT;
    s = (bert_stream *)bert__alloc(&a, sizeof *s);
    if (!s) return BERT_ERROR_MEMORY;
    s->allocator = a;
    s->out.tokenizer = tokenizer;
    bert__stream_reset(s);
    *out = s;
    return BERT_OK;
}
BERT_API void bert_stream_close(bert_stream *stream)
{
    bert_allocator a;
    if (!stream) return;
    a = stream->allocator;
    bert__free(&a, stream);
}

/* Encodes what is certain of the buffer and moves the rest to its front. */
BERT__FN void bert__stream_work(bert_stream *s, int final)
{
    bert__out *o = &s->out;
    size_t done = bert__encode_some(o, s->buffer, s->pending, final);
    if (!done && s->pending == BERT__STREAM_BYTES) done = bert__encode_some(o, s->buffer, s->pending, 2);
    if (o->scan.counting) bert__chars_before(&o->scan, o->scan.base, 1);   /* the bytes go: count their code points now */
    memmove(s->buffer, s->buffer + done, s->pending - done);
    s->pending -= done;
}
BERT__FN bert_status bert__stream_end(bert_stream *s, bert_encoding *out)
{
    bert_status st;
    out->count = s->out.count;
    bert__fill_segments(out, 0, out->count, 0);
    st = bert__out_status(&s->out);
    if (st != BERT_OK) s->spoiled = 1;
    return st;
}
BERT_API bert_status bert_stream_feed(bert_stream *stream, const char *text, size_t size, bert_encoding *out)
{
    bert_stream *s = stream;
    if (!s || !out || (!text && size)) return BERT_ERROR_ARGUMENT;
    if (s->spoiled) return BERT_ERROR_ARGUMENT;
    bert__out_columns(&s->out, out);
    s->out.count = 0;
    while (size) {
        size_t n = BERT__STREAM_BYTES - s->pending < size ? BERT__STREAM_BYTES - s->pending : size;
        memcpy(s->buffer + s->pending, text, n);
        s->pending += n;
        text += n;
        size -= n;
        bert__stream_work(s, 0);
    }
    return bert__stream_end(s, out);
}
BERT_API bert_status bert_stream_finish(bert_stream *stream, bert_encoding *out)
{
    bert_status st = BERT_ERROR_ARGUMENT;
    if (!stream || !out) return st;
    if (!stream->spoiled) {
        bert__out_columns(&stream->out, out);
        stream->out.count = 0;
        bert__stream_work(stream, 1);
        st = bert__stream_end(stream, out);
    }
    bert__stream_reset(stream);
    return st;
}

/* ---- opening ---- */

/* What the files say, before the desc overrides it. */
typedef struct bert__source {
    bert_allocator allocator;
    bert_error *error;
    bert__line *lines;                  /* [count] the tokens by id */
    size_t count;
    const char *path;                   /* of the vocabulary, for messages; or NULL */
    const bert_json *added;             /* tokenizer.json's added_tokens */
    bert_tokenizer_desc d;              /* resolved so far */
    bert_json_doc doc, config;          /* tokenizer.json; tokenizer_config.json */
    bert_file file, config_file;
    char full[1024];
} bert__source;

BERT__FN void bert__source_free(bert__source *s)
{
    bert_json_free(&s->doc);
    bert_json_free(&s->config);
    bert_file_close(&s->file);
    bert_file_close(&s->config_file);
    bert__free(&s->allocator, s->lines);
}

BERT__FN int bert__is_on(const bert_json *object, const char *key)
{
    const bert_json *v = bert_json_get(object, key);
    return v && v->type == 't';
}
BERT__FN int bert__has_type(const bert_json *object, const char *type) { return bert_json_is(bert_json_get(object, "type"), type); }
BERT__NOINLINE const bert_json *bert__first(const bert_json *v) { return v ? v->first : NULL; }

/* A token's name in tokenizer_config.json: a string, or an object with its content. */
BERT__APART const char *bert__token_name(const bert_json *v)
{
    if (v && v->type == 'o') v = bert_json_get(v, "content");
    return v && v->type == 's' ? v->text : NULL;
}
/* The flags that the desc leaves open, by their five names in this object, each with a NUL after it. */
BERT__NOINLINE void bert__take_flags(bert_tokenizer_desc *d, const bert_json *object, const char *key)
{
    bert_flag *flags[5];
    int i;
    flags[0] = &d->lower_case; flags[1] = &d->strip_accents; flags[2] = &d->cjk; flags[3] = &d->clean; flags[4] = &d->basic;
    for (i = 0; i < 5; i++, key += strlen(key) + 1) {
        const bert_json *v = bert_json_get(object, key);
        if (!*flags[i] && v && (v->type == 't' || v->type == 'f')) *flags[i] = v->type == 't' ? BERT_ON : BERT_OFF;
    }
}
BERT__NOINLINE void bert__take_name(const char **name, const char *other) { if (!*name) *name = other; }

/* The desc's names of the special tokens, in the order of bert_special_ids. */
BERT__NOINLINE void bert__names(bert_tokenizer_desc *d, const char **names[5])
{
    names[0] = &d->unk_token;
    names[1] = &d->cls_token;
    names[2] = &d->sep_token;
    names[3] = &d->pad_token;
    names[4] = &d->mask_token;
}
BERT__NOINLINE void bert__read_config(bert__source *s)
{
    static const char keys[][11] = { "unk_token", "cls_token", "sep_token", "pad_token", "mask_token" };
    const bert_json *c = s->config.root;
    const char **names[5];
    int i;
    bert__take_flags(&s->d, c, "do_lower_case\0strip_accents\0tokenize_chinese_chars\0-\0do_basic_tokenize\0");
    bert__names(&s->d, names);
    for (i = 0; i < 5; i++) bert__take_name(names[i], bert__token_name(bert_json_get(c, keys[i])));
}
BERT__FN bert_status bert__refuse(bert__source *s, const bert_json *at, const char *what)
{
    return bert__fail(s->error, BERT_ERROR_UNSUPPORTED, s->path, at ? (int64_t)at->offset : -1, "tokenizer.json: %s", what);
}

/* tokenizer.json: the flags, and the vocabulary as lines by id. What this library does not do is refused, not ignored. */
BERT__FN bert_status bert__read_tokenizer_json(bert__source *s)
{
    const bert_json *root = s->doc.root, *model = bert_json_get(root, "model"), *vocab = bert_json_get(model, "vocab"), *v, *x;
    size_t max = 0, bytes;
    int64_t id;
    int pass;
    if (!bert__has_type(model, "WordPiece") && bert_json_get(model, "type")) return bert__refuse(s, model, "the model is not WordPiece");
    if (!vocab || vocab->type != 'o') return bert__fail(s->error, BERT_ERROR_FORMAT, s->path, -1, "tokenizer.json: model.vocab is missing");
    v = bert_json_get(model, "continuing_subword_prefix");
    if (v && !bert_json_is(v, "##")) return bert__refuse(s, v, "only the prefix \"##\" is supported");
    bert__take_name(&s->d.unk_token, bert__token_name(bert_json_get(model, "unk_token")));
    if (!s->d.max_word && bert_json_int(bert_json_get(model, "max_input_chars_per_word"), &id))
        s->d.max_word = id < 1 ? 1 : id > BERT__WORD_MAX ? BERT__WORD_MAX : (int32_t)id;
    v = bert_json_get(root, "normalizer");
    if (!bert__has_type(v, "BertNormalizer")) return bert__refuse(s, v, "the normalizer is not BertNormalizer");
    bert__take_flags(&s->d, v, "lowercase\0strip_accents\0handle_chinese_chars\0clean_text\0-\0");
    v = bert_json_get(root, "pre_tokenizer");
    if (!bert__has_type(v, "BertPreTokenizer")) return bert__refuse(s, v, "the pre_tokenizer is not BertPreTokenizer");
    v = bert_json_get(root, "post_processor");
    if (bert__has_type(v, "BertProcessing")) {
        bert__take_name(&s->d.cls_token, bert__token_name(bert__first(bert_json_get(v, "cls"))));
        bert__take_name(&s->d.sep_token, bert__token_name(bert__first(bert_json_get(v, "sep"))));
    } else if (bert__has_type(v, "TemplateProcessing")) {
        const char *first = NULL, *last = NULL;
        for (x = bert__first(bert_json_get(v, "single")); x; x = x->next) {
            const bert_json *special = bert_json_get(bert_json_get(x, "SpecialToken"), "id");
            if (!special) continue;
            last = bert__token_name(special);
            if (!first) first = last;
        }
        bert__take_name(&s->d.cls_token, first);
        bert__take_name(&s->d.sep_token, last);
    }
    s->added = bert_json_get(root, "added_tokens");
    for (pass = 0; pass < 2; pass++) {                                  /* how many ids; then the tokens by id */
        for (v = vocab->first; v; v = v->next) {
            if (!bert_json_int(v, &id) || id < 0) return bert__fail(s->error, BERT_ERROR_FORMAT, s->path, (int64_t)v->offset, "tokenizer.json: the id of \"%s\" is no number from 0", v->key);
            if (pass) { s->lines[id].text = v->key; s->lines[id].size = v->key_size; }
            else if ((size_t)id + 1 > max) max = (size_t)id + 1;
        }
        for (v = bert__first(s->added); v; v = v->next) {
            x = bert_json_get(v, "content");
            if (!bert_json_int(bert_json_get(v, "id"), &id) || id < 0 || !x || x->type != 's') return bert__fail(s->error, BERT_ERROR_FORMAT, s->path, (int64_t)v->offset, "tokenizer.json: an added token without id or content");
            if (pass && !s->lines[id].text) { s->lines[id].text = x->text; s->lines[id].size = x->size; s->lines[id].apart = s->d.mode == BERT_TOKENIZER_HF; }
            /* Hugging Face finds it in the lower-cased, stripped text, inside words and across them; where specials are off, nobody looks */
            if (bert__is_on(v, "normalized") && (s->d.specials == BERT_ON || (!s->d.specials && s->d.mode == BERT_TOKENIZER_HF)))
                return bert__fail(s->error, BERT_ERROR_UNSUPPORTED, s->path, (int64_t)v->offset, "tokenizer.json: the added token \"%.*s\" has \"normalized\": true, which is not supported: set it to false, or turn specials off", 99, x->text);
            if (!pass && (size_t)id + 1 > max) max = (size_t)id + 1;
        }
        if (pass) break;
        if (max > vocab->count * 4 + (s->added ? s->added->count : 0) + 100000)
            return bert__fail(s->error, BERT_ERROR_FORMAT, s->path, -1, "tokenizer.json: ids go up to %zu, but there are only %zu tokens", max - 1, vocab->count);
        s->count = max;
        bytes = bert__mul(max + 1, sizeof(bert__line));
        s->lines = (bert__line *)bert__alloc(&s->allocator, bytes);
        if (!s->lines) return bert__fail(s->error, BERT_ERROR_MEMORY, s->path, -1, "out of memory for %zu tokens", max);
        memset(s->lines, 0, bytes);
    }
    return BERT_OK;
}

/* An object with a first member: {, a string in one line, ':'. A vocabulary whose first lines are { and " is none. */
BERT__FN int bert__looks_like_json(const char *text, size_t size)
{
    size_t i, step;
    for (i = 0, step = 0; i < size; i++) {
        const char c = text[i];
        if (step != 2 && (c == ' ' || c == '\t' || c == '\r' || c == '\n')) continue;
        if (step < 2) { if (c != "{\""[step]) return 0; step++; }
        else if (step == 3) return c == ':';
        else if (c == '\n') return 0;
        else if (c == '"') step++;
        else if (c == '\\') i++;
    }
    return 0;
}

/* Finds and reads the files, or takes the memory; fills lines, count and the flags. */
BERT__NOINLINE bert_status bert__read_source(bert__source *s)
{
    const char *text, *config = NULL;
    size_t size, bad, i;
    bert_status st;
    int json;
    s->path = s->d.path;
    if (!s->d.path == !s->d.data) return bert__bad_argument(s->error, "give the vocabulary either as path or as data and size");
    if (s->d.path) {
#ifndef BERT_NO_STDIO
        char beside[1024];
        if (bert__path_kind(s->d.path) == BERT__PATH_FOLDER) {
            static const char names[][15] = { "vocab.txt", "tokenizer.json" };
            const int first = s->d.mode != BERT_TOKENIZER_GOOGLE;
            if (!bert__beside(s->d.path, names[first], s->full, sizeof s->full) && !bert__beside(s->d.path, names[!first], s->full, sizeof s->full))
                return bert__fail(s->error, BERT_ERROR_IO, s->d.path, -1, "this directory has neither vocab.txt nor tokenizer.json");
            s->path = s->full;
            if (bert__beside(s->d.path, "tokenizer_config.json", beside, sizeof beside)) config = beside;
        }
#endif
        if ((st = bert_file_open(s->path, &s->allocator, &s->file, s->error)) != BERT_OK) return st;
        text = (const char *)s->file.data;
        size = s->file.size;
        if (config) {
            if ((st = bert_file_open(config, &s->allocator, &s->config_file, s->error)) != BERT_OK) return st;
            st = bert__json_read(config, (const char *)s->config_file.data, s->config_file.size, &s->allocator, &s->config, s->error);
            if (st != BERT_OK) return st;
        }
    } else {
        text = (const char *)s->d.data;
        size = s->d.size;
    }
    json = bert__looks_like_json(text, size);
    if (json && (st = bert__json_read(s->path, text, size, &s->allocator, &s->doc, s->error)) != BERT_OK) return st;
    if (s->config.root) bert__read_config(s);
    if (s->d.mode == BERT_TOKENIZER_DEFAULT) s->d.mode = json ? BERT_TOKENIZER_HF : BERT_TOKENIZER_GOOGLE;
    if (json) return bert__read_tokenizer_json(s);
    for (i = 0; i < size; i++) s->count += text[i] == '\n' || i + 1 == size;
    if (!s->count) return bert__fail(s->error, BERT_ERROR_FORMAT, s->path, -1, "the vocabulary is empty");
    if (s->count > INT32_MAX / 4) return bert__fail(s->error, BERT_ERROR_FORMAT, s->path, -1, "the vocabulary has too many lines: %zu", s->count);
    s->lines = (bert__line *)bert__alloc(&s->allocator, bert__mul(s->count, sizeof(bert__line)));
    if (!s->lines) return bert__fail(s->error, BERT_ERROR_MEMORY, s->path, -1, "out of memory for %zu tokens", s->count);
    bad = bert__vocab_lines(text, size, s->d.mode == BERT_TOKENIZER_HF, s->lines);
    if (bad) return bert__fail(s->error, BERT_ERROR_FORMAT, s->path, BERT__LINE(bad), "the vocabulary is not UTF-8 here%s", s->path ? "" : " (in the line of this number)");
    return BERT_OK;
}

/* A copy of a string in the tokenizer's memory. */
BERT__FN const char *bert__keep(bert__arena *arena, const char *text)
{
    size_t n = strlen(text) + 1;
    char *copy = (char *)bert__arena_get_aligned(arena, n, 1);
    if (copy) memcpy(copy, text, n);
    return copy;
}
/* `flags`: the added token of a tokenizer.json, or NULL. Of two with one text the first is found: none is looked for here, among
   100,000 it would take minutes. */
BERT__FN void bert__add_special(bert_tokenizer *t, const char *text, int32_t id, const bert_json *flags)
{
    bert__special *x;
    if (!text || !*text) return;
    x = t->specials + t->special_count++;
    x->text = text;
    x->size = strlen(text);
    x->id = id;
    x->left = (uint8_t)bert__is_on(flags, "lstrip");
    x->right = (uint8_t)bert__is_on(flags, "rstrip");
    x->single = (uint8_t)bert__is_on(flags, "single_word");
    t->special_takes_left |= x->left;
    if (x->size > t->special_longest) t->special_longest = x->size;
    t->special_only = t->special_count == 1 || t->special_only == (unsigned char)text[0] ? (unsigned char)text[0] : -1;
    t->special_first[(unsigned char)text[0]] = 1;
}
/* Everything after the files were read. (What it returns when memory runs out, the caller says.) */
BERT__NOINLINE bert_status bert__tokenizer_fill(bert_tokenizer *t, bert__source *s)
{
    bert_tokenizer_desc *d = &t->desc;
    bert__arena *arena = &t->arena;
    static const char defaults[][7] = { "[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]" };
    const char **names[5], **keep = NULL;
    const bert_json *v;
    int32_t *const ids = (int32_t *)(void *)&t->ids, id;                /* five, in the order of the defaults */
    size_t i, room;
    int hf = s->d.mode == BERT_TOKENIZER_HF;
    *d = s->d;
    bert__names(d, names);
    if (d->path) d->path = bert__keep(arena, s->path);
    d->data = NULL;
    d->size = 0;
    d->error = NULL;
    d->allocator = arena->allocator;
    if (!d->lower_case) d->lower_case = BERT_ON;
    if (!d->strip_accents) d->strip_accents = d->lower_case;
    if (!d->cjk) d->cjk = BERT_ON;
    if (!d->clean) d->clean = BERT_ON;
    if (!d->basic) d->basic = BERT_ON;
    if (!d->specials) d->specials = hf ? BERT_ON : BERT_OFF;
    if (!d->max_word) d->max_word = hf ? 100 : BERT__WORD_MAX;
    t->max_word = d->max_word;
    bert__basic_init(&t->basic, hf, d->lower_case == BERT_ON, d->strip_accents == BERT_ON, d->cjk == BERT_ON, d->clean == BERT_ON, d->basic == BERT_ON);
    if (!bert__vocab_build(&t->vocab, arena, s->lines, s->count)) return BERT_ERROR_MEMORY;
    room = 5 + d->never_split_count + (s->added ? s->added->count : 0);
    t->specials = (bert__special *)bert__arena_array(arena, room, sizeof(bert__special) + sizeof(int32_t));
    if (d->never_split_count) keep = (const char **)bert__arena_array(arena, d->never_split_count, sizeof *keep);
    if (!t->specials || (d->never_split_count && !keep)) return BERT_ERROR_MEMORY;
    t->drop = (int32_t *)(void *)(t->specials + room);
    t->special_only = -1;
    for (i = 0; i < 5; i++) {
        const char *name = *names[i] = bert__keep(arena, *names[i] ? *names[i] : defaults[i]);
        if (!name) return BERT_ERROR_MEMORY;
        id = ids[i] = bert__find_any(&t->vocab, name, strlen(name));
        if (id >= 0) t->drop[t->drop_count++] = id;
        if (id >= 0 && d->specials == BERT_ON && !s->added) bert__add_special(t, name, id, NULL);
    }
    for (v = bert__first(s->added); v; v = v->next) {
        const char *text = bert__keep(arena, bert__token_name(v));
        if (!text) return BERT_ERROR_MEMORY;
        id = bert__find_any(&t->vocab, text, strlen(text));             /* a word's own, whatever number the file gives: as Hugging Face */
        if (id < 0 && *text) return bert__refuse(s, v, "the id of this added token is another token's");
        if (bert__is_on(v, "special")) t->drop[t->drop_count++] = id;
        if (d->specials == BERT_ON) bert__add_special(t, text, id, v);
    }
    for (i = 0; i < d->never_split_count; i++) {
        keep[i] = bert__keep(arena, d->never_split[i]);
        if (!keep[i]) return BERT_ERROR_MEMORY;
        id = bert__find_any(&t->vocab, keep[i], strlen(keep[i]));
        bert__add_special(t, keep[i], id >= 0 ? id : t->ids.unk, NULL);
    }
    d->never_split = keep;
    return !d->path == !s->d.path ? BERT_OK : BERT_ERROR_MEMORY;
}

BERT_API bert_status bert_tokenizer_open(const bert_tokenizer_desc *desc, bert_tokenizer **out)
{
    bert__source s;
    bert__arena arena;
    bert_tokenizer *t;
    bert_status st;
    size_t i;
    if (!desc || !out) return BERT_ERROR_ARGUMENT;
    memset(&s, 0, sizeof s);
    s.allocator = bert__allocator(&desc->allocator);
    s.error = desc->error;
    s.d = *desc;
    if (desc->max_word < 0 || desc->max_word > BERT__WORD_MAX) return bert__bad_argument(s.error, "max_word goes from 1 to 200, or 0 for the default");
    if ((unsigned)desc->lower_case > BERT_OFF || (unsigned)desc->strip_accents > BERT_OFF || (unsigned)desc->cjk > BERT_OFF ||
        (unsigned)desc->clean > BERT_OFF || (unsigned)desc->specials > BERT_OFF || (unsigned)desc->basic > BERT_OFF)
        return bert__bad_argument(s.error, "a flag is none of BERT_DEFAULT, BERT_ON and BERT_OFF");
    if ((unsigned)desc->mode > BERT_TOKENIZER_HF) return bert__bad_argument(s.error, "mode is none of its values");
    for (i = 0; i < desc->never_split_count; i++)
        if (!desc->never_split || !desc->never_split[i] || !*desc->never_split[i]) return bert__bad_argument(s.error, "an entry of never_split is empty");
    st = bert__read_source(&s);
    if (st == BERT_OK) {
        bert__arena_init(&arena, &s.allocator, 4096);
        t = (bert_tokenizer *)bert__arena_get(&arena, sizeof *t);
        if (t) {
            memset(t, 0, sizeof *t);
            t->arena = arena;
            st = bert__tokenizer_fill(t, &s);
            arena = t->arena;
        }
        if (!t || st == BERT_ERROR_MEMORY) st = bert__fail(s.error, BERT_ERROR_MEMORY, s.path, -1, "out of memory for a vocabulary of %zu tokens", s.count);
        if (st == BERT_OK) *out = t;
        else bert__arena_free(&arena);
    }
    bert__source_free(&s);
    return st;
}
BERT_API void bert_tokenizer_close(bert_tokenizer *tokenizer)
{
    bert__arena arena;
    if (!tokenizer) return;
    arena = tokenizer->arena;
    bert__arena_free(&arena);
}
BERT_API bert_tokenizer_desc bert_tokenizer_desc_resolved(const bert_tokenizer *tokenizer) { return tokenizer->desc; }
BERT_API int32_t bert_tokenizer_size(const bert_tokenizer *tokenizer) { return tokenizer->vocab.count; }
BERT_API const char *bert_tokenizer_token(const bert_tokenizer *tokenizer, int32_t id, size_t *size)
{
    const bert__vocab *v = &tokenizer->vocab;
    if (id < 0 || id >= v->count || v->state[id]) return NULL;
    if (size) *size = bert__token_size(v, id);
    return v->pool + v->where[id];
}
BERT_API int32_t bert_tokenizer_id(const bert_tokenizer *tokenizer, const char *token, size_t size) { return token ? bert__find_any(&tokenizer->vocab, token, size) : -1; }
BERT_API int32_t bert_tokenizer_key_count(const bert_tokenizer *tokenizer) { return tokenizer->vocab.key_count; }
BERT_API int32_t bert_tokenizer_key(const bert_tokenizer *tokenizer, int32_t index)
{
    return index < 0 || index >= tokenizer->vocab.key_count ? -1 : tokenizer->vocab.keys[index];
}
BERT_API bert_special_ids bert_tokenizer_special_ids(const bert_tokenizer *tokenizer) { return tokenizer->ids; }

/* ---- decode ---- */

BERT__NOINLINE bert_status bert__text_end(bert__text *t, char *out, size_t capacity, size_t *size)
{
    if (size) *size = t->size;
    if (out && capacity) bert__text_close(t);
    return out && t->size >= capacity ? BERT_ERROR_SPACE : BERT_OK;
}

/* What stands without a blank before it; a lone apostrophe, also without one behind, only in clean_up_tokenization. */
static const char bert__glue[][4] = { ".", "?", "!", ",", "'", "n't", "'m", "'s", "'ve", "'re" };
enum { BERT__GLUE_COUNT = 10, BERT__GLUE_APOSTROPHE = 4 };

/* transformers' clean_up_tokenization, rule after rule over the whole text; each only shortens it. */
BERT__FN size_t bert__clean_up(char *p, size_t n)
{
    size_t r, i, to;
    for (r = 0; r < BERT__GLUE_COUNT; r++) {
        const size_t len = strlen(bert__glue[r]), behind = r == BERT__GLUE_APOSTROPHE;
        for (i = to = 0; i < n;) {
            if (p[i] == ' ' && n - i > len + behind && bert__begins(p + i + 1, len, bert__glue[r]) && (!behind || p[i + 2] == ' ')) {
                memcpy(p + to, bert__glue[r], len);
                to += len;
                i += 1 + len + behind;
            } else {
                p[to++] = p[i++];
            }
        }
        n = to;
    }
    return n;
}
BERT_API bert_status bert_tokenizer_decode(const bert_tokenizer *tokenizer, const int32_t *ids, size_t count, int skip_special,
                                           int clean, char *out, size_t capacity, size_t *size)
{
    bert__text t;
    size_t i, k, shown = 0;
    if (!tokenizer || (!ids && count) || (!out && capacity)) return BERT_ERROR_ARGUMENT;
    t.out = out;
    t.size = 0;
    t.capacity = out && capacity ? capacity - 1 : 0;
    for (i = 0; i < count; i++) {
        size_t n = 0;
        const char *p = bert_tokenizer_token(tokenizer, ids[i], &n);
        int space = shown > 0;
        if (!p) { if (ids[i] < 0 || ids[i] >= tokenizer->vocab.count) return BERT_ERROR_ARGUMENT; continue; }
        for (k = 0; skip_special && k < tokenizer->drop_count && tokenizer->drop[k] != ids[i]; k++) {}
        if (skip_special && k < tokenizer->drop_count) continue;
        if (shown && n >= 2 && p[0] == '#' && p[1] == '#') { p += 2; n -= 2; space = 0; }
        for (k = 0; clean && space && k < BERT__GLUE_COUNT; k++)
            if (k != BERT__GLUE_APOSTROPHE && bert__begins(p, n, bert__glue[k])) space = 0;
        if (space) bert__text_add(&t, " ", 1);
        bert__text_add(&t, p, n);
        shown++;
    }
    if (clean == 2 && out && t.size <= t.capacity) t.size = bert__clean_up(out, t.size);
    return bert__text_end(&t, out, capacity, size);
}

/* ---- explain ---- */

typedef struct bert__explain {
    const bert_tokenizer *tokenizer;
    const char *text;                   /* what stands between two special tokens */
    size_t size;
    bert__text out;
    size_t words, unknown, end;         /* so far; end of the last word */
    int upper, signs[2];                /* capitals; "##", signs of Penn Treebank's style */
} bert__explain;

BERT__FN int bert__explain_word(bert__scan *s)
{
    bert__explain *e = (bert__explain *)s->user;
    const bert_tokenizer *t = e->tokenizer;
    const char *p = s->room + 16, *raw = e->text + s->first;
    const size_t n = s->size, raw_size = s->word_end - s->first, left = e->size - s->first;
    const int shown = raw_size < 60 ? (int)raw_size : 60;
    int32_t ids[BERT__WORD_MAX];
    uint16_t cut[BERT__WORD_MAX];
    int count = -1, i, ascii = 1, same = n == raw_size && memcmp(p, raw, n) == 0;
    size_t k;
    /* a lone "'" with a contraction's rest behind it, or "n" before one: words that were split before they came here */
    static const char signs[][4] = { "##", "``", "LRB", "RRB", "'s", "'m", "'d", "'re", "'ve", "'ll", "n't", "N't" };
    const int apart = e->words++ && s->first > e->end;
    for (k = 0; k < (apart ? 12u : 4u); k++)
        if (raw_size == (k == 2 || k == 3 ? 3u : 1u) && bert__begins(raw, left, signs[k])) e->signs[k > 0]++;
    e->end = s->word_end;
    for (k = 0; k < raw_size; k++) {
        e->upper += raw[k] >= 'A' && raw[k] <= 'Z';
        ascii &= (unsigned char)raw[k] < 0x80;
    }
    if (s->chars <= (uint32_t)t->max_word && !s->nul) count = bert__pieces(&t->vocab, p, n, ids, cut);
    if (count == 1 && same) return 0;
    bert__text_format(&e->out, "%.*s%s", shown, raw, raw_size > 60 ? "..." : "");
    if (!same && s->chars <= (uint32_t)t->max_word)
        bert__text_format(&e->out, " -> %.*s (%s)", (int)n, p, ascii && n == raw_size ? "lower-cased" : ascii || !(t->basic.lower || t->basic.strip) ? "cleaned" : "cleaned, lower-cased, accents stripped");
    e->unknown += count < 0;
    if (s->chars > (uint32_t)t->max_word) {
        bert__text_format(&e->out, ": %s, it has more than %d characters\n", t->desc.unk_token, (int)t->max_word);
    } else if (count < 0) {
        const size_t at = (size_t)(-1 - count);
        uint32_t c = 0;
        const int len = bert__utf8_get((const unsigned char *)p + at, n - at, &c);
        bert__text_format(&e->out, at ? ": %s, after \"%.*s\" no piece of the vocabulary goes on with " : ": %s, no piece of the vocabulary begins with ", t->desc.unk_token, (int)at, p);
        bert__text_format(&e->out, "\"%s%.*s\" (U+%X); one unknown part makes the whole word unknown\n", at ? "##" : "", len, p + at, (unsigned)c);
    } else {
        size_t from = 0;
        bert__text_format(&e->out, count == 1 ? ": a token" : ": not a token as a whole; longest pieces first:");
        for (i = 0; i < count && count > 1; i++) {
            bert__text_format(&e->out, " %s%.*s", from ? "##" : "", (int)(cut[i] - from), p + from);
            from = cut[i];
        }
        bert__text_format(&e->out, "\n");
    }
    return 0;
}
BERT_API bert_status bert_tokenizer_explain(const bert_tokenizer *tokenizer, const char *text, size_t size, char *out, size_t capacity, size_t *need)
{
    bert__explain e;
    bert__scan s;
    size_t from = 0, at, end, k;
    const char *names[3];
    int found;
    const bert_tokenizer *t = tokenizer;
    if (!t || (!text && size) || (!out && capacity)) return BERT_ERROR_ARGUMENT;
    memset(&e, 0, sizeof e);
    e.tokenizer = t;
    e.out.out = out;
    e.out.capacity = out && capacity ? capacity - 1 : 0;
    for (;;) {
        found = bert__find_special(t, text, from, size, 0, &at, &end);
        e.text = from ? text + from : text;                             /* (NULL, if there is none) */
        e.size = (found >= 0 ? at : size) - from;
        e.end = 0;
        bert__scan_init(&s, &t->basic, bert__explain_word, &e);
        bert__push(&s, e.text, 0, e.size, e.size, 1);
        bert__flush(&s);
        if (found < 0) break;
        bert__text_format(&e.out, "%s: taken as the special token it names (specials or never_split)\n", t->specials[found].text);
        from = end;
    }
    names[0] = t->desc.mask_token;
    names[1] = t->desc.sep_token;
    names[2] = t->desc.cls_token;
    for (at = 0; at < size && !t->special_count; at++)
        for (k = 0; k < 3 && at < size; k++)
            if (text[at] == '[' && bert__begins(text + at, size - at, names[k])) {
                bert__text_format(&e.out, "hint: %s in a text is ordinary text in Google's mode, split at its brackets; turn specials on (or use HF's mode) to mean the token\n", names[k]);
                at = size;
            }
    if (e.signs[1])
        bert__text_format(&e.out, "hint: this text looks split already, in Penn Treebank style (do n't, 's, ``, -LRB-); BERT's vocabulary expects plain text: join it again first\n");
    if (e.signs[0]) bert__text_format(&e.out, "hint: \"##\" stands in the text: are these pieces from another tokenizer? Give the plain text\n");
    if (e.upper) {
        const int The = bert__find(&t->vocab, "The", 3) >= 0, the = bert__find(&t->vocab, "the", 3) >= 0;
        if (t->desc.lower_case == BERT_ON && The)
            bert__text_format(&e.out, "hint: the vocabulary knows \"The\": it seems to be a cased one; turn lower_case off\n");
        if (t->desc.lower_case == BERT_OFF && e.unknown && the && !The)
            bert__text_format(&e.out, "hint: the vocabulary knows \"the\" but not \"The\": it seems to be an uncased one; turn lower_case on\n");
    }
    return bert__text_end(&e.out, out, capacity, need);
}

#ifndef BERT_NO_LEARN
/* ============================================================================================================
   >>learn
   Purpose   a WordPiece vocabulary from text, by the method of Hugging Face's trainer (Google's was never released).
   Uses      >>alloc, >>error, bert_parallel, and bert__basic_words of >>basic.
   Promises  The vocabulary depends on the texts and the desc, on nothing else: not on threads, not on how the texts
             are shared out among the calls, not on addresses.
             Memory: the table of words keeps within desc.max_bytes (1 MB at least); beside it each block in work takes
             a few MB (one block with one thread, else two a thread; a stretch of text without white space that is
             longer than a block counts as one), and finish usually 20 to 40 bytes for each character of the different
             words.

   Method    1. Count. The text becomes words as in >>basic, and each different word is kept once with its count.
                A text much larger than its vocabulary shrinks to a table here; the rest never sees the text again.
             2. Spell. Every word becomes a row of symbols, one a character: "x" at the start of a word, "##x" inside.
                Only the most frequent characters have symbols; others are left out of their words.
             3. Join. Count all pairs of neighbours, join the most frequent pair into one new symbol wherever it
                stands, and repeat. What is joined early is frequent; so the vocabulary is the special tokens, the
                symbols, then what was joined, in that order, up to the size wanted.

   Counting  The texts, each ended by a line feed if it has none, are one long stream, cut into blocks at the first
             white space (or ideographic full stop) after 1 MB. Blocks are counted in parallel into tables of their
             own, then added to the learner's table in their order. All tables have 16 parts by the hash of the word,
             so adding runs in parallel too and every part still sees the blocks in order.
   Bound     A part that has no room left forgets its rarest words: those seen once, else those seen up to 2, 4, 8, ...
             times, whatever frees half of it. A word forgotten starts again from nothing when it comes back, so
             counts of rare words become too small; frequent words hardly suffer. As blocks and parts are the same
             for any threads, so is what is forgotten.
   Too long  Words of more than 200 characters, which WordPiece makes [UNK], are passed over.

   Joining   A pair has its count and the list of words it stands in. A join visits only these words, and corrects the
             counts of the neighbours it breaks and makes. The best pair comes from a heap, whose entries may be out
             of date: one that claims more than its pair has left is put back with what is true. Of pairs equally
             frequent the one of the older symbols goes first (then what is learned does not hang on chance).
             A join shortens its word by one symbol and makes at most two new pairs: for n symbols in the different
             words there are at most n joins, 3 n list entries and 3 n pairs, in O(n log n) time (as words have at
             most 200 symbols).
   ============================================================================================================ */

#define BERT__LEARN_BLOCK ((size_t)1 << 20)     /* bytes from which a block ends at the next white space */
#define BERT__LEARN_COPY ((size_t)1 << 16)      /* of a block's end more than this is counted in place, not copied */
#define BERT__LEARN_PARTS 16                    /* by the top 4 bits of the hash */
#define BERT__LEARN_NONE UINT32_MAX

/* ---- words and their counts ---- */

/* A set of strings in order of arrival: `entries` in that order, their bytes in `text`, and an open-addressing index of
   entry numbers + 1 (0 is free), at most half full. A tally has 24 bytes on every machine: what is forgotten depends on
   it. */
typedef struct bert__tally { int64_t count; uint64_t at; uint32_t hash, size; } bert__tally;
typedef struct bert__words {
    bert__buf entries, text;
    uint32_t *index;
    size_t slots;                       /* of index: 0 or a power of two */
    size_t limit;                       /* bytes it may hold */
    int64_t forgotten;
} bert__words;

BERT__FN void bert__words_init(bert__words *w, const bert_allocator *allocator, size_t limit)
{
    memset(w, 0, sizeof *w);
    bert__buf_init(&w->entries, allocator);
    bert__buf_init(&w->text, allocator);
    w->limit = limit;
}
BERT__FN void bert__words_free(bert__words *w)
{
    bert__buf_free(&w->entries);
    bert__buf_free(&w->text);
    bert__free(&w->entries.allocator, w->index);
    w->index = NULL;
    w->slots = 0;
}
BERT__INLINE size_t bert__words_count(const bert__words *w) { return w->entries.size / sizeof(bert__tally); }
BERT__INLINE bert__tally *bert__words_at(const bert__words *w, size_t i) { return (bert__tally *)(void *)w->entries.data + i; }

BERT__FN void bert__words_clear(bert__words *w)
{
    w->entries.size = w->text.size = 0;
    if (w->slots) memset(w->index, 0, w->slots * sizeof *w->index);
}

/* Mixes eight bytes at a time; the last eight overlap, so that no byte at a time is needed. */
BERT__INLINE uint32_t bert__words_hash(const char *text, size_t size)
{
    const uint64_t k = 0x9E3779B97F4A7C15u;
    uint64_t h = (uint64_t)size * k, v = 0;
    size_t i;
    for (i = 0; i + 8 < size; i += 8) { h = (h ^ bert__load64(text + i)) * k; h ^= h >> 32; }
    if (size >= 8) v = bert__load64(text + size - 8);
    else if (size >= 4) v = (uint64_t)bert__load32(text) << 32 | bert__load32(text + size - 4);
    else if (size) v = (uint64_t)(unsigned char)text[0] << 16 | (uint64_t)(unsigned char)text[size / 2] << 8 | (unsigned char)text[size - 1];
    h = (h ^ v) * k;
    h = (h ^ h >> 32) * k;
    return (uint32_t)(h >> 32);
}
/* Whether n bytes are equal: words are short, so this beats a call of memcmp. */
BERT__INLINE int bert__words_same(const char *a, const char *b, size_t n)
{
    size_t i;
    if (n < 4) return !n || (a[0] == b[0] && a[n / 2] == b[n / 2] && a[n - 1] == b[n - 1]);
    if (n < 8) return bert__load32(a) == bert__load32(b) && bert__load32(a + n - 4) == bert__load32(b + n - 4);
    for (i = 0; i + 8 < n; i += 8) if (bert__load64(a + i) != bert__load64(b + i)) return 0;
    return bert__load64(a + n - 8) == bert__load64(b + n - 8);
}
BERT__FN void bert__words_reindex(bert__words *w)
{
    size_t i, n = bert__words_count(w), slot, mask = w->slots - 1;
    memset(w->index, 0, w->slots * sizeof *w->index);
    for (i = 0; i < n; i++) {
        for (slot = bert__words_at(w, i)->hash & mask; w->index[slot]; slot = (slot + 1) & mask) {}
        w->index[slot] = (uint32_t)i + 1;
    }
}

/* Makes room by forgetting. The survivors keep their order and move to the front, so no memory is needed. */
BERT__FN void bert__words_forget(bert__words *w)
{
    size_t i, n = bert__words_count(w), left, bytes;
    int64_t most;
    for (most = 1; ; most *= 2) {
        for (i = left = bytes = 0; i < n; i++)
            if (bert__words_at(w, i)->count > most) { left++; bytes += bert__words_at(w, i)->size; }
        if (left <= w->entries.capacity / sizeof(bert__tally) / 2 && left <= w->slots / 4 && bytes <= w->text.capacity / 2) break;
    }
    for (i = left = bytes = 0; i < n; i++) {
        bert__tally t = *bert__words_at(w, i);
        if (t.count <= most) continue;
        memmove(w->text.data + bytes, w->text.data + t.at, t.size);
        t.at = bytes;
        bytes += t.size;
        *bert__words_at(w, left++) = t;
    }
    w->forgotten += (int64_t)(n - left);
    w->entries.size = left * sizeof(bert__tally);
    w->text.size = bytes;
    bert__words_reindex(w);
}

/* Room for one more word. While something grows, its old and its new memory exist at once: both must keep to the
   limit. Returns 0 if there is no memory. */
BERT__FN int bert__words_room(bert__words *w, size_t size)
{
    size_t n = bert__words_count(w), want = 0, slots = w->slots, held;
    if (w->entries.capacity - w->entries.size < sizeof(bert__tally)) want = bert__add(want, w->entries.capacity * 2);
    if (w->text.capacity - w->text.size < size) want = bert__add(want, w->text.capacity * 2);
    if (2 * (n + 1) > slots) { slots = slots ? slots * 2 : 512; want = bert__add(want, slots * sizeof *w->index); }
    if (!want && w->slots) return 1;
    held = w->entries.capacity + w->text.capacity + w->slots * sizeof *w->index;
    if (w->slots && (want > w->limit || held > w->limit - want)) { bert__words_forget(w); return 1; }
    if (n >= BERT__LEARN_NONE - 1) return 0;
    if (!w->slots && (!bert__buf_reserve(&w->entries, 256 * sizeof(bert__tally)) || !bert__buf_reserve(&w->text, 4096))) return 0;
    if (!bert__buf_reserve(&w->entries, sizeof(bert__tally)) || !bert__buf_reserve(&w->text, size)) return 0;
    if (slots != w->slots) {
        uint32_t *index = (uint32_t *)bert__alloc(&w->entries.allocator, bert__mul(slots, sizeof *index));
        if (!index) return 0;
        bert__free(&w->entries.allocator, w->index);
        w->index = index;
        w->slots = slots;
        bert__words_reindex(w);
    }
    return 1;
}

/* The entry of a word, or BERT__LEARN_NONE. */
BERT__INLINE uint32_t bert__words_find(const bert__words *w, const char *text, size_t size, uint32_t hash)
{
    size_t mask = w->slots - 1, slot;
    if (!w->slots) return BERT__LEARN_NONE;
    for (slot = hash & mask; w->index[slot]; slot = (slot + 1) & mask) {
        const bert__tally *t = bert__words_at(w, w->index[slot] - 1);
        if (t->hash == hash && t->size == size && bert__words_same(w->text.data + t->at, text, size)) return w->index[slot] - 1;
    }
    return BERT__LEARN_NONE;
}

/* Adds `count` to the word's; a new word is at most 64 KB. Returns its entry, or BERT__LEARN_NONE without memory. */
BERT__FN uint32_t bert__words_add(bert__words *w, const char *text, size_t size, uint32_t hash, int64_t count)
{
    bert__tally t;
    size_t slot;
    uint32_t found = bert__words_find(w, text, size, hash);
    if (found != BERT__LEARN_NONE) { bert__words_at(w, found)->count += count; return found; }
    if (!bert__words_room(w, size)) return BERT__LEARN_NONE;
    t.count = count;
    t.at = w->text.size;
    t.hash = hash;
    t.size = (uint32_t)size;
    found = (uint32_t)bert__words_count(w);
    bert__buf_add(&w->text, text, size);
    bert__buf_add(&w->entries, &t, sizeof t);
    for (slot = hash & (w->slots - 1); w->index[slot]; slot = (slot + 1) & (w->slots - 1)) {}
    w->index[slot] = found + 1;
    return found;
}

/* ---- blocks of text, counted in parallel ---- */

typedef struct bert__learn_block {
    bert__buf text;                     /* what was copied, */
    const char *more;                   /* and what follows it, still in the caller's memory */
    size_t more_size;
    bert__words parts[BERT__LEARN_PARTS];
    int64_t words;
    int in_long;                        /* inside a word of more than 200 characters */
    bert_status status;
} bert__learn_block;

struct bert_learner {
    bert__arena arena;                  /* the learner itself and what lives as long */
    bert_learn_desc desc;               /* defaults filled in; specials are copies */
    bert__basic basic;
    bert__words parts[BERT__LEARN_PARTS];
    bert__learn_block *blocks;          /* [block_count] */
    int32_t block_count;
    int32_t complete;                   /* blocks that wait to be counted; the next one is being filled */
    bert_status status;                 /* the first failure: a learner that failed stays so */
    bert_learn_counts counts;
    bert__buf vocab;
    int finished;
};

BERT__FN int bert__learn_word(void *user, const bert_word *word)
{
    bert__learn_block *b = (bert__learn_block *)user;
    uint32_t hash;
    if (word->more || b->in_long) { b->in_long = word->more != 0; return 0; }
    if (!word->size) return 0;
    hash = bert__words_hash(word->text, word->size);
    b->words++;
    if (bert__words_add(&b->parts[hash >> 28], word->text, word->size, hash, 1) != BERT__LEARN_NONE) return 0;
    b->status = BERT_ERROR_MEMORY;
    return 1;
}
BERT__FN void bert__learn_count(void *arg, int64_t index)
{
    bert_learner *l = (bert_learner *)arg;
    bert__learn_block *b = &l->blocks[index];
    bert_status st;
    b->in_long = 0;
    st = bert__basic_words(&l->basic, b->text.data, 0, b->text.size, bert__learn_word, b);
    if (st == BERT_OK && b->status == BERT_OK && b->more_size) {
        b->in_long = 0;
        st = bert__basic_words(&l->basic, b->more, 0, b->more_size, bert__learn_word, b);
    }
    if (b->status == BERT_OK) b->status = st;
}
BERT__FN void bert__learn_gather(void *arg, int64_t index)
{
    bert_learner *l = (bert_learner *)arg;
    bert__words *to = &l->parts[index];
    int32_t k;
    for (k = 0; k < l->complete; k++) {
        const bert__words *from = &l->blocks[k].parts[index];
        size_t i, n = bert__words_count(from);
        for (i = 0; i < n; i++) {
            const bert__tally *t = bert__words_at(from, i);
            if (bert__words_add(to, from->text.data + t->at, t->size, t->hash, t->count) == BERT__LEARN_NONE) { to->entries.failed = 1; return; }
        }
    }
}

/* Counts the complete blocks and empties them; the one being filled becomes the first. */
BERT__FN bert_status bert__learn_run(bert_learner *l)
{
    const bert_parallel *p = &l->desc.parallel;
    bert_status st = BERT_OK;
    int32_t i, k;
    if (!l->complete) return BERT_OK;
    p->run(p->user, l->complete, bert__learn_count, l);
    for (i = 0; i < l->complete; i++) if (st == BERT_OK) st = l->blocks[i].status;
    if (st == BERT_OK) {
        p->run(p->user, BERT__LEARN_PARTS, bert__learn_gather, l);
        for (k = 0; k < BERT__LEARN_PARTS; k++) if (l->parts[k].entries.failed) st = BERT_ERROR_MEMORY;
    }
    for (i = 0; i < l->complete; i++) {
        bert__learn_block *b = &l->blocks[i];
        l->counts.words += b->words;
        b->words = 0;
        b->text.size = b->more_size = 0;
        for (k = 0; k < BERT__LEARN_PARTS; k++) bert__words_clear(&b->parts[k]);
    }
    if (l->complete < l->block_count) {
        bert__learn_block b = l->blocks[0];
        l->blocks[0] = l->blocks[l->complete];
        l->blocks[l->complete] = b;
    }
    l->complete = 0;
    return st;
}

/* Where a block of `need` or more bytes may end: behind the first white space from there on, else at the end. No word
   and no rule of >>basic reaches across: not the final sigma's, not a mark's. The ideographic space and full stop
   (U+3000, U+3002) are there for texts without blanks. */
BERT__FN size_t bert__learn_cut(const char *text, size_t size, size_t need)
{
    size_t i;
    for (i = need - 1; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '\n' || c == ' ' || c == '\t' || c == '\r') return i + 1;
        if ((c == 0x80 || c == 0x82) && i >= 2 && (unsigned char)text[i - 1] == 0x80 && (unsigned char)text[i - 2] == 0xE3) return i + 1;
    }
    return size;
}
BERT__FN bert_status bert__learn_failed(bert_learner *l, bert_status st)
{
    l->status = st;
    if (st == BERT_ERROR_MEMORY) bert__fail(l->desc.error, st, NULL, -1, "out of memory while learning a vocabulary; a smaller max_bytes needs less");
    else bert__fail(l->desc.error, st, NULL, -1, "learning a vocabulary failed: %s", bert_status_string(st));
    return st;
}

BERT_API bert_status bert_learner_add(bert_learner *learner, const char *text, size_t size)
{
    bert_learner *l = learner;
    int borrowed = 0;                   /* a block points into text */
    bert_status st;
    if (!l || (!text && size)) return BERT_ERROR_ARGUMENT;
    if (l->status != BERT_OK) return l->status;
    if (l->finished) return bert__fail(l->desc.error, BERT_ERROR_ARGUMENT, NULL, -1, "the learner has finished: open another for more text");
    while (size) {
        bert__learn_block *b = &l->blocks[l->complete];
        size_t need = BERT__LEARN_BLOCK - b->text.size, take = size;
        if (size >= need) take = bert__learn_cut(text, size, need);
        if (size >= need && take > BERT__LEARN_COPY) {
            b->more = text;
            b->more_size = take;
            borrowed = 1;
        } else {
            bert__buf_add(&b->text, text, take);
            if (take == size && text[size - 1] != '\n') bert__buf_add(&b->text, "\n", 1);
            if (b->text.failed) return bert__learn_failed(l, BERT_ERROR_MEMORY);
        }
        text += take;
        size -= take;
        if (b->text.size < BERT__LEARN_BLOCK && !b->more_size) break;
        if (++l->complete == l->block_count) {
            if ((st = bert__learn_run(l)) != BERT_OK) return bert__learn_failed(l, st);
            borrowed = 0;
        }
    }
    if (borrowed && (st = bert__learn_run(l)) != BERT_OK) return bert__learn_failed(l, st);
    return BERT_OK;
}

/* ---- joining ---- */

/* A letter is a code point with its two symbols: number + 1, or 0. Until symbols are given out, `inside` only says
   whether the letter stands inside some word, and `plain` whether it is kept. */
typedef struct bert__letter { int64_t count; uint32_t plain, inside; } bert__letter;
typedef struct bert__stand { uint32_t word, next; } bert__stand;       /* entry of a pair's list of words */
typedef struct bert__pair {
    uint64_t key;                       /* first symbol, second symbol */
    int64_t count;
    int64_t queued;                     /* count of its newest entry in the heap, 0 if it has none */
    uint32_t places;                    /* the words it stands in, perhaps more of them */
    uint32_t touched;                   /* the last join that made more of it */
} bert__pair;
typedef struct bert__candidate { int64_t count; uint64_t key; uint32_t what; } bert__candidate;

typedef struct bert__joiner {
    bert__arena arena;
    bert__letter **pages;               /* [0x1100], 256 letters each, NULL where no letter occurs */
    bert__words tokens;                 /* entry number = token id */
    bert__buf words;                    /* uint32_t: for each word its count in two halves, its size, its symbols */
    bert__buf pairs, places, heap, fresh;   /* bert__pair, bert__stand, bert__candidate, uint32_t: pairs touched by a join */
    uint32_t *index;                    /* of pairs, as in bert__words */
    size_t slots;
    uint32_t free_places, round;
    int failed;                         /* out of memory, somewhere */
} bert__joiner;

/* The heap: most frequent first, then smallest key. Children of i are 2 i + 1 and 2 i + 2. */
BERT__INLINE int bert__before(const bert__candidate *a, const bert__candidate *b)
{
    return a->count != b->count ? a->count > b->count : a->key < b->key;
}
BERT__FN void bert__heap_push(bert__buf *heap, int64_t count, uint64_t key, uint32_t what)
{
    bert__candidate c, *h;
    size_t i = heap->size / sizeof c;
    c.count = count;
    c.key = key;
    c.what = what;
    bert__buf_add(heap, &c, sizeof c);
    if (heap->failed) return;
    h = (bert__candidate *)(void *)heap->data;
    for (; i && bert__before(&c, &h[(i - 1) / 2]); i = (i - 1) / 2) h[i] = h[(i - 1) / 2];
    h[i] = c;
}
BERT__FN int bert__heap_pop(bert__buf *heap, bert__candidate *top)
{
    bert__candidate *h = (bert__candidate *)(void *)heap->data, last;
    size_t n = heap->size / sizeof last, i = 0, child;
    if (!n) return 0;
    *top = h[0];
    last = h[--n];
    heap->size = n * sizeof last;
    for (; (child = 2 * i + 1) < n; i = child) {
        if (child + 1 < n && bert__before(&h[child + 1], &h[child])) child++;
        if (!bert__before(&h[child], &last)) break;
        h[i] = h[child];
    }
    if (n) h[i] = last;
    return 1;
}

BERT__INLINE bert__pair *bert__pair_at(const bert__joiner *j, uint32_t i) { return (bert__pair *)(void *)j->pairs.data + i; }
BERT__INLINE size_t bert__pair_slot(uint64_t key, size_t mask)
{
    uint64_t h = key * 0x9E3779B97F4A7C15u;
    return (size_t)(h ^ h >> 32) & mask;
}

/* The number of the pair a b, which is made if it is new; BERT__LEARN_NONE without memory. */
BERT__FN uint32_t bert__pair_get(bert__joiner *j, uint32_t a, uint32_t b)
{
    uint64_t key = (uint64_t)a << 32 | b;
    size_t n = j->pairs.size / sizeof(bert__pair), slot, mask, i;
    bert__pair fresh;
    if (2 * (n + 1) > j->slots) {
        size_t slots = j->slots ? bert__mul(j->slots, 2) : 4096;
        uint32_t *index = (uint32_t *)bert__alloc(&j->pairs.allocator, bert__mul(slots, sizeof *index));
        if (!index) { j->failed = 1; return BERT__LEARN_NONE; }
        bert__free(&j->pairs.allocator, j->index);
        memset(index, 0, slots * sizeof *index);
        j->index = index;
        j->slots = slots;
        for (i = 0; i < n; i++) {
            for (slot = bert__pair_slot(bert__pair_at(j, (uint32_t)i)->key, slots - 1); index[slot]; slot = (slot + 1) & (slots - 1)) {}
            index[slot] = (uint32_t)i + 1;
        }
    }
    mask = j->slots - 1;
    for (slot = bert__pair_slot(key, mask); j->index[slot]; slot = (slot + 1) & mask)
        if (bert__pair_at(j, j->index[slot] - 1)->key == key) return j->index[slot] - 1;
    memset(&fresh, 0, sizeof fresh);
    fresh.key = key;
    fresh.places = BERT__LEARN_NONE;
    bert__buf_add(&j->pairs, &fresh, sizeof fresh);
    if (j->pairs.failed) { j->failed = 1; return BERT__LEARN_NONE; }
    j->index[slot] = (uint32_t)n + 1;
    return (uint32_t)n;
}

/* One more a b in a word seen `count` times. */
BERT__FN void bert__pair_more(bert__joiner *j, uint32_t a, uint32_t b, uint32_t word, int64_t count)
{
    bert__stand *places = (bert__stand *)(void *)j->places.data, place;
    uint32_t number = bert__pair_get(j, a, b), at;
    bert__pair *p;
    if (number == BERT__LEARN_NONE) return;
    p = bert__pair_at(j, number);
    p->count += count;
    if (p->touched != j->round) {
        p->touched = j->round;
        bert__buf_add(&j->fresh, &number, sizeof number);
    }
    if (p->places != BERT__LEARN_NONE && places[p->places].word == word) return;        /* twice in one word */
    place.word = word;
    place.next = p->places;
    at = j->free_places;
    if (at != BERT__LEARN_NONE) {
        j->free_places = places[at].next;
        places[at] = place;
    } else {
        at = (uint32_t)(j->places.size / sizeof place);
        bert__buf_add(&j->places, &place, sizeof place);
    }
    if (j->fresh.failed || j->places.failed) j->failed = 1; else p->places = at;
}

/* The pairs made more frequent since the last call go into the heap, unless they are there already or too rare. */
BERT__FN void bert__joiner_queue(bert__joiner *j, int64_t min_frequency)
{
    const uint32_t *fresh = (const uint32_t *)(const void *)j->fresh.data;
    size_t i, n = j->fresh.size / sizeof *fresh;
    for (i = 0; i < n && !j->failed; i++) {
        bert__pair *p = bert__pair_at(j, fresh[i]);
        if (p->count < min_frequency || p->count == p->queued) continue;
        p->queued = p->count;
        bert__heap_push(&j->heap, p->count, p->key, fresh[i]);
        j->failed |= j->heap.failed;
    }
    j->fresh.size = 0;
    j->round++;
}

BERT__FN uint32_t bert__joiner_token(bert__joiner *j, const char *text, size_t size)
{
    uint32_t id = bert__words_add(&j->tokens, text, size, bert__words_hash(text, size), 0);
    if (id == BERT__LEARN_NONE) j->failed = 1;
    return id;
}

/* Step 1 of finish: letters and how often they are seen. */
BERT__FN void bert__joiner_letters(bert__joiner *j, const bert__words *w)
{
    size_t i, n = bert__words_count(w);
    for (i = 0; i < n; i++) {
        const bert__tally *t = bert__words_at(w, i);
        const unsigned char *s = (const unsigned char *)w->text.data + t->at;
        uint32_t c = 0;
        size_t k = 0;
        while (k < t->size) {
            bert__letter *page, *letter;
            const size_t first = k;
            k += (size_t)bert__utf8_get(s + k, t->size - k, &c);        /* words are UTF-8: so much >>basic makes of any text */
            page = j->pages[c >> 8];
            if (!page) {
                page = (bert__letter *)bert__arena_get(&j->arena, 256 * sizeof *page);
                if (!page) { j->failed = 1; return; }
                memset(page, 0, 256 * sizeof *page);
                j->pages[c >> 8] = page;
            }
            letter = &page[c & 255];
            letter->count += t->count;
            letter->inside |= first > 0;
        }
    }
}

/* Step 2: the most frequent letters become symbols, in order of their code points: "x" for all, then "##x" for those
   that stand inside a word. Where not even these fit into the vocabulary the rarest stay out. */
BERT__FN void bert__joiner_alphabet(bert__joiner *j, const bert_learn_desc *desc)
{
    bert__candidate top;
    size_t size = bert__words_count(&j->tokens);
    int64_t kept = 0;
    uint32_t c;
    int inside;
    for (c = 0; c < 0x110000; c++) {
        if (!j->pages[c >> 8]) { c |= 255; continue; }
        if (j->pages[c >> 8][c & 255].count) bert__heap_push(&j->heap, j->pages[c >> 8][c & 255].count, c, c);
    }
    if (j->heap.failed) { j->failed = 1; return; }
    while (kept < desc->limit_alphabet && bert__heap_pop(&j->heap, &top)) {
        bert__letter *letter = &j->pages[top.what >> 8][top.what & 255];
        size += letter->inside ? 2 : 1;
        if (size > (size_t)desc->vocab_size) break;
        letter->plain = 1;
        kept++;
    }
    j->heap.size = 0;
    for (inside = 0; inside < 2; inside++) {
        for (c = 0; c < 0x110000 && !j->failed; c++) {
            bert__letter *letter;
            char text[8] = "##";
            size_t n;
            if (!j->pages[c >> 8]) { c |= 255; continue; }
            letter = &j->pages[c >> 8][c & 255];
            if (!letter->plain || (inside && !letter->inside)) continue;
            n = 2 + (size_t)bert__utf8_put(text + 2, c);
            if (inside) letter->inside = 1 + bert__joiner_token(j, text, n);
            else letter->plain = 1 + bert__joiner_token(j, text + 2, n - 2);
        }
    }
}

/* Step 3: the words as rows of symbols, all in one array, so that a visit to a word is one miss of the cache; a word's
   number is its place there. Words of one symbol have nothing to join and are dropped. */
#define BERT__LEARN_HEAD 3

BERT__FN bert_status bert__joiner_spell(bert__joiner *j, const bert__words *w)
{
    size_t i, n = bert__words_count(w);
    for (i = 0; i < n; i++) {
        const bert__tally *t = bert__words_at(w, i);
        const unsigned char *s = (const unsigned char *)w->text.data + t->at;
        uint32_t head[BERT__LEARN_HEAD] = { 0, 0, 0 }, c = 0, symbol;
        size_t k = 0, first, at = j->words.size;
        bert__buf_add(&j->words, head, sizeof head);
        while (k < t->size) {
            first = k;
            k += (size_t)bert__utf8_get(s + k, t->size - k, &c);
            if (!j->pages[c >> 8][c & 255].plain) continue;
            symbol = (first ? j->pages[c >> 8][c & 255].inside : j->pages[c >> 8][c & 255].plain) - 1;
            bert__buf_add(&j->words, &symbol, sizeof symbol);
            head[2]++;
        }
        if (j->words.failed) return BERT_ERROR_MEMORY;
        if (head[2] < 2) { j->words.size = at; continue; }
        head[0] = (uint32_t)((uint64_t)t->count >> 32);
        head[1] = (uint32_t)t->count;
        memcpy(j->words.data + at, head, sizeof head);
        if (j->words.size / sizeof symbol > (size_t)1 << 30) return BERT_ERROR_TOO_LONG;        /* numbers are 32 bits: 3 n of them must do */
    }
    return BERT_OK;
}
BERT__INLINE int64_t bert__learn_count_of(const uint32_t *word) { return (int64_t)((uint64_t)word[0] << 32 | word[1]); }

/* Step 4: all pairs of neighbours. */
BERT__FN void bert__joiner_pairs(bert__joiner *j)
{
    const uint32_t *words = (const uint32_t *)(const void *)j->words.data;
    size_t i, n = j->words.size / sizeof *words, k;
    for (i = 0; i < n && !j->failed; i += BERT__LEARN_HEAD + words[i + 2])
        for (k = i + BERT__LEARN_HEAD; k + 1 < i + BERT__LEARN_HEAD + words[i + 2]; k++)
            bert__pair_more(j, words[k], words[k + 1], (uint32_t)i, bert__learn_count_of(words + i));
}

/* Joins every a b of a word into c, from left to right, in place. The count of a b itself is left alone: all of it is
   spent. */
BERT__FN void bert__joiner_word(bert__joiner *j, uint32_t number, uint32_t a, uint32_t b, uint32_t c)
{
    uint32_t *word = (uint32_t *)(void *)j->words.data + number, *s = word + BERT__LEARN_HEAD;
    uint32_t pair, n = word[2], from = 0, to = 0;
    int64_t count = bert__learn_count_of(word);
    while (from < n) {
        if (s[from] != a || from + 1 == n || s[from + 1] != b) { s[to++] = s[from++]; continue; }
        if (to) {
            if ((pair = bert__pair_get(j, s[to - 1], a)) == BERT__LEARN_NONE) return;
            bert__pair_at(j, pair)->count -= count;
            bert__pair_more(j, s[to - 1], c, number, count);
        }
        if (from + 2 < n) {
            if ((pair = bert__pair_get(j, b, s[from + 2])) == BERT__LEARN_NONE) return;
            bert__pair_at(j, pair)->count -= count;
            bert__pair_more(j, c, s[from + 2], number, count);
        }
        s[to++] = c;
        from += 2;
    }
    word[2] = to;
}

/* Step 5: join until the vocabulary is full or no pair is frequent enough. Two pairs may join to the same text (un
   ##able, una ##ble); the second one then is no new token. Should such a token bring a pair back that was joined
   before, it still has its old count: so it soon is joined again, which costs no token either. */
BERT__FN void bert__joiner_join(bert__joiner *j, const bert_learn_desc *desc)
{
    char text[2048];                    /* a word has at most 200 characters of 4 bytes */
    bert__candidate top;
    while (!j->failed && bert__words_count(&j->tokens) < (size_t)desc->vocab_size && bert__heap_pop(&j->heap, &top)) {
        bert__pair *p = bert__pair_at(j, top.what);
        uint32_t a = (uint32_t)(p->key >> 32), b = (uint32_t)p->key, c, place;
        const bert__tally *left = bert__words_at(&j->tokens, a), *right = bert__words_at(&j->tokens, b);
        if (top.count != p->queued) continue;                           /* a newer entry stands for the pair */
        if (p->count != top.count) {
            p->queued = p->count < desc->min_frequency ? 0 : p->count;
            if (p->queued) bert__heap_push(&j->heap, p->count, p->key, top.what);
            j->failed |= j->heap.failed;
            continue;
        }
        if (left->size + right->size > sizeof text) { j->failed = 1; return; }          /* cannot be */
        memcpy(text, j->tokens.text.data + left->at, left->size);
        memcpy(text + left->size, j->tokens.text.data + right->at + 2, right->size - 2);        /* without its ## */
        c = bert__joiner_token(j, text, left->size + right->size - 2);
        place = p->places;
        p->queued = 0;
        p->places = BERT__LEARN_NONE;
        while (place != BERT__LEARN_NONE && !j->failed) {
            bert__stand *places = (bert__stand *)(void *)j->places.data, here = places[place];
            places[place].next = j->free_places;                        /* for what the join makes */
            j->free_places = place;
            if (here.next != BERT__LEARN_NONE)                          /* the words lie anywhere: fetch one ahead */
                BERT__PREFETCH((const uint32_t *)(const void *)j->words.data + places[here.next].word);
            bert__joiner_word(j, here.word, a, b, c);
            place = here.next;
        }
        bert__joiner_queue(j, desc->min_frequency);
    }
}

BERT__FN bert_status bert__learn_finish(bert_learner *l, bert__joiner *j)
{
    bert_status st = BERT_OK;
    size_t i, n;
    int k;
    j->pages = (bert__letter **)bert__arena_get(&j->arena, 0x1100 * sizeof *j->pages);
    if (!j->pages) return BERT_ERROR_MEMORY;
    for (i = 0; i < 0x1100; i++) j->pages[i] = NULL;
    for (i = 0; i < l->desc.specials_count; i++) bert__joiner_token(j, l->desc.specials[i], strlen(l->desc.specials[i]));
    for (k = 0; k < BERT__LEARN_PARTS && !j->failed; k++) bert__joiner_letters(j, &l->parts[k]);
    if (!j->failed) bert__joiner_alphabet(j, &l->desc);
    for (k = 0; k < BERT__LEARN_PARTS && !j->failed && st == BERT_OK; k++) {
        l->counts.distinct += (int64_t)bert__words_count(&l->parts[k]);
        l->counts.forgotten += l->parts[k].forgotten;
        st = bert__joiner_spell(j, &l->parts[k]);
        bert__words_free(&l->parts[k]);                                 /* its words are symbols now */
    }
    if (st != BERT_OK) return st;
    if (!j->failed) bert__joiner_pairs(j);
    if (!j->failed) bert__joiner_queue(j, l->desc.min_frequency);
    if (!j->failed) bert__joiner_join(j, &l->desc);
    if (j->failed) return BERT_ERROR_MEMORY;
    n = bert__words_count(&j->tokens);
    bert__buf_reserve(&l->vocab, bert__add(j->tokens.text.size, n + 1));
    for (i = 0; i < n; i++) {
        const bert__tally *t = bert__words_at(&j->tokens, i);
        bert__buf_add(&l->vocab, j->tokens.text.data + t->at, t->size);
        bert__buf_add(&l->vocab, "\n", 1);
    }
    l->counts.tokens = (int64_t)n;
    if (l->vocab.failed) return BERT_ERROR_MEMORY;
    l->vocab.data[l->vocab.size] = 0;                                   /* a kindness: it is a C string, too */
    return BERT_OK;
}

BERT_API bert_status bert_learner_finish(bert_learner *learner, const char **vocab, size_t *size)
{
    bert_learner *l = learner;
    bert_status st;
    if (!l || !vocab || !size) return BERT_ERROR_ARGUMENT;
    if (l->status != BERT_OK) return l->status;
    if (!l->finished) {
        bert__joiner j;
        int32_t i;
        int k;
        if (l->blocks[l->complete].text.size) l->complete++;
        st = bert__learn_run(l);
        for (i = 0; i < l->block_count; i++) {                          /* their work is done */
            bert__buf_free(&l->blocks[i].text);
            for (k = 0; k < BERT__LEARN_PARTS; k++) bert__words_free(&l->blocks[i].parts[k]);
        }
        if (st == BERT_OK) {
            const bert_allocator *a = &l->desc.allocator;
            memset(&j, 0, sizeof j);
            bert__arena_init(&j.arena, a, 1 << 16);
            bert__words_init(&j.tokens, a, SIZE_MAX);
            bert__buf_init(&j.words, a);
            bert__buf_init(&j.pairs, a);
            bert__buf_init(&j.places, a);
            bert__buf_init(&j.heap, a);
            bert__buf_init(&j.fresh, a);
            j.free_places = BERT__LEARN_NONE;
            j.round = 1;
            st = bert__learn_finish(l, &j);
            bert__arena_free(&j.arena);
            bert__words_free(&j.tokens);
            bert__buf_free(&j.words);
            bert__buf_free(&j.pairs);
            bert__buf_free(&j.places);
            bert__buf_free(&j.heap);
            bert__buf_free(&j.fresh);
            bert__free(a, j.index);
        }
        if (st == BERT_ERROR_TOO_LONG) {
            l->status = st;
            return bert__fail(l->desc.error, st, NULL, -1, "the different words have more than 2^30 characters; set a smaller max_bytes");
        }
        if (st != BERT_OK) return bert__learn_failed(l, st);
        l->finished = 1;
    }
    *vocab = l->vocab.data;
    *size = l->vocab.size;
    return BERT_OK;
}

/* ---- opening and closing ---- */

BERT__FN bert_status bert__learner_check(const bert_learn_desc *d)
{
    size_t i;
    const char *p;
    if (d->vocab_size < 0 || d->vocab_size > INT32_MAX || d->min_frequency < 0 || d->limit_alphabet < 0)
        return bert__fail(d->error, BERT_ERROR_ARGUMENT, NULL, -1, "vocab_size, min_frequency and limit_alphabet must not be negative, and vocab_size at most 2147483647");
    if (!d->specials && d->specials_count)
        return bert__fail(d->error, BERT_ERROR_ARGUMENT, NULL, -1, "specials_count is %zu, but specials is NULL", d->specials_count);
    if (d->vocab_size && (uint64_t)d->vocab_size < (d->specials ? d->specials_count : 5))
        return bert__fail(d->error, BERT_ERROR_ARGUMENT, NULL, -1, "vocab_size %lld has no room for the special tokens", (long long)d->vocab_size);
    for (i = 0; i < d->specials_count; i++) {
        p = d->specials[i];
        while (p && *p && *p != '\n' && *p != '\r') p++;
        if (!p || *p || p == d->specials[i] || p - d->specials[i] > 65535)
            return bert__fail(d->error, BERT_ERROR_ARGUMENT, NULL, -1, "special token %zu is NULL, empty, too long or has a line end in it", i);
    }
    return BERT_OK;
}
BERT_API bert_status bert_learner_open(const bert_learn_desc *desc, bert_learner **out)
{
    static const char *const usual[] = { "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]" };
    bert__arena arena;
    bert_learner *l;
    const char *const *specials;
    const char **copies;
    bert_status st;
    size_t i, n;
    int32_t b;
    int k;
    if (!desc || !out) return bert__fail(desc ? desc->error : NULL, BERT_ERROR_ARGUMENT, NULL, -1, "bert_learner_open needs a desc and a place for the learner");
    if ((st = bert__learner_check(desc)) != BERT_OK) return st;
    bert__arena_init(&arena, &desc->allocator, 1 << 16);
    l = (bert_learner *)bert__arena_get(&arena, sizeof *l);
    if (!l) goto memory;
    memset(l, 0, sizeof *l);
    l->desc = *desc;
    l->desc.allocator = arena.allocator;
    l->desc.parallel = bert__parallel(desc->parallel);
    if (!l->desc.vocab_size) l->desc.vocab_size = 30522;
    if (!l->desc.min_frequency) l->desc.min_frequency = 2;
    if (!l->desc.limit_alphabet) l->desc.limit_alphabet = 1000;
    if (!l->desc.max_bytes) l->desc.max_bytes = (size_t)1 << 30;
    if (l->desc.max_bytes < (size_t)1 << 20) l->desc.max_bytes = (size_t)1 << 20;

    n = desc->specials ? desc->specials_count : sizeof usual / sizeof *usual;
    specials = desc->specials ? desc->specials : usual;
    copies = (const char **)bert__arena_get(&arena, bert__mul(n, sizeof *copies));
    if (!copies) goto memory;
    for (i = 0; i < n; i++) {
        size_t size = strlen(specials[i]) + 1;
        char *copy = (char *)bert__arena_get_aligned(&arena, size, 1);
        if (!copy) goto memory;
        memcpy(copy, specials[i], size);
        copies[i] = copy;
    }
    l->desc.specials = copies;
    l->desc.specials_count = n;

    l->block_count = l->desc.parallel.width == 1 ? 1 : l->desc.parallel.width < 64 ? 2 * l->desc.parallel.width : 128;
    l->blocks = (bert__learn_block *)bert__arena_get(&arena, (size_t)l->block_count * sizeof *l->blocks);
    if (!l->blocks) goto memory;
    memset(l->blocks, 0, (size_t)l->block_count * sizeof *l->blocks);
    for (b = 0; b < l->block_count; b++) {
        bert__buf_init(&l->blocks[b].text, &arena.allocator);
        for (k = 0; k < BERT__LEARN_PARTS; k++) bert__words_init(&l->blocks[b].parts[k], &arena.allocator, SIZE_MAX);
    }
    for (k = 0; k < BERT__LEARN_PARTS; k++) bert__words_init(&l->parts[k], &arena.allocator, l->desc.max_bytes / BERT__LEARN_PARTS);
    bert__buf_init(&l->vocab, &arena.allocator);

    bert__basic_init(&l->basic, desc->mode == BERT_TOKENIZER_HF, desc->lower_case != BERT_OFF,
                     (desc->strip_accents ? desc->strip_accents : desc->lower_case) != BERT_OFF, desc->cjk != BERT_OFF, 1, 1);
    l->arena = arena;
    *out = l;
    return BERT_OK;
memory:
    bert__arena_free(&arena);
    return bert__fail(desc->error, BERT_ERROR_MEMORY, NULL, -1, "out of memory while opening a learner");
}
BERT_API bert_learn_counts bert_learner_counts(const bert_learner *learner) { return learner->counts; }
BERT_API void bert_learner_close(bert_learner *learner)
{
    bert__arena arena;
    int32_t i;
    int k;
    if (!learner) return;
    for (i = 0; i < learner->block_count; i++) {
        bert__buf_free(&learner->blocks[i].text);
        for (k = 0; k < BERT__LEARN_PARTS; k++) bert__words_free(&learner->blocks[i].parts[k]);
    }
    for (k = 0; k < BERT__LEARN_PARTS; k++) bert__words_free(&learner->parts[k]);
    bert__buf_free(&learner->vocab);
    arena = learner->arena;                                             /* the learner lives in it */
    bert__arena_free(&arena);
}
#endif /* BERT_NO_LEARN */

#endif /* BERT_NO_TOKENIZER */

/* ============================================================================================================
   >>history
   0.1.1   2026-11-29  for bert.h.
   0.1.0   2026-11-21  first version: the base and the tokenizer.
   ============================================================================================================ */

/* ============================================================================================================
   >>license
   Two licences, choose whichever you prefer; the full texts are in the file LICENSE beside this header.

   A. MIT No Attribution. Copyright (c) 2026 the bert.h authors. Permission is hereby granted, free of charge, to any
   person obtaining a copy of this software and associated documentation files (the "Software"), to deal in the Software
   without restriction, including without limitation the rights to use, copy, modify, merge, publish, distribute,
   sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so. THE
   SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
   WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
   COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
   OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.

   B. The Unlicense: this is free and unencumbered software released into the public domain (https://unlicense.org).

   The tables of >>unicode derive from the Unicode Character Database, version 14.0.0, Copyright (c) 1991-2021 Unicode,
   Inc., used under the Unicode License (https://www.unicode.org/license.txt; its notice is in LICENSE too).
   ============================================================================================================ */

#endif /* BERT_TOKENIZER_IMPLEMENTATION */
