/* bert.h - v0.1.0 - BERT in one C header: open, inspect and convert checkpoints; more to come
   SPDX-License-Identifier: MIT-0 OR Unlicense          (licence: >>license)

   IS        Checkpoints in and out: TensorFlow's (Google's BERT, NEZHA), PyTorch's (Hugging Face, NVIDIA) and
             safetensors, read and written without Python.
   IS NOT    yet: a forward pass, training, tasks. A general tensor library: never.
   TRUST     Checkpoint files may be hostile: nothing in them is executed, every size is checked before it is used,
             memory stays in proportion to the file. Fuzzed.

   START     In exactly one source file:   #define BERT_IMPLEMENTATION   before   #include "bert.h"
             (it includes bert_tokenizer.h and implements that as well).

      #define BERT_IMPLEMENTATION
      #include "bert.h"
      #include <stdio.h>
      int main(int argc, char **argv) {                          // cc -O2 list.c -lm && ./a.out model.safetensors
          bert_error err = {0};
          bert_checkpoint_desc desc = {0};
          bert_checkpoint *ckpt;
          if (argc < 2) return 2;
          desc.path = argv[1];  desc.error = &err;
          if (bert_checkpoint_open(&desc, &ckpt)) { fprintf(stderr, "%s\n", err.message); return 1; }
          for (int64_t i = 0; i < bert_checkpoint_count(ckpt); i++) {
              const bert_tensor *t = bert_checkpoint_tensor(ckpt, i);
              printf("%s %s %lld\n", t->name, bert_dtype_name(t->dtype), (long long)t->count);
          }
          bert_checkpoint_close(ckpt);
          return 0;
      }

   CONVENTIONS  those of bert_tokenizer.h (errors, descs, memory, threads), and
      numbers   row-major, last dimension contiguous; files are little-endian, what you get is the machine's own order
      letters   B sequences  T tokens of all sequences  C channels  H heads  D = C/H  F feed-forward  V vocabulary  L layers

   CONTENTS  (search for the tag)
      >>options    compile-time switches                   >>types      dtypes, tensors, checkpoints
      >>api        all public functions
      ---- implementation (the base it stands on is in bert_tokenizer.h) ----
      >>dtypes     sizes, names, conversion by value       >>container  the list of tensors behind every format
      >>zip        archives and inflate                    >>safetensors
      >>pytorch    zip and legacy, a pickle machine        >>bundle     TensorFlow's .index and .data files
      >>resolve    what a path means                       >>config     the numbers of a BERT
      >>tensors    THE table of parameters                 >>names      who spells them how
      >>model      a checkpoint understood
      >>kernels    what all kernels do, as a table         >>ref        the kernels in plain C: the specification
      >>simd       the fast kernels, written once          >>tiers      AVX2, AVX-512, NEON: what they are written in
      >>cpu        which kernels this machine runs         >>history    changes by version
      >>license    both licences
*/
#ifndef BERT_H
#define BERT_H

#include "bert_tokenizer.h"

/* ============================================================================================================
   >>options
   Those of bert_tokenizer.h hold here too. Besides:

   option                where           what it does, what it costs or saves
   BERT_IMPLEMENTATION   implementation  compiles this header's functions here, and the tokenizer's.
   BERT_NO_SAFETENSORS   implementation  leaves out safetensors.
   BERT_NO_PICKLE        implementation  leaves out PyTorch's files.
   BERT_NO_TF            implementation  leaves out TensorFlow's.
   ============================================================================================================ */

/* ============================================================================================================
   >>types
   ============================================================================================================ */

/* Types of stored values: name as safetensors spells it, bytes. */
#define BERT_DTYPE_LIST(X)                                                                                             \
    X(BERT_DTYPE_NONE, "none", 0) X(BERT_F32, "F32", 4) X(BERT_F64, "F64", 8) X(BERT_F16, "F16", 2)                    \
    X(BERT_BF16, "BF16", 2) X(BERT_I64, "I64", 8) X(BERT_I32, "I32", 4) X(BERT_I16, "I16", 2) X(BERT_I8, "I8", 1)      \
    X(BERT_U64, "U64", 8) X(BERT_U32, "U32", 4) X(BERT_U16, "U16", 2) X(BERT_U8, "U8", 1) X(BERT_BOOL, "BOOL", 1)      \
    X(BERT_F8_E4M3, "F8_E4M3", 1) X(BERT_F8_E5M2, "F8_E5M2", 1) X(BERT_C64, "C64", 8) X(BERT_STRING, "STRING", 0)
#define BERT_DTYPE_ENUM(name, text, bytes) name,
typedef enum bert_dtype { BERT_DTYPE_LIST(BERT_DTYPE_ENUM) BERT_DTYPE_COUNT } bert_dtype;

/* A tensor of an open checkpoint; belongs to it. */
typedef struct bert_tensor {
    const char *name;                   /* UTF-8, terminated */
    const int64_t *shape;               /* [rank] */
    int64_t count;                      /* elements: the product of the shape */
    int32_t rank;
    bert_dtype dtype;
    /* private: where the values lie */
    const unsigned char *data;          /* element 0, in the file's byte order */
    const int64_t *strides;             /* [rank] in elements, or NULL: contiguous */
    int32_t big_endian;
} bert_tensor;

typedef enum bert_format { BERT_FORMAT_AUTO = 0, BERT_FORMAT_SAFETENSORS = 1, BERT_FORMAT_PYTORCH = 2, BERT_FORMAT_TF = 3 } bert_format;

typedef struct bert_checkpoint bert_checkpoint;

/* A checkpoint to open: a file, a TensorFlow prefix (dir/bert_model.ckpt), an index.json, a directory, or a zip archive;
   or the bytes of one file in memory, which must stay as long as the checkpoint is open. */
typedef struct bert_checkpoint_desc {
    const char *path;
    const void *data;
    size_t size;
    bert_allocator allocator;
    bert_error *error;
} bert_checkpoint_desc;

/* A tensor to write: values in the machine's byte order, contiguous. */
typedef struct bert_output {
    const char *name;
    const void *data;
    const int64_t *shape;               /* [rank] */
    int32_t rank;
    bert_dtype dtype;
} bert_output;

typedef struct bert_write_desc {
    const char *path;                   /* the file; for TensorFlow the prefix */
    const bert_output *tensors;         /* [count] */
    size_t count;
    bert_format format;                 /* default: by the path's ending: .safetensors, .bin or .pt, else TensorFlow */
    const char *const *metadata;        /* safetensors: key, value, key, value, ... NULL; may be NULL */
    bert_allocator allocator;
    bert_error *error;
} bert_write_desc;

/* ---- configs ---- */

/* Whose code made the weights: decides what "gelu" means in a config (Google, NVIDIA and NEZHA compute the tanh form, Hugging
   Face the exact one). */
typedef enum bert_source { BERT_SOURCE_UNKNOWN = 0, BERT_SOURCE_GOOGLE = 1, BERT_SOURCE_HF = 2, BERT_SOURCE_NVIDIA = 3, BERT_SOURCE_NEZHA = 4 } bert_source;

typedef enum bert_activation {
    BERT_ACTIVATION_DEFAULT = 0, BERT_GELU_ERF, BERT_GELU_TANH, BERT_GELU_10, BERT_QUICK_GELU, BERT_RELU, BERT_SILU, BERT_TANH, BERT_LINEAR
} bert_activation;

typedef struct bert_config {
    int32_t hidden_size;                /* C */
    int32_t layers;                     /* L */
    int32_t heads;                      /* H, divides C; 0: not known, for a model opened without a config */
    int32_t intermediate_size;          /* F */
    int32_t vocab_size;                 /* V */
    int32_t max_positions;              /* P; no limit to the length where positions are relative */
    int32_t type_vocab_size;            /* K */
    int32_t max_relative_position;      /* NEZHA: 64; 0: a table of absolute positions */
    int32_t labels;                     /* of the classifier, where the config says; else 0 */
    bert_activation activation;
    bert_source source;
    double layer_norm_eps, hidden_dropout, attention_dropout, initializer_range;
    char unknown[256];                  /* names of members this library does not use, for reports: "a, b" */
} bert_config;

/* ---- models ---- */

typedef struct bert_model bert_model;

/* Heads, as bits. */
#define BERT_HEAD_POOLER 1u
#define BERT_HEAD_MLM 2u
#define BERT_HEAD_NSP 4u
#define BERT_HEAD_CLASSIFIER 8u         /* Google's output_weights; HF's classifier (sequences, tokens or choices) */
#define BERT_HEAD_SPAN 16u              /* Google's cls/squad; HF's qa_outputs */

typedef struct bert_model_desc {
    const char *path;                   /* as for bert_checkpoint_open */
    const char *config_path;            /* default: bert_config.json or config.json beside the checkpoint */
    const bert_config *config;          /* instead of any file */
    uint32_t heads;                     /* these must be there */
    bert_source source;                 /* default: told from names and config */
    bert_activation activation;         /* default: by config and source */
    bert_allocator allocator;
    bert_error *error;
} bert_model_desc;

/* One parameter of a model: a row of the table of tensors, in one layer. */
typedef struct bert_parameter {
    const char *name;                   /* Hugging Face's, with "bert." in front of the encoder's */
    const bert_tensor *tensor;          /* in the checkpoint */
    int64_t shape[2];                   /* [rank] as the table has it: a matrix is [out, in] */
    int32_t rank, layer;                /* layer: -1 outside the encoder */
    int32_t transposed;                 /* the file has it the other way round (TensorFlow's kernels) */
    int32_t decay;                      /* 1: weight decay applies to it by Google's rule */
} bert_parameter;

/* ---- sessions: sequences in, numbers out ---- */

typedef enum bert_precision { BERT_PRECISION_DEFAULT = 0, BERT_PRECISION_F32 = 1, BERT_PRECISION_BF16 = 2, BERT_PRECISION_INT8 = 3 } bert_precision;

/* Which instructions the kernels use. REF: the plain C of >>ref, on every machine; the others where compiler and processor
   have them. Default: the best there is. */
typedef enum bert_isa { BERT_ISA_DEFAULT = 0, BERT_ISA_REF = 1, BERT_ISA_AVX2 = 2, BERT_ISA_AVX512 = 3, BERT_ISA_NEON = 4, BERT_ISA_COUNT } bert_isa;

typedef struct bert_packed bert_packed;
typedef struct bert_session bert_session;

/* Weights to pack for {precision, isa}: once, for any number of sessions. */
typedef struct bert_packed_desc {
    const bert_model *model;            /* stays open as long as what was packed: tables of embeddings are not copied */
    bert_precision precision;           /* default F32 */
    bert_isa isa;
    bert_parallel parallel;             /* packs with these threads */
    bert_allocator allocator;
    bert_error *error;
} bert_packed_desc;

/* What to do with a sequence that is longer than the model's table of positions, or than max_tokens. */
typedef enum bert_too_long { BERT_TOO_LONG_ERROR = 0, BERT_TOO_LONG_TRUNCATE = 1, BERT_TOO_LONG_WINDOWS = 2 } bert_too_long;

typedef struct bert_session_desc {
    const bert_model *model;            /* stays open as long as the session */
    bert_packed *packed;                /* default: its own */
    bert_precision precision;           /* as in bert_packed_desc, where packed is not given */
    bert_isa isa;
    int32_t threads;                    /* default: one a core; or: */
    bert_parallel parallel;             /* threads lent by the host; then the session starts none */
    int64_t max_tokens;                 /* computed at once: larger batches are taken in parts of whole sequences. Default 1024,
                                           or the model's positions if these are more. Decides the memory (bert_plan). */
    bert_allocator allocator;
    bert_error *error;
} bert_session_desc;

/* Sequences back to back, without padding. */
typedef struct bert_batch {
    int64_t sequences;                  /* B */
    const int64_t *offsets;             /* [B+1] sequence b is rows offsets[b] to offsets[b+1]-1 of T = offsets[B]; may not be empty */
    const int32_t *ids;                 /* [T] */
    const float *embeds;                /* [T,C] instead of ids: what would be looked up in the word embeddings */
    const int32_t *segment_ids;         /* [T], or NULL: 0 */
    const int32_t *position_ids;        /* [T], or NULL: 0, 1, 2, ... in each sequence */
    const uint8_t *key_mask;            /* [T], or NULL: 0 where nobody may attend to this row */
    const float *score_bias;            /* or NULL: for each sequence of S rows [S,S], (query, key) added to the scores of all heads,
                                           one after another */
    bert_too_long too_long;             /* ERROR or TRUNCATE; the outputs of rows cut off are 0 */
} bert_batch;

/* Padded input, as the reference programs have it: ids [B,S], mask [B,S] 1 token, 0 padding. DROP leaves padding out: nothing is
   computed for it. KEEP takes every row, as the reference does, with key_mask. */
typedef enum bert_padding { BERT_PADDING_DROP = 0, BERT_PADDING_KEEP = 1 } bert_padding;
typedef struct bert_padded {
    int64_t sequences, length;          /* B, S */
    const int32_t *ids, *mask, *segment_ids;   /* [B,S]; mask and segment_ids may be NULL */
    bert_padding padding;
    /* yours to lend, filled by bert_batch_from_padded: */
    int64_t *offsets;                   /* [B+1] */
    int64_t *rows;                      /* [B*S] row t of the batch is row rows[t] of the padded input */
    int32_t *row_ids, *row_segments, *row_positions;   /* [B*S] */
    uint8_t *row_mask;                  /* [B*S] */
} bert_padded;

typedef enum bert_pooling {
    BERT_POOLING_MEAN = 0, BERT_POOLING_CLS = 1, BERT_POOLING_MAX = 2, BERT_POOLING_POOLER = 3, BERT_POOLING_MEAN_SQRT = 4, BERT_POOLING_WEIGHTED_MEAN = 5,
    BERT_POOLING_LAST = 6
} bert_pooling;

/* What to compute: point what you want at arrays; the rest stays NULL and is not computed. Logits are raw: see bert_softmax,
   bert_log_softmax, bert_sigmoid. */
typedef struct bert_result {
    float *hidden;                      /* [T,C] the last layer */
    float **layers;                     /* [L+1] each [T,C] or NULL: 0 the embeddings, l the output of layer l */
    float **attention;                  /* [L] each NULL or, for each sequence of S rows, [H,S,S] probabilities, one after another */
    float *pooled;                      /* [B,C] tanh of the pooler: NEXT SENTENCE and sequence classification stand on it */
    float *vectors;                     /* [B,C] one vector for each sequence, by: */
    bert_pooling pooling;
    int32_t normalize;                  /* 1: vectors get length 1 */
    float *next_sentence;               /* [B,2] logits: 0 "is next", 1 "is not" */
    float *classes;                     /* [B,N] logits of the classifier on the pooled row: labels, regression, choices, pair scores */
    float *token_classes;               /* [T,N] logits of the classifier on each row: NER */
    float *spans;                       /* [T,2] logits: start, end of the answer */
    int64_t masked_count;               /* rows to predict words at */
    const int64_t *masked_rows;         /* [masked_count] rows of the batch */
    float *words;                       /* [masked_count,V] logits of the masked language model */
} bert_result;

/* ---- memory beforehand ---- */

typedef struct bert_plan_desc {
    const bert_config *config;          /* or: */
    const bert_model *model;            /* its config, heads, and which tables need a copy */
    uint32_t heads;                     /* with config: which heads there will be */
    bert_precision precision;
    bert_isa isa;
    int32_t threads;
    int64_t max_tokens;                 /* as in bert_session_desc */
    int32_t lent_threads;               /* 1: the session gets desc.parallel */
} bert_plan_desc;
typedef struct bert_plan {
    size_t weights;                     /* of the parameters as float32: what a checkpoint takes */
    size_t packed;                      /* one allocation of bert_packed_open */
    size_t session;                     /* one allocation of bert_session_open, activations included */
    size_t pool;                        /* one allocation for threads */
    size_t total;                       /* packed + session + pool */
} bert_plan;

/* ============================================================================================================
   >>api
   ============================================================================================================ */

BERT_API const char *bert_dtype_name(bert_dtype dtype);
BERT_API size_t bert_dtype_size(bert_dtype dtype);

/* Converts n values by value; numbers round to nearest even, too large ones become infinite, integers saturate. `from`
   and `to` may not overlap unless they are the same type. Refuses C64 and STRING on either side unless the types agree. */
BERT_API bert_status bert_convert(const void *from, bert_dtype from_type, void *to, bert_dtype to_type, size_t n);

BERT_API bert_status bert_checkpoint_open(const bert_checkpoint_desc *desc, bert_checkpoint **out);
BERT_API void bert_checkpoint_close(bert_checkpoint *checkpoint);
BERT_API int64_t bert_checkpoint_count(const bert_checkpoint *checkpoint);
BERT_API const bert_tensor *bert_checkpoint_tensor(const bert_checkpoint *checkpoint, int64_t index);
BERT_API const bert_tensor *bert_checkpoint_find(const bert_checkpoint *checkpoint, const char *name);
/* What it is ("safetensors", "PyTorch zip", "PyTorch legacy", "TensorFlow bundle", with "sharded " in front), and where. */
BERT_API const char *bert_checkpoint_format(const bert_checkpoint *checkpoint);
BERT_API const char *bert_checkpoint_path(const bert_checkpoint *checkpoint);
/* A value of safetensors' __metadata__, or NULL. */
BERT_API const char *bert_checkpoint_metadata(const bert_checkpoint *checkpoint, const char *key);

/* All values of a tensor as `type`, `count` of them (the tensor's own count, or an error). */
BERT_API bert_status bert_tensor_read(const bert_tensor *tensor, bert_dtype type, void *out, int64_t count, bert_error *error);
/* The values where they lie, if that is contiguous, aligned and in the machine's byte order; else NULL. */
BERT_API const void *bert_tensor_view(const bert_tensor *tensor);

/* Writes a checkpoint: complete, or not at all. */
BERT_API bert_status bert_checkpoint_write(const bert_write_desc *desc);

/* Configs: Google's bert_config.json or HF's config.json; or by name: tiny, mini, small, medium, base, large, L-<layers>_H-<hidden>
   (Google's 24 small models), base-cased, base-multilingual-cased, base-chinese, large-cased, nezha-base, nezha-large, ... */
BERT_API bert_status bert_config_parse(const char *text, size_t size, const char *path, bert_config *out, bert_error *error);
BERT_API bert_status bert_config_read(const char *path, bert_config *out, bert_error *error);
BERT_API bert_status bert_config_named(const char *name, bert_config *out, bert_error *error);
BERT_API bert_status bert_config_check(const bert_config *config, const char *path, bert_error *error);
BERT_API const char *bert_activation_name(bert_activation activation);     /* as transformers spells it */

/* A model: a checkpoint whose tensors have been recognised. The encoder must be complete and its shapes agree, with each
   other and with the config. What the file has besides is listed, not refused. */
BERT_API bert_status bert_model_open(const bert_model_desc *desc, bert_model **out);
BERT_API void bert_model_close(bert_model *model);
BERT_API const bert_config *bert_model_config(const bert_model *model);
BERT_API const bert_checkpoint *bert_model_checkpoint(const bert_model *model);
BERT_API uint32_t bert_model_heads(const bert_model *model);
BERT_API int64_t bert_model_parameter_count(const bert_model *model);
BERT_API const bert_parameter *bert_model_parameter(const bert_model *model, int64_t index);
BERT_API const bert_parameter *bert_model_find(const bert_model *model, const char *name);
/* The values, float32, in the table's layout (matrices [out, in]). */
BERT_API bert_status bert_parameter_read(const bert_parameter *parameter, float *out, int64_t count, bert_error *error);

/* What a tensor of a checkpoint is. name: Hugging Face's name; google: Google's; each with the slot ("/adam_m") behind, if it is
   one. Returns 0 for a tensor that is no part of a BERT (then the names are its own). */
typedef struct bert_tensor_role {
    char name[160], google[160];
    int32_t row, layer, slot;           /* slot: 0 the weight, else an optimizer's */
    int32_t matrix;                     /* TensorFlow keeps it transposed */
    bert_source source;                 /* whose spelling it was */
} bert_tensor_role;
BERT_API int bert_tensor_recognise(const char *name, bert_tensor_role *out);

/* ---- sessions ---- */

/* What this machine can run. */
BERT_API const char *bert_isa_name(bert_isa isa);                               /* "ref", "avx2", ... */
BERT_API int bert_isa_available(bert_isa isa);
BERT_API bert_isa bert_isa_best(void);

/* Packed weights are immutable and counted: sessions that use them hold them; close gives up the caller's share. */
BERT_API bert_status bert_packed_open(const bert_packed_desc *desc, bert_packed **out);
BERT_API void bert_packed_close(bert_packed *packed);

/* A session belongs to one user thread at a time; several sessions may share model and packed weights. */
BERT_API bert_status bert_session_open(const bert_session_desc *desc, bert_session **out);
BERT_API void bert_session_close(bert_session *session);
/* The desc as it was understood: threads, instructions, max_tokens. */
BERT_API bert_session_desc bert_session_desc_resolved(const bert_session *session);

/* Runs the model. A sequence gives the same bits alone, in any batch, with any number of threads (for one binary on one
   kind of instructions). On failure the arrays of `result` may hold part of the numbers. */
BERT_API bert_status bert_session_run(bert_session *session, const bert_batch *batch, const bert_result *result, bert_error *error);

/* Padded input as a batch that uses the arrays lent in `padded`. */
BERT_API bert_status bert_batch_from_padded(const bert_padded *padded, bert_batch *out, bert_error *error);

/* Rows of n numbers, in place. */
BERT_API void bert_softmax(float *x, int64_t rows, int64_t n);
BERT_API void bert_log_softmax(float *x, int64_t rows, int64_t n);
BERT_API void bert_sigmoid(float *x, int64_t rows, int64_t n);
/* The k largest of n, largest first, the lower index first where equal. */
BERT_API void bert_top_k(const float *x, int64_t n, int64_t k, int32_t *indices);

#ifndef BERT_NO_TOKENIZER
/* Texts to vectors: tokenizes, runs and pools. Texts that are too long are refused, cut, or taken in windows whose rows are
   pooled together (with CLS and POOLER: averaged). */
typedef struct bert_embed_desc {
    bert_pooling pooling;
    int32_t normalize;
    bert_too_long too_long;
    int64_t max_length;                 /* tokens of a text, [CLS] and [SEP] included; default: what the session can */
    int64_t stride;                     /* WINDOWS: tokens that neighbours share; default an eighth */
    bert_error *error;
} bert_embed_desc;
BERT_API bert_status bert_session_embed(bert_session *session, const bert_tokenizer *tokenizer, const bert_embed_desc *desc,
                                        const char *const *texts, const size_t *sizes, int64_t count, float *out /* [count,C] */);
#endif

/* Bytes that packed weights and a session will take, exactly, without taking them; and the largest max_tokens that fits a budget
   (0: none does). */
BERT_API bert_status bert_plan_memory(const bert_plan_desc *desc, bert_plan *out, bert_error *error);
BERT_API int64_t bert_plan_largest(const bert_plan_desc *desc, size_t budget);

#endif /* BERT_H */

/* ============================================================================================================
   ============================================================================================================
   IMPLEMENTATION. Stop here if you only use the library.
   ============================================================================================================ */
#if defined(BERT_IMPLEMENTATION) && !defined(BERT__IMPLEMENTED)
#define BERT__IMPLEMENTED

#include "bert_tokenizer.h"             /* its implementation, where its declarations came earlier */
#include <float.h>
#include <math.h>

/* ============================================================================================================
   >>dtypes
   Purpose   sizes and names of stored types; conversion by value.
   Uses      nothing.
   Promises  float32 to float64 and back, F16 and BF16 to float32 are exact; narrowing rounds to nearest even.
   ============================================================================================================ */

BERT_API const char *bert_dtype_name(bert_dtype dtype)
{
#define BERT__DTYPE_NAME(name, text, bytes) text,
    static const char *const names[] = { BERT_DTYPE_LIST(BERT__DTYPE_NAME) };
#undef BERT__DTYPE_NAME
    return (unsigned)dtype < (unsigned)BERT_DTYPE_COUNT ? names[dtype] : "unknown";
}
BERT_API size_t bert_dtype_size(bert_dtype dtype)
{
#define BERT__DTYPE_SIZE(name, text, bytes) bytes,
    static const uint8_t sizes[] = { BERT_DTYPE_LIST(BERT__DTYPE_SIZE) };
#undef BERT__DTYPE_SIZE
    return (unsigned)dtype < (unsigned)BERT_DTYPE_COUNT ? sizes[dtype] : 0;
}

BERT__INLINE float bert__bits_to_float(uint32_t bits) { float f; memcpy(&f, &bits, 4); return f; }
BERT__INLINE uint32_t bert__float_to_bits(float f) { uint32_t bits; memcpy(&bits, &f, 4); return bits; }

/* A small binary float (sign, `exponent` bits, `mantissa` bits) widened to float32, exactly. F8_E4M3 has no infinity. */
BERT__FN float bert__widen(uint32_t v, int exponent, int mantissa, int infinite)
{
    const uint32_t sign = v >> (exponent + mantissa) << 31, e = v >> mantissa & (((uint32_t)1 << exponent) - 1);
    uint32_t m = v & (((uint32_t)1 << mantissa) - 1);
    const int bias = (1 << (exponent - 1)) - 1;
    int shift = 0;
    if (e == ((uint32_t)1 << exponent) - 1 && (infinite || m == ((uint32_t)1 << mantissa) - 1)) {
        if (!infinite) return bert__bits_to_float(sign | 0x7FC00000u);
        return bert__bits_to_float(sign | 0x7F800000u | m << (23 - mantissa));
    }
    if (e) return bert__bits_to_float(sign | (uint32_t)((int)e - bias + 127) << 23 | m << (23 - mantissa));
    if (!m) return bert__bits_to_float(sign);
    while (!(m >> mantissa)) { m <<= 1; shift++; }                      /* subnormal: find its leading bit */
    return bert__bits_to_float(sign | (uint32_t)(1 - shift - bias + 127) << 23 | (m & (((uint32_t)1 << mantissa) - 1)) << (23 - mantissa));
}
/* float32 to a small binary float, nearest even; too large becomes infinite (or NaN where there is no infinity). */
BERT__FN uint32_t bert__narrow(float f, int exponent, int mantissa, int infinite)
{
    const uint32_t bits = bert__float_to_bits(f), sign = bits >> 31 << (exponent + mantissa), top = ((uint32_t)1 << exponent) - 1;
    const int bias = (1 << (exponent - 1)) - 1;
    const uint32_t field = bits >> 23 & 255;                            /* 0: subnormal, without a leading bit */
    int e = (int)(field ? field : 1) - 127 + bias, drop = 23 - mantissa;
    uint32_t m = (bits & 0x7FFFFF) | (field ? 0x800000u : 0), v, rest;
    if ((bits & 0x7FFFFFFF) > 0x7F800000) return sign | top << mantissa | (infinite ? (m >> drop & (((uint32_t)1 << mantissa) - 1)) | (uint32_t)1 << (mantissa - 1) : ((uint32_t)1 << mantissa) - 1);
    if ((bits & 0x7FFFFFFF) == 0) return sign;
    if (e < 1) { drop += 1 - e; e = 0; }                                /* subnormal there */
    if (drop > 25) return sign;
    rest = m & (((uint32_t)1 << drop) - 1);
    v = m >> drop;
    v += rest > (uint32_t)1 << (drop - 1) || (rest == (uint32_t)1 << (drop - 1) && (v & 1));
    v += e ? (uint32_t)(e - 1) << mantissa : 0;                         /* the leading bit of v raises the exponent by one */
    if (infinite ? v >= top << mantissa : v >= (top << mantissa | (((uint32_t)1 << mantissa) - 1)) ) v = infinite ? top << mantissa : top << mantissa | (((uint32_t)1 << mantissa) - 1);
    return sign | v;
}

/* Value i of p as float64; float64 holds all of these types but the largest 64-bit integers exactly. */
BERT__FN double bert__load_value(const unsigned char *p, bert_dtype type)
{
    switch (type) {
    case BERT_F32: { float v; memcpy(&v, p, 4); return v; }
    case BERT_F64: { double v; memcpy(&v, p, 8); return v; }
    case BERT_F16: { uint16_t v; memcpy(&v, p, 2); return bert__widen(v, 5, 10, 1); }
    case BERT_BF16: { uint16_t v; memcpy(&v, p, 2); return bert__bits_to_float((uint32_t)v << 16); }
    case BERT_I64: { int64_t v; memcpy(&v, p, 8); return (double)v; }
    case BERT_I32: { int32_t v; memcpy(&v, p, 4); return v; }
    case BERT_I16: { int16_t v; memcpy(&v, p, 2); return v; }
    case BERT_I8: return (signed char)p[0];
    case BERT_U64: { uint64_t v; memcpy(&v, p, 8); return (double)v; }
    case BERT_U32: { uint32_t v; memcpy(&v, p, 4); return v; }
    case BERT_U16: { uint16_t v; memcpy(&v, p, 2); return v; }
    case BERT_U8: return p[0];
    case BERT_BOOL: return p[0] != 0;
    case BERT_F8_E4M3: return bert__widen(p[0], 4, 3, 0);
    case BERT_F8_E5M2: return bert__widen(p[0], 5, 2, 1);
    default: return 0;
    }
}
BERT__FN int64_t bert__saturate(double v, int64_t low, int64_t high)
{
    if (!(v > (double)low)) return v < (double)low ? low : v == (double)low ? low : 0;      /* NaN becomes 0 */
    return v >= (double)high ? high : (int64_t)v;
}
/* float64 to float32 by hand for the types below it would round twice; these take the float32 that is nearest to odd. */
BERT__FN float bert__round_to_odd(double v)
{
    float f = (float)v;
    uint32_t bits = bert__float_to_bits(f);
    if ((double)f == v || v != v || (bits & 0x7F800000) == 0x7F800000) return f;
    if ((v > 0) == ((double)f > v)) bits--;                             /* towards zero ... */
    return bert__bits_to_float(bits | 1);                               /* ... and sticky */
}
BERT__FN void bert__store_value(unsigned char *p, bert_dtype type, double v)
{
    switch (type) {
    case BERT_F32: { float f = (float)v; memcpy(p, &f, 4); break; }
    case BERT_F64: memcpy(p, &v, 8); break;
    case BERT_F16: { uint16_t h = (uint16_t)bert__narrow(bert__round_to_odd(v), 5, 10, 1); memcpy(p, &h, 2); break; }
    case BERT_BF16: { uint16_t h = (uint16_t)bert__narrow(bert__round_to_odd(v), 8, 7, 1); memcpy(p, &h, 2); break; }
    case BERT_I64: { int64_t i = bert__saturate(v, INT64_MIN, INT64_MAX); memcpy(p, &i, 8); break; }
    case BERT_I32: { int32_t i = (int32_t)bert__saturate(v, INT32_MIN, INT32_MAX); memcpy(p, &i, 4); break; }
    case BERT_I16: { int16_t i = (int16_t)bert__saturate(v, INT16_MIN, INT16_MAX); memcpy(p, &i, 2); break; }
    case BERT_I8: p[0] = (unsigned char)(signed char)bert__saturate(v, -128, 127); break;
    case BERT_U64: { uint64_t i = v >= 18446744073709551616.0 ? UINT64_MAX : v > 0 ? (uint64_t)v : 0; memcpy(p, &i, 8); break; }
    case BERT_U32: { uint32_t i = (uint32_t)bert__saturate(v, 0, UINT32_MAX); memcpy(p, &i, 4); break; }
    case BERT_U16: { uint16_t i = (uint16_t)bert__saturate(v, 0, UINT16_MAX); memcpy(p, &i, 2); break; }
    case BERT_U8: p[0] = (unsigned char)bert__saturate(v, 0, 255); break;
    case BERT_BOOL: p[0] = v != 0; break;
    case BERT_F8_E4M3: p[0] = (unsigned char)bert__narrow(bert__round_to_odd(v), 4, 3, 0); break;
    case BERT_F8_E5M2: p[0] = (unsigned char)bert__narrow(bert__round_to_odd(v), 5, 2, 1); break;
    default: break;
    }
}
/* A 64-bit integer, which float64 may not hold exactly. Integers are cut to the range directly. Narrower floats get a
   float64 of which the lowest bit says that something was cut off: enough to round once, and rightly. */
BERT__FN void bert__store_wide(unsigned char *p, bert_dtype type, const unsigned char *from, int is_signed)
{
    uint64_t v, low;
    int negative;
    double d;
    memcpy(&v, from, 8);
    negative = is_signed && v >> 63;
    if (type == BERT_I64 || type == BERT_U64) {
        if (type == BERT_I64 && !is_signed && v >> 63) v = INT64_MAX;
        if (type == BERT_U64 && negative) v = 0;
        memcpy(p, &v, 8);
        return;
    }
    if (negative) v = 0 - v;
    low = v & 2047;
    if (v >> 53 && type != BERT_F64) v = (v - low) | (uint64_t)(low != 0) << 11;
    d = (double)v;
    bert__store_value(p, type, negative ? -d : d);
}
BERT__FN int bert__is_number(bert_dtype type) { return type > BERT_DTYPE_NONE && type < BERT_C64; }

BERT_API bert_status bert_convert(const void *from, bert_dtype from_type, void *to, bert_dtype to_type, size_t n)
{
    const unsigned char *p = (const unsigned char *)from;
    unsigned char *q = (unsigned char *)to;
    const size_t a = bert_dtype_size(from_type), b = bert_dtype_size(to_type);
    size_t i;
    if (n && (!from || !to)) return BERT_ERROR_ARGUMENT;
    if (from_type == to_type && a) { if (n) memmove(to, from, n * a); return BERT_OK; }
    if (!bert__is_number(from_type) || !bert__is_number(to_type)) return BERT_ERROR_UNSUPPORTED;
    if (from_type == BERT_I64 || from_type == BERT_U64) {
        for (i = 0; i < n; i++) bert__store_wide(q + i * b, to_type, p + i * a, from_type == BERT_I64);
        return BERT_OK;
    }
    for (i = 0; i < n; i++) bert__store_value(q + i * b, to_type, bert__load_value(p + i * a, from_type));
    return BERT_OK;
}

/* ============================================================================================================
   >>container
   Purpose   what every format's reader fills: a list of tensors over files in memory.
   Uses      >>dtypes, the base.
   Promises  a tensor in the list is sound: its product of dimensions fits, and every element it can reach lies inside
             the bytes it was given. Names are found by hash.

   A reader adds files (bert__checkpoint_file), then tensors (bert__add_tensor), which checks them; on failure it returns
   the status of bert__fail and bert_checkpoint_open frees everything. Memory that lives as long as the checkpoint comes
   from checkpoint->arena.
   ============================================================================================================ */

typedef struct bert__open_file { struct bert__open_file *next; bert_file file; } bert__open_file;

struct bert_checkpoint {
    bert__arena arena;                  /* holds this struct too */
    bert__buf tensors;                  /* bert_tensor [count] */
    uint32_t *index;                    /* [slots] open addressing: tensor number + 1 */
    size_t slots;
    bert__open_file *files;
    const char *format, *path;
    const char **metadata;              /* [2 * metadata_count] key, value */
    size_t metadata_count;
    size_t file_bytes;                  /* of all files together: what memory is measured against */
    bert_error *error;                  /* while opening */
};

/* A failure in a tensor of a file. */
BERT__PRINTF(6, 7) BERT__NOINLINE bert_status bert__fail_tensor(bert_error *e, bert_status status, const char *path, int64_t at, const char *tensor, const char *format, ...)
{
    char text[400];
    va_list args;
    va_start(args, format);
    bert__vformat(text, sizeof text, format, args);
    va_end(args);
    bert__fail(e, status, path, at, "%.*s: %s", 100, tensor, text);
    if (e) bert__format(e->tensor, sizeof e->tensor, "%s", tensor);
    return status;
}

/* Opens a file that stays open with the checkpoint; NULL after a failure that is reported. */
BERT__FN const bert_file *bert__checkpoint_file(bert_checkpoint *c, const char *path, bert_status *status)
{
    bert__open_file *f = (bert__open_file *)bert__arena_get(&c->arena, sizeof *f);
    if (!f) { *status = bert__fail(c->error, BERT_ERROR_MEMORY, path, -1, "out of memory"); return NULL; }
    *status = bert_file_open(path, &c->arena.allocator, &f->file, c->error);
    if (*status != BERT_OK) return NULL;
    f->next = c->files;
    c->files = f;
    c->file_bytes = bert__add(c->file_bytes, f->file.size);
    return &f->file;
}
/* A terminated copy of a string, which lives as long as the checkpoint; NULL when memory runs out. */
BERT__FN const char *bert__checkpoint_string(bert_checkpoint *c, const char *text, size_t size)
{
    char *copy = (char *)bert__arena_get_aligned(&c->arena, bert__add(size, 1), 1);
    if (!copy) return NULL;
    if (size) memcpy(copy, text, size);
    copy[size] = 0;
    return copy;
}
BERT__FN uint32_t bert__name_hash(const char *name, size_t n)
{
    uint32_t h = 2166136261u;
    size_t i;
    for (i = 0; i < n; i++) h = (h ^ (unsigned char)name[i]) * 16777619u;
    return h ^ h >> 15;
}
BERT__FN bert_tensor *bert__tensor_at(const bert_checkpoint *c, size_t i) { return (bert_tensor *)(void *)c->tensors.data + i; }
BERT__FN size_t bert__tensor_count(const bert_checkpoint *c) { return c->tensors.size / sizeof(bert_tensor); }

BERT__FN size_t bert__name_slot(const bert_checkpoint *c, const char *name, size_t n)
{
    size_t slot = bert__name_hash(name, n) & (c->slots - 1);
    while (c->index[slot]) {
        const char *have = bert__tensor_at(c, c->index[slot] - 1)->name;
        if (strlen(have) == n && memcmp(have, name, n) == 0) break;
        slot = (slot + 1) & (c->slots - 1);
    }
    return slot;
}

/* Puts a sound tensor into the list. A name that is there already is replaced (as Python's dict would). */
BERT__FN bert_status bert__list_tensor(bert_checkpoint *c, const bert_tensor *t, const char *path)
{
    size_t slot;
    if ((bert__tensor_count(c) + 1) * 2 > c->slots) {
        size_t old = bert__tensor_count(c), i, room = c->slots ? c->slots * 2 : 512;
        c->index = (uint32_t *)bert__arena_get(&c->arena, room * sizeof *c->index);
        if (!c->index) { c->slots = 0; return bert__fail(c->error, BERT_ERROR_MEMORY, path, -1, "out of memory"); }
        memset(c->index, 0, room * sizeof *c->index);
        c->slots = room;
        for (i = 0; i < old; i++) c->index[bert__name_slot(c, bert__tensor_at(c, i)->name, strlen(bert__tensor_at(c, i)->name))] = (uint32_t)i + 1;
    }
    slot = bert__name_slot(c, t->name, strlen(t->name));
    if (c->index[slot]) { *bert__tensor_at(c, c->index[slot] - 1) = *t; return BERT_OK; }
    bert__buf_add(&c->tensors, t, sizeof *t);
    if (c->tensors.failed) return bert__fail(c->error, BERT_ERROR_MEMORY, path, -1, "out of memory");
    c->index[slot] = (uint32_t)bert__tensor_count(c);
    return BERT_OK;
}

/* A tensor as a reader found it. `data` to `limit` are the bytes it may use; element 0 lies `offset` elements behind data. */
typedef struct bert__found {
    const char *name;
    size_t name_size;
    const int64_t *shape, *strides;     /* [rank]; strides in elements, NULL: contiguous */
    int64_t rank, offset;
    bert_dtype dtype;
    const unsigned char *data;
    size_t limit;
    int big_endian;
    const char *path;                   /* for messages, with the byte `at` */
    int64_t at;
} bert__found;

/* Checks a tensor and adds it to the list. Strings are listed, but have no values. */
BERT__FN bert_status bert__add_tensor(bert_checkpoint *c, const bert__found *f)
{
    bert_tensor t;
    int64_t count = 1, last, k;
    int64_t *shape;
    size_t n = bert_dtype_size(f->dtype);
    char name[101];
    memset(&t, 0, sizeof t);
    bert__format(name, sizeof name, "%.*s", f->name_size < 100 ? (int)f->name_size : 100, f->name);
    if (memchr(f->name, 0, f->name_size)) return bert__fail_tensor(c->error, BERT_ERROR_FORMAT, f->path, f->at, name, "the name holds a NUL");
    if (f->name_size > 65535) return bert__fail_tensor(c->error, BERT_ERROR_FORMAT, f->path, f->at, name, "the name has %zu bytes", f->name_size);
    if (!n && f->dtype != BERT_STRING) return bert__fail_tensor(c->error, BERT_ERROR_UNSUPPORTED, f->path, f->at, name, "values of type %s", bert_dtype_name(f->dtype));
    if (f->rank < 0 || f->rank > 64) return bert__fail_tensor(c->error, BERT_ERROR_UNSUPPORTED, f->path, f->at, name, "it has %lld dimensions; up to 64 are read", (long long)f->rank);
    for (k = 0; k < f->rank; k++) {
        if (f->shape[k] < 0) return bert__fail_tensor(c->error, BERT_ERROR_FORMAT, f->path, f->at, name, "dimension %lld is %lld", (long long)k, (long long)f->shape[k]);
        if (f->shape[k] && count > INT64_MAX / 16 / f->shape[k]) return bert__fail_tensor(c->error, BERT_ERROR_FORMAT, f->path, f->at, name, "the dimensions multiply to more than 2^59");
        count *= f->shape[k];
    }
    for (k = 0, last = f->offset; k < f->rank && count && f->strides; k++) {
        const int64_t s = f->strides[k];
        if (s < 0 || (s && f->shape[k] - 1 > (INT64_MAX / 16 - last) / s)) return bert__fail_tensor(c->error, BERT_ERROR_FORMAT, f->path, f->at, name, "stride %lld is %lld: it leaves the storage", (long long)k, (long long)s);
        last += s * (f->shape[k] - 1);
    }
    if (!f->strides) last = f->offset > INT64_MAX / 16 - count ? INT64_MAX / 16 : f->offset + (count ? count - 1 : 0);
    if (f->offset < 0 || (count && n && (uint64_t)last >= f->limit / n))
        return bert__fail_tensor(c->error, BERT_ERROR_FORMAT, f->path, f->at, name, "needs element %lld of a storage that has %zu", (long long)last, f->limit / n);
    if ((uint64_t)count * n / 4 > c->file_bytes)                            /* a tensor by stride 0 from few values: nobody stores that */
        return bert__fail_tensor(c->error, BERT_ERROR_UNSUPPORTED, f->path, f->at, name, "it expands to %lld values, far more than the file holds", (long long)count);
    t.name = bert__checkpoint_string(c, f->name, f->name_size);
    shape = (int64_t *)bert__arena_get_aligned(&c->arena, ((size_t)f->rank * 2 + 1) * sizeof *shape, 8);
    if (!t.name || !shape) return bert__fail(c->error, BERT_ERROR_MEMORY, f->path, -1, "out of memory");
    for (k = 0; k < f->rank; k++) {
        shape[k] = f->shape[k];
        shape[f->rank + k] = f->strides ? f->strides[k] : 0;
    }
    for (k = f->rank - 1, last = 1; k >= 0 && f->strides; k--) {            /* strides that say "contiguous" are dropped */
        if (f->shape[k] != 1 && f->strides[k] != last) t.strides = shape + f->rank;
        last *= f->shape[k];
    }
    if (!count) t.strides = NULL;
    t.shape = shape;
    t.rank = (int32_t)f->rank;
    t.count = count;
    t.dtype = f->dtype;
    t.data = count && n ? f->data + (size_t)f->offset * n : f->data;
    t.big_endian = f->big_endian;
    return bert__list_tensor(c, &t, f->path);
}

BERT_API int64_t bert_checkpoint_count(const bert_checkpoint *checkpoint) { return checkpoint ? (int64_t)bert__tensor_count(checkpoint) : 0; }
BERT_API const bert_tensor *bert_checkpoint_tensor(const bert_checkpoint *checkpoint, int64_t index)
{
    return checkpoint && index >= 0 && index < (int64_t)bert__tensor_count(checkpoint) ? bert__tensor_at(checkpoint, (size_t)index) : NULL;
}
BERT_API const bert_tensor *bert_checkpoint_find(const bert_checkpoint *checkpoint, const char *name)
{
    size_t slot;
    if (!checkpoint || !name || !checkpoint->slots) return NULL;
    slot = bert__name_slot(checkpoint, name, strlen(name));
    return checkpoint->index[slot] ? bert__tensor_at(checkpoint, checkpoint->index[slot] - 1) : NULL;
}
BERT_API const char *bert_checkpoint_format(const bert_checkpoint *checkpoint) { return checkpoint->format; }
BERT_API const char *bert_checkpoint_path(const bert_checkpoint *checkpoint) { return checkpoint->path; }
BERT_API const char *bert_checkpoint_metadata(const bert_checkpoint *checkpoint, const char *key)
{
    size_t i;
    for (i = 0; i < checkpoint->metadata_count; i++)
        if (strcmp(checkpoint->metadata[2 * i], key) == 0) return checkpoint->metadata[2 * i + 1];
    return NULL;
}
BERT__FN int bert__machine_is_big(void) { const uint16_t one = 1; unsigned char b; memcpy(&b, &one, 1); return b == 0; }

BERT_API const void *bert_tensor_view(const bert_tensor *tensor)
{
    const size_t n = bert_dtype_size(tensor->dtype);
    if (tensor->strides || !n || (tensor->big_endian != bert__machine_is_big() && n > 1)) return NULL;
    return (uintptr_t)tensor->data % (n < 8 ? n : 8) ? NULL : tensor->data;
}
BERT_API bert_status bert_tensor_read(const bert_tensor *tensor, bert_dtype type, void *out, int64_t count, bert_error *error)
{
    const size_t n = bert_dtype_size(tensor->dtype), m = bert_dtype_size(type);
    const size_t part = tensor->dtype == BERT_C64 ? 4 : n;              /* what has a byte order */
    const int swap = tensor->big_endian != bert__machine_is_big() && part > 1;
    unsigned char *to = (unsigned char *)out, value[16];
    int64_t at[64], i, k;
    size_t offset = 0, b;
    if (!out || count != tensor->count)
        return bert__fail_tensor(error, BERT_ERROR_ARGUMENT, NULL, -1, tensor->name, "has %lld values, room was given for %lld", (long long)tensor->count, (long long)count);
    if (!n || (tensor->dtype != type && (!bert__is_number(tensor->dtype) || !bert__is_number(type))))
        return bert__fail_tensor(error, BERT_ERROR_UNSUPPORTED, NULL, -1, tensor->name, "is %s, which does not become %s", bert_dtype_name(tensor->dtype), bert_dtype_name(type));
    if (!tensor->strides && !swap) return bert_convert(tensor->data, tensor->dtype, out, type, (size_t)count);
    memset(at, 0, sizeof at);
    for (i = 0; i < count; i++) {
        for (b = 0; b < n; b++) value[b] = tensor->data[offset * n + (swap ? b / part * part + (part - 1 - b % part) : b)];
        bert_convert(value, tensor->dtype, to + (size_t)i * m, type, 1);
        for (k = tensor->rank - 1; k >= 0; k--) {                       /* the next element: an odometer */
            const int64_t stride = tensor->strides ? tensor->strides[k] : 0;
            if (++at[k] < tensor->shape[k]) { offset += tensor->strides ? (size_t)stride : 1; break; }
            at[k] = 0;
            if (tensor->strides) offset -= (size_t)(stride * (tensor->shape[k] - 1));
            else if (k == 0) break;
        }
        if (!tensor->strides) offset = (size_t)i + 1;
    }
    return BERT_OK;
}

BERT_API void bert_checkpoint_close(bert_checkpoint *checkpoint)
{
    bert__arena arena;
    bert__open_file *f;
    if (!checkpoint) return;
    for (f = checkpoint->files; f; f = f->next) bert_file_close(&f->file);
    bert__buf_free(&checkpoint->tensors);
    arena = checkpoint->arena;
    bert__arena_free(&arena);
}

/* ============================================================================================================
   >>zip
   Purpose   archives in memory: what PyTorch writes since 1.6, and what Google publishes its models in.
   Uses      >>container, the base.
   Promises  every offset and size is checked against the file; entries cannot leave it. Unpacking gives exactly the
             declared size or an error, and never more than 64 times the packed size, or in sum 16 times the file (and
             1 MB each). What is unpacked, and archives of up to 16 MB, are checked by CRC-32. Stored entries of larger
             archives are not read at all, only pointed to (so that a large model opens at once), except by
             bert__zip_check; damage to their numbers passes unseen, as in PyTorch.

   A zip archive is read from its end. The last record says where the central directory lies; that lists every entry:
   name, sizes, method, and where its local header is, behind which the bytes lie. Local headers repeat most of this, but
   writers that did not know the sizes in advance leave them zero there, so the directory's word counts; of the local
   header only its length matters. Numbers that do not fit 32 bits stand in a "zip64" field beside the normal ones.
   Bytes in front of the archive shift all offsets by as much; bytes after it are ignored.
   ============================================================================================================ */

BERT__INLINE uint32_t bert__load16(const unsigned char *p) { return (uint32_t)p[0] | (uint32_t)p[1] << 8; }

/* CRC-32 by any (mirrored) polynomial: zip has one, TensorFlow another. Eight bytes a step, with eight tables: table[k][b]
   is the effect of byte b followed by k zero bytes. */
typedef struct bert__crc { uint32_t table[8][256]; } bert__crc;
#define BERT__CRC_ZIP 0xEDB88320u
#define BERT__CRC_CASTAGNOLI 0x82F63B78u

BERT__FN void bert__crc_init(bert__crc *c, uint32_t polynomial)
{
    uint32_t i, k, v;
    for (i = 0; i < 256; i++) {
        for (v = i, k = 0; k < 8; k++) v = v >> 1 ^ (v & 1 ? polynomial : 0);
        c->table[0][i] = v;
    }
    for (i = 0; i < 256; i++)
        for (k = 1; k < 8; k++) c->table[k][i] = c->table[k - 1][i] >> 8 ^ c->table[0][c->table[k - 1][i] & 255];
}
/* Continues a CRC, which starts at 0, with more bytes. */
BERT__FN uint32_t bert__crc_add(const bert__crc *c, uint32_t crc, const void *data, size_t n)
{
    const unsigned char *p = (const unsigned char *)data;
    crc = ~crc;
    for (; n >= 8; p += 8, n -= 8) {
        const uint32_t a = crc ^ bert__load32(p), b = bert__load32(p + 4);
        crc = c->table[7][a & 255] ^ c->table[6][a >> 8 & 255] ^ c->table[5][a >> 16 & 255] ^ c->table[4][a >> 24]
            ^ c->table[3][b & 255] ^ c->table[2][b >> 8 & 255] ^ c->table[1][b >> 16 & 255] ^ c->table[0][b >> 24];
    }
    for (; n; p++, n--) crc = crc >> 8 ^ c->table[0][(crc ^ *p) & 255];
    return ~crc;
}

/* ---- inflate: the "deflate" method, RFC 1951 ----

   The stream is bits, lowest first. Blocks follow each other: copied bytes, or symbols in a Huffman code that is fixed or
   comes with the block. A symbol is a byte, the block's end, or a length, which a distance follows: "copy so many bytes
   from so far back". A code is given by the lengths of its words alone: words of equal length are consecutive numbers in
   the order of their symbols, and shorter words come before longer ones. Words of up to 10 bits are found in a table by
   the next 10 bits; longer ones bit by bit, by counting how many words there are of each length. */

typedef struct bert__huffman { uint16_t fast[1024], count[16], symbol[288]; } bert__huffman;   /* fast: symbol << 4 | length */

/* The code of n symbols with these lengths; 0 if there is none: too many words, or words left over (of which a code of
   one word of one bit has one, and a code without words is never used). */
BERT__FN int bert__huffman_build(bert__huffman *h, const unsigned char *length, uint32_t n, int complete)
{
    uint16_t first[16], next[16];
    uint32_t i, k, code = 0;
    int32_t left = 1;
    memset(h, 0, sizeof *h);
    for (i = 0; i < n; i++) h->count[length[i]]++;
    h->count[0] = 0;
    for (k = 1; k < 16; k++) {
        left = 2 * left - h->count[k];
        if (left < 0) return 0;
        code = (code + h->count[k - 1]) << 1;
        next[k] = (uint16_t)code;
    }
    for (k = 2, i = 0; k < 16; k++) i += h->count[k];
    if (left && (complete || i)) return 0;
    for (k = 1, first[0] = first[1] = 0; k < 15; k++) first[k + 1] = (uint16_t)(first[k] + h->count[k]);
    for (i = 0; i < n; i++) {
        const uint32_t len = length[i];
        uint32_t word, reversed = 0;
        if (!len) continue;
        h->symbol[first[len]++] = (uint16_t)i;
        word = next[len]++;
        if (len > 10) continue;
        for (k = 0; k < len; k++) reversed |= (word >> k & 1) << (len - 1 - k);
        for (k = reversed; k < 1024; k += 1u << len) h->fast[k] = (uint16_t)(i << 4 | len);
    }
    return 1;
}

typedef struct bert__inflater {
    const unsigned char *p, *end;
    uint64_t bits;                      /* the next bits; those above `have` are what is still to be read, or zero */
    uint32_t have, over;                /* over: bytes read past the end, as zeros */
    unsigned char *out;
    size_t at, size;
    bert__huffman literals, distances;
} bert__inflater;

/* At least 56 bits: more than a length with its distance takes. */
BERT__INLINE void bert__inflate_fill(bert__inflater *s)
{
    if (s->end - s->p >= 8) {
        s->bits |= bert__load64(s->p) << s->have;
        s->p += (63 - s->have) >> 3;
        s->have |= 56;
        return;
    }
    for (; s->have < 56; s->have += 8) {
        if (s->p < s->end) s->bits |= (uint64_t)*s->p++ << s->have;
        else s->over++;
    }
}
BERT__INLINE uint32_t bert__inflate_bits(bert__inflater *s, uint32_t n)
{
    const uint32_t v = (uint32_t)s->bits & (((uint32_t)1 << n) - 1);
    s->bits >>= n;
    s->have -= n;
    return v;
}
BERT__INLINE int bert__inflate_symbol(bert__inflater *s, const bert__huffman *h)
{
    const uint32_t found = h->fast[s->bits & 1023];
    uint32_t code = 0, first = 0, index = 0, k;
    if (found) { s->bits >>= found & 15; s->have -= found & 15; return (int)(found >> 4); }
    for (k = 1; k < 16; k++) {
        code |= (uint32_t)(s->bits >> (k - 1)) & 1;
        if (code - first < h->count[k]) { s->bits >>= k; s->have -= k; return h->symbol[index + (code - first)]; }
        index += h->count[k];
        first = (first + h->count[k]) << 1;
        code <<= 1;
    }
    return -1;
}
/* The codes of a block that brings its own; NULL or what is wrong. Their lengths are themselves in a code. */
BERT__FN const char *bert__inflate_codes(bert__inflater *s)
{
    static const unsigned char order[19] = { 16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15 };
    unsigned char length[320];
    uint32_t literals, distances, n, i;
    bert__inflate_fill(s);
    literals = 257 + bert__inflate_bits(s, 5);
    distances = 1 + bert__inflate_bits(s, 5);
    n = 4 + bert__inflate_bits(s, 4);
    if (literals > 286 || distances > 30) return "too many symbols";
    memset(length, 0, 19);
    for (i = 0; i < n; i++) {
        bert__inflate_fill(s);
        length[order[i]] = (unsigned char)bert__inflate_bits(s, 3);
    }
    if (!bert__huffman_build(&s->literals, length, 19, 1)) return "the code of the code lengths is none";
    for (i = 0; i < literals + distances; ) {
        int symbol;
        uint32_t repeat = 1;
        unsigned char v = 0;
        bert__inflate_fill(s);
        symbol = bert__inflate_symbol(s, &s->literals);
        if (symbol < 0) return "not a symbol";
        if (symbol < 16) v = (unsigned char)symbol;
        else if (symbol == 16) {
            if (!i) return "nothing to repeat";
            v = length[i - 1];
            repeat = 3 + bert__inflate_bits(s, 2);
        } else repeat = symbol == 17 ? 3 + bert__inflate_bits(s, 3) : 11 + bert__inflate_bits(s, 7);
        if (repeat > literals + distances - i) return "too many code lengths";
        while (repeat--) length[i++] = v;
    }
    if (!length[256]) return "no end of the block";
    if (!bert__huffman_build(&s->literals, length, literals, 0) || !bert__huffman_build(&s->distances, length + literals, distances, 0)) return "a code that is none";
    return NULL;
}
/* Unpacks exactly s->size bytes to s->out; NULL or what is wrong. */
BERT__FN const char *bert__inflate(bert__inflater *s)
{
    static const uint16_t length_base[29] = { 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258 };
    static const unsigned char length_bits[29] = { 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0 };
    static const uint16_t distance_base[30] = { 1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577 };
    uint32_t last, type, i;
    do {
        bert__inflate_fill(s);
        last = bert__inflate_bits(s, 1);
        type = bert__inflate_bits(s, 2);
        if (s->over * 8 > s->have) return "it ends in the middle";
        if (type == 3) return "a block of no known type";
        if (type == 0) {                                                /* copied: LEN, its complement, bytes */
            uint32_t n, check;
            bert__inflate_bits(s, s->have & 7);
            bert__inflate_fill(s);
            n = bert__inflate_bits(s, 16);
            check = bert__inflate_bits(s, 16);
            if (n != (check ^ 0xFFFF)) return "a copied block with two lengths";
            if (s->over * 8 > s->have) return "it ends in the middle";
            s->p -= s->have / 8 - s->over;                              /* whole bytes: those that were read ahead go back */
            s->bits = 0;
            s->have = s->over = 0;
            if (n > (size_t)(s->end - s->p)) return "it ends in the middle";
            if (n > s->size - s->at) return "more bytes than declared";
            if (n) memcpy(s->out + s->at, s->p, n);
            s->p += n;
            s->at += n;
            continue;
        }
        if (type == 1) {
            unsigned char length[288];
            for (i = 0; i < 288; i++) length[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
            bert__huffman_build(&s->literals, length, 288, 1);
            memset(length, 5, 32);
            bert__huffman_build(&s->distances, length, 32, 1);
        } else {
            const char *wrong = bert__inflate_codes(s);
            if (wrong) return wrong;
        }
        for (;;) {
            int symbol;
            size_t n, back;
            unsigned char *to;
            bert__inflate_fill(s);
            symbol = bert__inflate_symbol(s, &s->literals);
            if (symbol == 256) break;
            if (symbol < 0 || symbol > 285) return "not a symbol";
            if (symbol < 256) {
                if (s->at == s->size) return "more bytes than declared";
                s->out[s->at++] = (unsigned char)symbol;
                continue;
            }
            n = (size_t)length_base[symbol - 257] + bert__inflate_bits(s, length_bits[symbol - 257]);
            symbol = bert__inflate_symbol(s, &s->distances);
            if (symbol < 0 || symbol > 29) return "not a distance";
            back = (size_t)distance_base[symbol] + bert__inflate_bits(s, symbol < 2 ? 0 : (uint32_t)symbol / 2 - 1);
            if (back > s->at) return "a distance to before the start";
            if (n > s->size - s->at) return "more bytes than declared";
            to = s->out + s->at;
            s->at += n;
            if (back >= n) memcpy(to, to - back, n);
            else for (; n; n--, to++) *to = *(to - back);               /* it may reach into what it writes: a repetition */
        }
        if (s->over * 8 > s->have) return "it ends in the middle";
    } while (!last);
    return s->at == s->size ? NULL : "fewer bytes than declared";
}

/* ---- the archive ---- */

typedef struct bert__zip_entry {
    const char *name;                   /* in the file, not terminated */
    size_t name_size;
    const unsigned char *data;          /* packed */
    size_t packed;
    uint64_t size;                      /* unpacked, as declared */
    uint32_t crc, method, flags;
    const unsigned char *unpacked;      /* once it was asked for */
} bert__zip_entry;

typedef struct bert__zip {
    const char *path;
    const unsigned char *data;
    size_t size;
    bert__zip_entry *entries;           /* [count] in the directory's order */
    size_t count;
    uint32_t *index;                    /* [slots] open addressing: entry number + 1 */
    size_t slots;
    uint64_t unpacked;                  /* bytes, of all entries together */
    bert__crc crc;
} bert__zip;

/* Where the end record is: the last place that looks like one and fits; SIZE_MAX if there is none. */
BERT__FN size_t bert__zip_end(const unsigned char *data, size_t size)
{
    size_t at, found = SIZE_MAX;
    const size_t low = size > 65535 + 22 ? size - 65535 - 22 : 0;
    if (size < 22) return SIZE_MAX;
    for (at = size - 22 + 1; at-- > low; ) {
        size_t used;
        if (data[at] != 'P' || bert__load32(data + at) != 0x06054B50) continue;
        used = 22 + bert__load16(data + at + 20);                       /* with its comment */
        if (used == size - at) return at;
        if (used < size - at && found == SIZE_MAX) found = at;          /* and bytes after it */
    }
    return found;
}
/* By content: the start or the end of an archive. */
BERT__FN int bert__is_zip(const unsigned char *data, size_t size)
{
    size_t end;
    if (size >= 4 && data[0] == 'P' && data[1] == 'K' && ((data[2] == 3 && data[3] == 4) || (data[2] == 5 && data[3] == 6) || (data[2] == 6 && (data[3] == 6 || data[3] == 7)))) return 1;
    end = bert__zip_end(data, size);
    return end != SIZE_MAX && (uint64_t)bert__load32(data + end + 12) + bert__load32(data + end + 16) <= end;
}

BERT__FN size_t bert__zip_slot(const bert__zip *z, const char *name, size_t size)
{
    size_t slot = bert__name_hash(name, size) & (z->slots - 1);
    while (z->index[slot]) {
        const bert__zip_entry *e = &z->entries[z->index[slot] - 1];
        if (e->name_size == size && memcmp(e->name, name, size) == 0) break;
        slot = (slot + 1) & (z->slots - 1);
    }
    return slot;
}
BERT__FN bert__zip_entry *bert__zip_find(const bert__zip *z, const char *name, size_t size)
{
    const size_t slot = bert__zip_slot(z, name, size);
    return z->index[slot] ? &z->entries[z->index[slot] - 1] : NULL;
}

/* Reads one entry of the directory at `at` (of `left` bytes), and its local header; *used is what it took. */
BERT__FN bert_status bert__zip_read_entry(bert_checkpoint *c, const bert__zip *z, size_t at, size_t left, uint64_t shift, bert__zip_entry *e, size_t *used)
{
    const unsigned char *p = z->data + at, *extra;
    const char *wrong = "the zip directory's entry is cut short: the file is damaged";
    size_t name, more, comment, k;
    uint64_t packed, local;
    if (left < 46 || bert__load32(p) != 0x02014B50) return bert__fail(c->error, BERT_ERROR_FORMAT, z->path, (int64_t)at, "the zip directory has no entry here: the file is damaged");
    name = bert__load16(p + 28);
    more = bert__load16(p + 30);
    comment = bert__load16(p + 32);
    if (name + more + comment > left - 46) return bert__fail(c->error, BERT_ERROR_FORMAT, z->path, (int64_t)at, "%s", wrong);
    *used = 46 + name + more + comment;
    memset(e, 0, sizeof *e);
    e->name = (const char *)p + 46;
    e->name_size = name;
    e->flags = bert__load16(p + 8);
    e->method = bert__load16(p + 10);
    e->crc = bert__load32(p + 16);
    packed = bert__load32(p + 20);
    e->size = bert__load32(p + 24);
    local = bert__load32(p + 42);
    if (packed == 0xFFFFFFFF || e->size == 0xFFFFFFFF || local == 0xFFFFFFFF) {     /* then a zip64 field has them, in this order */
        int done = 0;
        for (k = 0, extra = p + 46 + name; !done && k + 4 <= more; k += 4 + bert__load16(extra + k + 2)) {
            size_t f = k + 4, end = k + 4 + bert__load16(extra + k + 2);
            if (end > more) break;
            if (bert__load16(extra + k) != 1) continue;
            done = 1;
            if (e->size == 0xFFFFFFFF) { if (f + 8 <= end) e->size = bert__load64(extra + f); else done = 0; f += 8; }
            if (packed == 0xFFFFFFFF) { if (f + 8 <= end) packed = bert__load64(extra + f); else done = 0; f += 8; }
            if (local == 0xFFFFFFFF) { if (f + 8 <= end) local = bert__load64(extra + f); else done = 0; }
            if (!done) break;
        }
        if (!done) return bert__fail(c->error, BERT_ERROR_FORMAT, z->path, (int64_t)at, "%.*s: its zip64 sizes are missing", name < 100 ? (int)name : 100, e->name);
    }
    if (local > z->size || local + shift > z->size || z->size - (size_t)(local + shift) < 30 || bert__load32(z->data + local + shift) != 0x04034B50)
        return bert__fail(c->error, BERT_ERROR_FORMAT, z->path, (int64_t)at, "%.*s: no local header where the zip directory says", name < 100 ? (int)name : 100, e->name);
    p = z->data + local + shift;
    k = (size_t)(p - z->data) + 30 + bert__load16(p + 26) + bert__load16(p + 28);
    if (bert__load16(p + 26) != name || k > z->size || packed > z->size - k)
        return bert__fail(c->error, BERT_ERROR_FORMAT, z->path, (int64_t)(p - z->data), "%.*s: %llu bytes, which the file does not have there", name < 100 ? (int)name : 100, e->name, (unsigned long long)packed);
    e->data = z->data + k;
    e->packed = (size_t)packed;
    return BERT_OK;
}

/* Reads the directory. The entries lie in the checkpoint's arena, the bytes where they are. */
BERT__FN bert_status bert__zip_open(bert_checkpoint *c, bert__zip *z, const char *path, const unsigned char *data, size_t size)
{
    const size_t end = bert__zip_end(data, size);
    uint64_t count, bytes, offset, shift = 0;
    size_t top = end, at, left, most, used = 0;                         /* top: where the directory has ended */
    int zip64 = 0;
    z->path = path;
    z->data = data;
    z->size = size;
    z->count = 0;
    z->unpacked = 0;
    bert__crc_init(&z->crc, BERT__CRC_ZIP);
    if (end == SIZE_MAX) return bert__fail(c->error, BERT_ERROR_FORMAT, path, (int64_t)size, "a zip archive without its end record: the file is cut short; download or copy it again");
    count = bert__load16(data + end + 10);
    bytes = bert__load32(data + end + 12);
    offset = bert__load32(data + end + 16);
    if (end >= 20 && bert__load32(data + end - 20) == 0x07064B50) {     /* the zip64 locator, and what it points to */
        const uint64_t where = bert__load64(data + end - 12);
        size_t record = where <= end ? (size_t)where : SIZE_MAX;
        if (end < 76) record = SIZE_MAX;
        else if (record > end - 76 || bert__load32(data + record) != 0x06064B50) record = end - 76;     /* shifted: it stands in front */
        if (record == SIZE_MAX || bert__load32(data + record) != 0x06064B50)
            return bert__fail(c->error, BERT_ERROR_FORMAT, path, (int64_t)end - 20, "a zip64 archive without its end record: the file is damaged");
        zip64 = 1;
        top = record;
        count = bert__load64(data + record + 32);
        bytes = bert__load64(data + record + 40);
        offset = bert__load64(data + record + 48);
    }
    if (bert__load16(data + end + 4) != 0 && bert__load16(data + end + 4) != 0xFFFF)
        return bert__fail(c->error, BERT_ERROR_UNSUPPORTED, path, (int64_t)end, "one part of a zip archive in several files; join them first");
    if (bytes > top || offset > top - bytes)
        return bert__fail(c->error, BERT_ERROR_FORMAT, path, (int64_t)top, "the zip directory (%llu bytes from byte %llu) is not inside the file: it is damaged", (unsigned long long)bytes, (unsigned long long)offset);
    if (bytes && (bytes < 46 || bert__load32(data + offset) != 0x02014B50)) shift = top - bytes - offset;   /* bytes in front */
    left = (size_t)bytes;
    at = (size_t)(offset + shift);
    most = left / 46;                                                   /* an entry takes at least so much */
    if (zip64 ? count > most : count > (most > 65535 ? 65535 : most))
        return bert__fail(c->error, BERT_ERROR_FORMAT, path, (int64_t)top, "the zip directory has no room for %llu entries", (unsigned long long)count);
    for (z->slots = 16; z->slots < most * 2; z->slots *= 2) { }
    z->entries = (bert__zip_entry *)bert__arena_get(&c->arena, bert__mul(most + 1, sizeof *z->entries));
    z->index = (uint32_t *)bert__arena_get(&c->arena, bert__mul(z->slots, sizeof *z->index));
    if (!z->entries || !z->index || most > 0xFFFFFFF0) return bert__fail(c->error, BERT_ERROR_MEMORY, path, -1, "out of memory");
    memset(z->index, 0, z->slots * sizeof *z->index);
    for (; left; at += used, left -= used) {
        bert__zip_entry *e = &z->entries[z->count];
        size_t slot;
        bert_status s = bert__zip_read_entry(c, z, at, left, shift, e, &used);
        if (s != BERT_OK) return s;
        slot = bert__zip_slot(z, e->name, e->name_size);
        if (z->index[slot])
            return bert__fail(c->error, BERT_ERROR_FORMAT, path, (int64_t)at, "the archive has two entries named %.*s", e->name_size < 100 ? (int)e->name_size : 100, e->name);
        z->index[slot] = (uint32_t)++z->count;
    }
    if (zip64 ? z->count != count : (z->count & 65535) != count)
        return bert__fail(c->error, BERT_ERROR_FORMAT, path, (int64_t)top, "the zip directory has %zu entries and says %llu", z->count, (unsigned long long)count);
    return BERT_OK;
}

BERT__FN bert_status bert__zip_fail(bert_checkpoint *c, const bert__zip *z, const bert__zip_entry *e, bert_status status, const char *what)
{
    return bert__fail(c->error, status, z->path, (int64_t)(e->data - z->data), "%.*s: %s", e->name_size < 100 ? (int)e->name_size : 100, e->name, what);
}
/* Compares an entry's bytes with its CRC-32. */
BERT__FN bert_status bert__zip_check(bert_checkpoint *c, const bert__zip *z, const bert__zip_entry *e, const unsigned char *data, size_t size)
{
    if ((e->crc == 0 && e->method == 0) || bert__crc_add(&z->crc, 0, data, size) == e->crc) return BERT_OK;    /* 0: torch.save can be told not to count */
    return bert__zip_fail(c, z, e, BERT_ERROR_FORMAT, "the CRC-32 is another: the file is damaged; download or copy it again");
}
/* The bytes of an entry: in the file if they are stored, else unpacked, once, into the checkpoint's arena. */
BERT__FN bert_status bert__zip_bytes(bert_checkpoint *c, bert__zip *z, bert__zip_entry *e, const unsigned char **data, size_t *size)
{
    bert__inflater *s;
    unsigned char *out;
    const char *wrong;
    if (e->flags & 1) return bert__zip_fail(c, z, e, BERT_ERROR_UNSUPPORTED, "is encrypted; unpack the archive first");
    if (e->method != 0 && e->method != 8) return bert__zip_fail(c, z, e, BERT_ERROR_UNSUPPORTED, "is compressed by another method than deflate; unpack the archive first");
    if (e->method == 0) {
        if (e->size != e->packed) return bert__zip_fail(c, z, e, BERT_ERROR_FORMAT, "is stored, but its two sizes differ");
        *data = e->data;
        *size = e->packed;
        return z->size <= (size_t)16 << 20 ? bert__zip_check(c, z, e, *data, *size) : BERT_OK;
    }
    *data = e->unpacked;
    *size = (size_t)e->size;
    if (e->unpacked) return BERT_OK;
    if (e->size / 64 > (uint64_t)e->packed + (1 << 14) || e->size > SIZE_MAX / 4 || z->unpacked + e->size > (uint64_t)z->size * 16 + (1 << 20))
        return bert__zip_fail(c, z, e, BERT_ERROR_UNSUPPORTED, "unpacks to far more than the archive has; unpack it yourself if you trust it");
    z->unpacked += e->size;
    out = (unsigned char *)bert__arena_get(&c->arena, (size_t)e->size);
    s = (bert__inflater *)bert__alloc(&c->arena.allocator, sizeof *s);
    if (!out || !s) {
        bert__free(&c->arena.allocator, s);
        return bert__fail(c->error, BERT_ERROR_MEMORY, z->path, -1, "out of memory");
    }
    s->p = e->data;
    s->end = e->data + e->packed;
    s->bits = 0;
    s->have = s->over = 0;
    s->out = out;
    s->at = 0;
    s->size = (size_t)e->size;
    wrong = bert__inflate(s);
    bert__free(&c->arena.allocator, s);
    if (wrong)
        return bert__fail(c->error, BERT_ERROR_FORMAT, z->path, (int64_t)(e->data - z->data), "%.*s: its compressed data are damaged: %s", e->name_size < 100 ? (int)e->name_size : 100, e->name, wrong);
    *data = e->unpacked = out;
    return bert__zip_check(c, z, e, out, *size);
}

/* ============================================================================================================
   >>safetensors
   Purpose   Hugging Face's format for weights: read in place, and written byte for byte as their library writes it.
   Uses      >>json, >>container; bert__writer of >>files.
   Promises  the tensors of an accepted file tile it exactly: no hole, no overlap, nothing before or behind them. Opening
             touches the header only, so the size of the weights does not matter; n tensors cost n log n.

   A file is   8 bytes     N, little-endian
               N bytes     a JSON object, padded with blanks:
                           {"__metadata__":{"format":"pt"},
                            "bert.pooler.dense.bias":{"dtype":"F32","shape":[768],"data_offsets":[0,3072]}, ...}
               the rest    the values, little-endian and row-major; data_offsets [begin,end) count from here

   Reading. The header is checked as UTF-8 and becomes a tree of the base's parser, whose offsets are those of the file,
   so that each complaint can name a byte. Each member gives one tensor; a name that occurs twice counts with its last
   entry, as in the reference library. Then the ranges are sorted by their begin, and each must begin where the one
   before it ended, the last at the end of the file. Stricter than the reference: an entry must be an object (theirs may
   be a list), the first byte of the header must be '{' (as the format says), and 64 dimensions are enough.

   Writing. The order is theirs: by type in the order of their list, last first (so wide types come first and every
   tensor lies aligned, for the header's length is a multiple of 8), then by name. The values are streamed.
   ============================================================================================================ */

/* Sorts the numbers 0 ... n-1 in `order` by a comparison that never calls two different ones equal. Heap sort: in
   place, and no input makes it slow. */
typedef int (*bert__before_fn)(const void *user, uint32_t a, uint32_t b);

BERT__FN void bert__sort_order(uint32_t *order, size_t n, bert__before_fn before, const void *user)
{
    size_t end, build = n / 2, i, child;
    uint32_t v;
    for (i = 0; i < n; i++) order[i] = (uint32_t)i;
    for (end = n; end > 1;) {
        if (build) { v = order[--build]; i = build; }                   /* first make the heap: a parent is never before a child */
        else { v = order[--end]; order[end] = order[0]; i = 0; }        /* then move its top behind it, again and again */
        while ((child = 2 * i + 1) < end) {
            if (child + 1 < end && before(user, order[child], order[child + 1])) child++;
            if (!before(user, v, order[child])) break;
            order[i] = order[child];
            i = child;
        }
        order[i] = v;
    }
}
/* The first byte of a text that is not UTF-8; n if all is. */
BERT__FN size_t bert__utf8_check(const char *text, size_t n)
{
    size_t i = 0;
    while (i < n) {
        uint32_t c;
        int got = bert__utf8_get((const unsigned char *)text + i, n - i, &c);
        if (got <= 0) break;
        i += (size_t)got;
    }
    return i;
}

#ifndef BERT_NO_SAFETENSORS

enum { BERT__ST_HEADER_MOST = 100000000 };      /* the reference's limit too */

/* The types in the order of the reference's list; those without a type here are sub-byte or rarer kinds of float. */
typedef struct bert__st_dtype { char name[12]; bert_dtype type; } bert__st_dtype;
static const bert__st_dtype bert__st_dtypes[] = {
    { "BOOL", BERT_BOOL }, { "F4", BERT_DTYPE_NONE }, { "F6_E2M3", BERT_DTYPE_NONE }, { "F6_E3M2", BERT_DTYPE_NONE },
    { "U8", BERT_U8 }, { "I8", BERT_I8 }, { "F8_E5M2", BERT_F8_E5M2 }, { "F8_E4M3", BERT_F8_E4M3 },
    { "F8_E8M0", BERT_DTYPE_NONE }, { "F8_E4M3FNUZ", BERT_DTYPE_NONE }, { "F8_E5M2FNUZ", BERT_DTYPE_NONE },
    { "I16", BERT_I16 }, { "U16", BERT_U16 }, { "F16", BERT_F16 }, { "BF16", BERT_BF16 }, { "I32", BERT_I32 },
    { "U32", BERT_U32 }, { "F32", BERT_F32 }, { "C64", BERT_C64 }, { "F64", BERT_F64 }, { "I64", BERT_I64 },
    { "U64", BERT_U64 }
};
enum { BERT__ST_DTYPES = sizeof bert__st_dtypes / sizeof *bert__st_dtypes };

/* Where the values of a tensor lie, and where the header says so. */
typedef struct bert__st_range { uint64_t begin, end; size_t at; } bert__st_range;

BERT__FN int bert__st_range_before(const void *user, uint32_t a, uint32_t b)
{
    const bert__st_range *r = (const bert__st_range *)user;
    if (r[a].begin != r[b].begin) return r[a].begin < r[b].begin;
    return r[a].end != r[b].end ? r[a].end < r[b].end : a < b;
}
/* A number of the header: digits only, at most 2^63 - 1. */
BERT__FN int bert__st_number(const bert_json *v, int64_t *out) { return bert_json_int(v, out) && v->text[0] != '-'; }

/* __metadata__: strings by name. Filled from the back, so that of two equal keys the last is found. */
BERT__FN bert_status bert__st_metadata(bert_checkpoint *c, const char *path, const bert_json *map)
{
    const bert_json *v;
    size_t i = map->count;
    if (map->type == 'n') return BERT_OK;
    if (map->type != 'o') return bert__fail(c->error, BERT_ERROR_FORMAT, path, (int64_t)map->offset, "__metadata__ is not an object of strings");
    c->metadata = (const char **)bert__arena_get(&c->arena, bert__mul(map->count, 2 * sizeof *c->metadata));
    if (!c->metadata) return bert__fail(c->error, BERT_ERROR_MEMORY, path, -1, "out of memory");
    for (v = map->first; v; v = v->next) {
        if (v->type != 's') return bert__fail(c->error, BERT_ERROR_FORMAT, path, (int64_t)v->offset, "__metadata__ holds \"%s\", which is not a string", v->key);
        if (bert__utf8_check(v->key, v->key_size) != v->key_size || bert__utf8_check(v->text, v->size) != v->size)
            return bert__fail(c->error, BERT_ERROR_FORMAT, path, (int64_t)v->offset, "__metadata__ names half of a surrogate pair");
        i--;
        c->metadata[2 * i] = bert__checkpoint_string(c, v->key, v->key_size);
        c->metadata[2 * i + 1] = bert__checkpoint_string(c, v->text, v->size);
        if (!c->metadata[2 * i] || !c->metadata[2 * i + 1]) return bert__fail(c->error, BERT_ERROR_MEMORY, path, -1, "out of memory");
    }
    c->metadata_count = map->count;
    return BERT_OK;
}

/* One member of the header becomes a tensor of c over `values`; *range says where it lies. */
BERT__FN bert_status bert__st_entry(bert_checkpoint *c, const char *path, const bert_json *v, const unsigned char *values, uint64_t values_size, bert__st_range *range)
{
    const bert_json *field, *dtype = NULL, *dims = NULL, *offsets = NULL;
    int64_t shape[64], begin, end;
    uint64_t need;
    int k, n = 0, seen[3] = { 0, 0, 0 };
    bert__found found;
    const char *name = v->key;
    memset(&found, 0, sizeof found);
    if (bert__utf8_check(v->key, v->key_size) != v->key_size)
        return bert__fail_tensor(c->error, BERT_ERROR_FORMAT, path, (int64_t)v->offset, name, "the name holds half of a surrogate pair");
    if (v->type != 'o') return bert__fail_tensor(c->error, BERT_ERROR_FORMAT, path, (int64_t)v->offset, name, "the entry is not an object with dtype, shape and data_offsets");
    for (field = v->first; field; field = field->next) {                /* unknown fields are passed over */
        static const char *const names[] = { "dtype", "shape", "data_offsets" };
        for (k = 0; k < 3; k++) {
            if (field->key_size != strlen(names[k]) || memcmp(field->key, names[k], field->key_size)) continue;
            if (seen[k]++) return bert__fail_tensor(c->error, BERT_ERROR_FORMAT, path, (int64_t)field->offset, name, "%s is given twice", names[k]);
            if (k == 0) dtype = field; else if (k == 1) dims = field; else offsets = field;
        }
    }
    if (!dtype || !dims || !offsets)
        return bert__fail_tensor(c->error, BERT_ERROR_FORMAT, path, (int64_t)v->offset, name, "%s is missing", !dtype ? "dtype" : !dims ? "shape" : "data_offsets");
    for (k = 0; k < BERT__ST_DTYPES && !bert_json_is(dtype, bert__st_dtypes[k].name); k++) {}
    if (k == BERT__ST_DTYPES)
        return bert__fail_tensor(c->error, BERT_ERROR_FORMAT, path, (int64_t)dtype->offset, name, "dtype \"%.*s\" is none of safetensors' types", 40, dtype->type == 's' ? dtype->text : "(not a string)");
    found.dtype = bert__st_dtypes[k].type;
    if (found.dtype == BERT_DTYPE_NONE)
        return bert__fail_tensor(c->error, BERT_ERROR_UNSUPPORTED, path, (int64_t)dtype->offset, name, "values of type %s are not read; convert them to F16, BF16 or F32 first", bert__st_dtypes[k].name);

    if (dims->type != 'a') return bert__fail_tensor(c->error, BERT_ERROR_FORMAT, path, (int64_t)dims->offset, name, "the shape is not a list of numbers");
    if (dims->count > 64) return bert__fail_tensor(c->error, BERT_ERROR_UNSUPPORTED, path, (int64_t)dims->offset, name, "it has %zu dimensions; up to 64 are read", dims->count);
    need = bert_dtype_size(found.dtype);
    for (field = dims->first; field; field = field->next, n++) {
        if (!bert__st_number(field, &shape[n]))
            return bert__fail_tensor(c->error, BERT_ERROR_FORMAT, path, (int64_t)field->offset, name, "dimension %d is %.*s, not a whole number from 0 to 2^63 - 1", n, 40, field->text ? field->text : "not a number");
        if (shape[n] && need > UINT64_MAX / (uint64_t)shape[n])
            return bert__fail_tensor(c->error, BERT_ERROR_FORMAT, path, (int64_t)field->offset, name, "the dimensions multiply to more than 2^64 bytes");
        need *= (uint64_t)shape[n];
    }
    if (offsets->type != 'a' || offsets->count != 2 || !bert__st_number(offsets->first, &begin) || !bert__st_number(offsets->first->next, &end))
        return bert__fail_tensor(c->error, BERT_ERROR_FORMAT, path, (int64_t)offsets->offset, name, "data_offsets are not two whole numbers from 0 to 2^63 - 1");
    if (end < begin)
        return bert__fail_tensor(c->error, BERT_ERROR_FORMAT, path, (int64_t)offsets->offset, name, "data_offsets [%lld, %lld] end before they begin", (long long)begin, (long long)end);
    if ((uint64_t)end > values_size)
        return bert__fail_tensor(c->error, BERT_ERROR_FORMAT, path, (int64_t)offsets->offset, name,
                                 "data_offsets [%lld, %lld], but the file has %llu bytes of values: is it cut off? Fetch it again", (long long)begin, (long long)end, (unsigned long long)values_size);
    if (need != (uint64_t)(end - begin))
        return bert__fail_tensor(c->error, BERT_ERROR_FORMAT, path, (int64_t)offsets->offset, name, "shape and type need %llu bytes, data_offsets [%lld, %lld] give %lld",
                                 (unsigned long long)need, (long long)begin, (long long)end, (long long)(end - begin));
    range->begin = (uint64_t)begin;
    range->end = (uint64_t)end;
    range->at = offsets->offset;
    found.name = v->key;
    found.name_size = v->key_size;
    found.shape = shape;
    found.rank = n;
    found.data = values + begin;
    found.limit = (size_t)(end - begin);
    found.path = path;
    found.at = (int64_t)v->offset;
    return bert__add_tensor(c, &found);
}

/* All of the header's tree; the values begin at byte `values`. `ranges` and `order` have room for an entry a member. */
BERT__FN bert_status bert__st_header(bert_checkpoint *c, const char *path, const bert_json *root, const unsigned char *data, size_t size, size_t values, bert__st_range *ranges, uint32_t *order)
{
    const bert_json *v;
    size_t i, n;
    uint64_t at = 0;
    int metadata = 0;
    bert_status st = BERT_OK;
    for (v = root->first; v && st == BERT_OK; v = v->next) {
        bert__st_range range;
        if (v->key_size == 12 && memcmp(v->key, "__metadata__", 12) == 0) {
            if (metadata++) return bert__fail(c->error, BERT_ERROR_FORMAT, path, (int64_t)v->offset, "__metadata__ is given twice");
            st = bert__st_metadata(c, path, v);
        } else if ((st = bert__st_entry(c, path, v, data + values, size - values, &range)) == BERT_OK) {
            ranges[bert_checkpoint_find(c, v->key) - bert__tensor_at(c, 0)] = range;
        }
    }
    n = bert__tensor_count(c);
    if (st == BERT_OK) bert__sort_order(order, n, bert__st_range_before, ranges);
    for (i = 0; i < n && st == BERT_OK; i++) {
        const bert__st_range *r = &ranges[order[i]];
        const char *name = bert__tensor_at(c, order[i])->name;
        if (r->begin > at)
            st = bert__fail_tensor(c->error, BERT_ERROR_FORMAT, path, (int64_t)r->at, name, "begins at byte %llu of the values, but what is before it ends at %llu: a hole",
                                   (unsigned long long)r->begin, (unsigned long long)at);
        else if (r->begin < at)
            st = bert__fail_tensor(c->error, BERT_ERROR_FORMAT, path, (int64_t)r->at, name, "begins at byte %llu of the values, where %s still lies: they overlap",
                                   (unsigned long long)r->begin, bert__tensor_at(c, order[i - 1])->name);
        at = r->end;
    }
    if (st == BERT_OK && at != size - values)
        st = bert__fail(c->error, BERT_ERROR_FORMAT, path, (int64_t)(values + at), "%llu bytes after the last tensor's values: the file is not what was written",
                        (unsigned long long)(size - values - at));
    return st;
}

BERT__FN bert_status bert__open_safetensors(bert_checkpoint *c, const char *path, const unsigned char *data, size_t size)
{
    bert_status st;
    uint64_t header;
    size_t bad;
    bert__arena tree;
    bert__json_state s;
    const bert_json *root = NULL;
    c->format = "safetensors";
    if (size < 8) return bert__fail(c->error, BERT_ERROR_FORMAT, path, 0, "%zu bytes are too few for a safetensors file: fetch it again", size);
    header = bert__load64(data);
    if (header > BERT__ST_HEADER_MOST)
        return bert__fail(c->error, BERT_ERROR_FORMAT, path, 0, "says that its header has %llu bytes, more than the 100 MB allowed: damaged, or not safetensors", (unsigned long long)header);
    if (header > size - 8)
        return bert__fail(c->error, BERT_ERROR_FORMAT, path, 0, "says that its header has %llu bytes, but only %zu follow: cut off, or not safetensors. Fetch it again", (unsigned long long)header, size - 8);
    if (!header || data[8] != '{') return bert__fail(c->error, BERT_ERROR_FORMAT, path, 8, "the header of a safetensors file starts with '{', this one does not");
    bad = bert__utf8_check((const char *)data + 8, (size_t)header);
    if (bad < header) return bert__fail(c->error, BERT_ERROR_FORMAT, path, (int64_t)bad + 8, "the header is not UTF-8 here");

    bert__arena_init(&tree, &c->arena.allocator, header < 1024 ? 4096 : header > (1 << 18) ? (1 << 20) : (size_t)header * 4);
    s.text = (const char *)data;                                        /* from byte 8 of the file: offsets are the file's */
    s.at = 8;
    s.size = (size_t)header + 8;
    s.arena = &tree;
    s.path = path;
    s.error = c->error;
    st = bert__json_parse(&s, &root);
    if (st == BERT_OK) {
        bert__st_range *ranges = (bert__st_range *)bert__arena_get(&tree, bert__mul(root->count, sizeof *ranges));
        uint32_t *order = (uint32_t *)bert__arena_get(&tree, bert__mul(root->count, sizeof *order));
        st = ranges && order ? bert__st_header(c, path, root, data, size, s.size, ranges, order)
                             : bert__fail(c->error, BERT_ERROR_MEMORY, path, -1, "out of memory");
    }
    bert__arena_free(&tree);
    return st;
}

/* ---- writing ---- */

BERT__FN int bert__st_place(bert_dtype type)
{
    int k;
    for (k = 0; k < BERT__ST_DTYPES && bert__st_dtypes[k].type != type; k++) {}
    return k;
}
BERT__FN int bert__st_output_before(const void *user, uint32_t a, uint32_t b)
{
    const bert_output *t = (const bert_output *)user;
    const int x = bert__st_place(t[a].dtype), y = bert__st_place(t[b].dtype), names = strcmp(t[a].name, t[b].name);
    return x != y ? x > y : names ? names < 0 : a < b;
}
BERT__FN void bert__add_text(bert__buf *b, const char *text) { bert__buf_add(b, text, strlen(text)); }
BERT__FN void bert__add_quoted(bert__buf *b, const char *text)
{
    size_t n = strlen(text), need = bert_json_quote(text, n, 0, NULL, 0);
    if (!bert__buf_reserve(b, need)) return;
    bert_json_quote(text, n, 0, b->data + b->size, need);
    b->size += need;
}
BERT__FN void bert__add_number(bert__buf *b, uint64_t v)
{
    char digits[24];
    bert__buf_add(b, digits, bert__format(digits, sizeof digits, "%llu", (unsigned long long)v));
}
/* Values to a file in little-endian order, whatever the machine's. */
BERT__FN void bert__write_little(bert__writer *w, const bert_output *t, size_t bytes)
{
    const size_t part = t->dtype == BERT_C64 ? 4 : bert_dtype_size(t->dtype);
    const unsigned char *p = (const unsigned char *)t->data;
    unsigned char turned[4096];
    if (!bert__machine_is_big() || part == 1) { bert__writer_add(w, p, bytes); return; }
    while (bytes) {
        size_t n = bytes < sizeof turned ? bytes : sizeof turned, i;
        for (i = 0; i < n; i++) turned[i] = p[i / part * part + (part - 1 - i % part)];
        if (bert__writer_add(w, turned, n) != BERT_OK) return;
        p += n;
        bytes -= n;
    }
}
BERT__FN size_t bert__output_bytes(const bert_output *t)
{
    size_t bytes = bert_dtype_size(t->dtype);
    int32_t k;
    for (k = 0; k < t->rank; k++) bytes = t->shape[k] ? bert__mul(bytes, (size_t)t->shape[k]) : 0;
    return bytes;
}

/* The desc has been checked by bert_checkpoint_write. */
BERT__FN bert_status bert__write_safetensors(const bert_write_desc *d)
{
    static const char *const usual[] = { "format", "pt", NULL };
    const char *const *meta = d->metadata ? d->metadata : usual;
    bert_allocator allocator = bert__allocator(&d->allocator);
    bert__buf header;
    bert__writer w;
    uint32_t *order = (uint32_t *)bert__alloc(&allocator, bert__mul(d->count, sizeof *order));
    uint64_t at = 0;
    size_t i, k;
    bert_status st = BERT_OK;
    bert__buf_init(&header, &allocator);
    if (!order) return bert__fail(d->error, BERT_ERROR_MEMORY, d->path, -1, "out of memory");
    for (i = 0; i < d->count && st == BERT_OK; i++) {
        if (bert__st_place(d->tensors[i].dtype) == BERT__ST_DTYPES)
            st = bert__fail_tensor(d->error, BERT_ERROR_UNSUPPORTED, d->path, -1, d->tensors[i].name, "safetensors has no type %s", bert_dtype_name(d->tensors[i].dtype));
        else if (strcmp(d->tensors[i].name, "__metadata__") == 0)
            st = bert__fail_tensor(d->error, BERT_ERROR_ARGUMENT, d->path, -1, d->tensors[i].name, "this name is the format's own");
    }
    if (st != BERT_OK) { bert__free(&allocator, order); return st; }
    bert__sort_order(order, d->count, bert__st_output_before, d->tensors);
    bert__buf_add(&header, "\0\0\0\0\0\0\0\0{", 9);                     /* the length comes last */
    if (meta[0]) bert__add_text(&header, "\"__metadata__\":{");
    for (k = 0; meta[0] && meta[k] && meta[k + 1]; k += 2) {
        if (k) bert__add_text(&header, ",");
        bert__add_quoted(&header, meta[k]);
        bert__add_text(&header, ":");
        bert__add_quoted(&header, meta[k + 1]);
    }
    if (meta[0]) bert__add_text(&header, d->count ? "}," : "}");
    for (i = 0; i < d->count; i++) {
        const bert_output *t = &d->tensors[order[i]];
        if (i) bert__add_text(&header, ",");
        bert__add_quoted(&header, t->name);
        bert__add_text(&header, ":{\"dtype\":\"");
        bert__add_text(&header, bert_dtype_name(t->dtype));
        bert__add_text(&header, "\",\"shape\":[");
        for (k = 0; k < (size_t)t->rank; k++) {
            if (k) bert__add_text(&header, ",");
            bert__add_number(&header, (uint64_t)t->shape[k]);
        }
        bert__add_text(&header, "],\"data_offsets\":[");
        bert__add_number(&header, at);
        bert__add_text(&header, ",");
        bert__add_number(&header, at += bert__output_bytes(t));
        bert__add_text(&header, "]}");
    }
    bert__add_text(&header, "}");
    while (header.size % 8 && !header.failed) bert__add_text(&header, " ");
    for (k = 0; k < 8 && !header.failed; k++) header.data[k] = (char)((uint64_t)(header.size - 8) >> 8 * k & 255);
    if (header.failed) st = bert__fail(d->error, BERT_ERROR_MEMORY, d->path, -1, "out of memory");
    else if (header.size - 8 > BERT__ST_HEADER_MOST)
        st = bert__fail(d->error, BERT_ERROR_UNSUPPORTED, d->path, -1, "the header would have %zu bytes; safetensors allows 100 MB", header.size - 8);
    if (st == BERT_OK) {
        bert__writer_open(&w, d->path, d->error);
        bert__writer_add(&w, header.data, header.size);
        for (i = 0; i < d->count && w.status == BERT_OK; i++) bert__write_little(&w, &d->tensors[order[i]], bert__output_bytes(&d->tensors[order[i]]));
        st = bert__writer_commit(&w);
    }
    bert__buf_free(&header);
    bert__free(&allocator, order);
    return st;
}
#endif /* BERT_NO_SAFETENSORS */

#ifndef BERT_NO_PICKLE
/* ============================================================================================================
   >>pytorch
   Purpose   PyTorch's files: the zip archives of torch.save since 1.6, and the older single stream; writing the former.
   Uses      >>zip, >>container, the base. BERT_NO_PICKLE removes this section.
   Promises  nothing in a file is executed: a pickle that names anything but tensors and plain values is refused, by
             that name. Work and memory are linear in the pickle's size, there is no recursion, and what is nested or
             shared a billion times is walked once. Numbers are not copied: tensors point into the file.

   A file is a pickle, which says how to build a Python object, and storages: blocks of plain numbers. In a zip archive
   the pickle is NAME/data.pkl, storage K is the entry NAME/data/K, and NAME/byteorder says "little" or "big". The older
   format has it all in a row: three small pickles (a magic number, a version, facts about the machine), the object, the
   list of the storages' keys, then for each its number of elements in 8 bytes and the elements, always little-endian.

   A pickle is a program for a machine with a stack and a memo (numbered places). Most operations push a value: a number,
   a string, None. Some build a tuple, a list or a dict from what was pushed since the last "mark". GLOBAL pushes
   something by its name, and REDUCE calls what was pushed with a tuple of arguments; in Python that can be any function,
   which is why foreign pickles are dangerous. Here a name is looked up in a short list (bert__py_global), calling one
   only ever builds a value of ours, and all other names end the reading. A tensor is a call of _rebuild_tensor_v2 with
   a storage, an offset, the sizes and the strides; a storage is a "persistent id", ('storage', torch.FloatStorage, key,
   device, elements), which the machine notes and the reader looks up when the pickle is done. Devices are ignored.

   Then the object is walked. Tensors have the names of their places: keys joined by "/", numbers for list items. A state
   dict is often an entry of the whole beside the optimizer; so where a dict without tensors of its own has an entry
   model, state_dict, model_state_dict or module that is a dict, that word is left out of the names: "model" and
   "optimizer" beside each other give bert.pooler.dense.bias and optimizer/state/0/exp_avg. Whole numbers are listed,
   as I64, where their key is step or global_step. Other plain values are passed over.
   ============================================================================================================ */

enum {
    BERT__PY_NONE, BERT__PY_BOOL, BERT__PY_INT, BERT__PY_LONG, BERT__PY_FLOAT, BERT__PY_TEXT, BERT__PY_BYTES, BERT__PY_TUPLE,
    BERT__PY_LIST, BERT__PY_DICT, BERT__PY_GLOBAL, BERT__PY_STORAGE, BERT__PY_TENSOR, BERT__PY_OTHER
};

/* A value. Names point into the pickle, items to memory of the machine. */
typedef struct bert__py bert__py;
struct bert__py {
    uint32_t at;                        /* byte of the pickle */
    uint8_t type, seen;                 /* seen: walked; of a list: has become an OrderedDict */
    uint8_t what, dtype;                /* GLOBAL, TENSOR: which of bert__py_globals; GLOBAL, STORAGE: its dtype */
    union {
        int64_t i;                      /* BOOL, INT */
        const char *text;               /* TEXT, BYTES, LONG (little-endian, two's complement) */
        bert__py **items;               /* TUPLE, LIST; DICT: key, value, key, value ...; TENSOR: the call's arguments */
        int64_t *view;                  /* STORAGE: first element, elements */
    } u;
    size_t count;                       /* bytes or items; STORAGE: its number */
};

/* A storage that the pickle speaks of. */
typedef struct bert__py_storage {
    const char *key;
    size_t key_size, bytes;
    uint32_t at;
    bert_dtype dtype;
    const unsigned char *data;          /* NULL until it is found */
} bert__py_storage;

typedef struct bert__py_machine {
    bert_checkpoint *c;
    const char *path;
    const unsigned char *data;          /* the pickle */
    size_t size, pos;
    int64_t base;                       /* its place in the file; -1: it was unpacked */
    int storages_allowed;
    bert_status status;
    size_t room;                        /* what names may still cost */
    bert__arena arena;
    bert__buf stack, marks, memo;       /* bert__py *, size_t, bert__py * */
    bert__buf storages;                 /* bert__py_storage */
    uint32_t *index;                    /* [slots] open addressing by key: number + 1 */
    size_t slots;
    bert__py none, yes, no, empty;      /* values that need not be made again */
} bert__py_machine;

BERT__PRINTF(4, 5) BERT__NOINLINE bert_status bert__py_fail(bert__py_machine *m, bert_status status, size_t at, const char *format, ...)
{
    char text[400];
    va_list args;
    if (m->status != BERT_OK) return m->status;                         /* the first failure counts */
    va_start(args, format);
    bert__vformat(text, sizeof text, format, args);
    va_end(args);
    if (m->base >= 0) return m->status = bert__fail(m->c->error, status, m->path, m->base + (int64_t)at, "%s", text);
    return m->status = bert__fail(m->c->error, status, m->path, -1, "%s (at byte %zu of data.pkl, unpacked)", text, at);
}
BERT__FN bert_status bert__py_memory(bert__py_machine *m) { return m->status = bert__fail(m->c->error, BERT_ERROR_MEMORY, m->path, -1, "out of memory"); }
BERT__FN bert_status bert__py_bad(bert__py_machine *m, size_t at, const char *what)
{
    return bert__py_fail(m, BERT_ERROR_FORMAT, at, "damaged pickle: %s", what);
}

/* ---- names that may occur ---- */

enum {
    BERT__PY_G_REFUSED, BERT__PY_G_DICT, BERT__PY_G_TENSOR1, BERT__PY_G_TENSOR2, BERT__PY_G_TENSOR3, BERT__PY_G_PARAMETER, BERT__PY_G_TYPED,
    BERT__PY_G_SIZE, BERT__PY_G_VALUE, BERT__PY_G_CLASS, BERT__PY_G_STORAGE, BERT__PY_G_DTYPE
};
typedef struct bert__py_global { const char *module, *name; uint8_t what, dtype; } bert__py_global;

static const bert__py_global bert__py_globals[] = {
    { "collections", "OrderedDict", BERT__PY_G_DICT, 0 },
    { "collections", "Counter", BERT__PY_G_VALUE, 0 },
    { "torch._utils", "_rebuild_tensor_v2", BERT__PY_G_TENSOR2, 0 },
    { "torch._utils", "_rebuild_tensor", BERT__PY_G_TENSOR1, 0 },
    { "torch._utils", "_rebuild_tensor_v3", BERT__PY_G_TENSOR3, 0 },                    /* with a dtype of its own */
    { "torch._utils", "_rebuild_parameter", BERT__PY_G_PARAMETER, 0 },
    { "torch._utils", "_rebuild_parameter_with_state", BERT__PY_G_PARAMETER, 0 },
    { "torch.nn.parameter", "Parameter", BERT__PY_G_PARAMETER, 0 },
    { "torch._tensor", "_rebuild_from_type_v2", BERT__PY_G_TYPED, 0 },                  /* a tensor with Python attributes */
    { "torch", "Tensor", BERT__PY_G_CLASS, 0 },
    { "torch", "Size", BERT__PY_G_SIZE, 0 },
    { "torch", "device", BERT__PY_G_VALUE, 0 },
    { "torch.serialization", "_get_layout", BERT__PY_G_VALUE, 0 },
    { "_codecs", "encode", BERT__PY_G_VALUE, 0 },                                       /* bytes, as protocol 2 has them */
    { "builtins", "set", BERT__PY_G_VALUE, 0 },
    { "__builtin__", "set", BERT__PY_G_VALUE, 0 },
    { "builtins", "bytearray", BERT__PY_G_VALUE, 0 },
    { "__builtin__", "bytearray", BERT__PY_G_VALUE, 0 },
    { "torch", "FloatStorage", BERT__PY_G_STORAGE, BERT_F32 },
    { "torch", "DoubleStorage", BERT__PY_G_STORAGE, BERT_F64 },
    { "torch", "HalfStorage", BERT__PY_G_STORAGE, BERT_F16 },
    { "torch", "BFloat16Storage", BERT__PY_G_STORAGE, BERT_BF16 },
    { "torch", "LongStorage", BERT__PY_G_STORAGE, BERT_I64 },
    { "torch", "IntStorage", BERT__PY_G_STORAGE, BERT_I32 },
    { "torch", "ShortStorage", BERT__PY_G_STORAGE, BERT_I16 },
    { "torch", "CharStorage", BERT__PY_G_STORAGE, BERT_I8 },
    { "torch", "ByteStorage", BERT__PY_G_STORAGE, BERT_U8 },
    { "torch", "BoolStorage", BERT__PY_G_STORAGE, BERT_BOOL },
    { "torch", "ComplexFloatStorage", BERT__PY_G_STORAGE, BERT_C64 },
    { "torch", "UntypedStorage", BERT__PY_G_STORAGE, BERT_DTYPE_NONE },
    { "torch.storage", "UntypedStorage", BERT__PY_G_STORAGE, BERT_DTYPE_NONE },
    { "torch", "uint16", BERT__PY_G_DTYPE, BERT_U16 },
    { "torch", "uint32", BERT__PY_G_DTYPE, BERT_U32 },
    { "torch", "uint64", BERT__PY_G_DTYPE, BERT_U64 },
    { "torch", "float8_e4m3fn", BERT__PY_G_DTYPE, BERT_F8_E4M3 },
    { "torch", "float8_e5m2", BERT__PY_G_DTYPE, BERT_F8_E5M2 },
    { "torch", "float32", BERT__PY_G_DTYPE, BERT_F32 },
    { "torch", "float", BERT__PY_G_DTYPE, BERT_F32 },
    { "torch", "float64", BERT__PY_G_DTYPE, BERT_F64 },
    { "torch", "double", BERT__PY_G_DTYPE, BERT_F64 },
    { "torch", "float16", BERT__PY_G_DTYPE, BERT_F16 },
    { "torch", "half", BERT__PY_G_DTYPE, BERT_F16 },
    { "torch", "bfloat16", BERT__PY_G_DTYPE, BERT_BF16 },
    { "torch", "int64", BERT__PY_G_DTYPE, BERT_I64 },
    { "torch", "long", BERT__PY_G_DTYPE, BERT_I64 },
    { "torch", "int32", BERT__PY_G_DTYPE, BERT_I32 },
    { "torch", "int", BERT__PY_G_DTYPE, BERT_I32 },
    { "torch", "int16", BERT__PY_G_DTYPE, BERT_I16 },
    { "torch", "short", BERT__PY_G_DTYPE, BERT_I16 },
    { "torch", "int8", BERT__PY_G_DTYPE, BERT_I8 },
    { "torch", "uint8", BERT__PY_G_DTYPE, BERT_U8 },
    { "torch", "bool", BERT__PY_G_DTYPE, BERT_BOOL },
    { "torch", "complex64", BERT__PY_G_DTYPE, BERT_C64 },
    { "torch", "cfloat", BERT__PY_G_DTYPE, BERT_C64 },
    { "torch", "complex128", BERT__PY_G_DTYPE, BERT_DTYPE_NONE },
    { "torch", "cdouble", BERT__PY_G_DTYPE, BERT_DTYPE_NONE }
};

BERT__FN int bert__same(const char *a, size_t n, const char *b) { return strlen(b) == n && memcmp(a, b, n) == 0; }

/* ---- the machine ---- */

BERT__FN void bert__py_free(bert__py_machine *m)
{
    bert__free(&m->arena.allocator, m->index);
    bert__buf_free(&m->stack);
    bert__buf_free(&m->marks);
    bert__buf_free(&m->memo);
    bert__buf_free(&m->storages);
    bert__arena_free(&m->arena);
}
BERT__FN void bert__py_init(bert__py_machine *m, bert_checkpoint *c, const char *path)
{
    memset(m, 0, sizeof *m);
    m->c = c;
    m->path = path;
    bert__arena_init(&m->arena, &c->arena.allocator, (size_t)1 << 16);
    bert__buf_init(&m->stack, &c->arena.allocator);
    bert__buf_init(&m->marks, &c->arena.allocator);
    bert__buf_init(&m->memo, &c->arena.allocator);
    bert__buf_init(&m->storages, &c->arena.allocator);
    m->none.type = BERT__PY_NONE;
    m->yes.type = m->no.type = BERT__PY_BOOL;
    m->yes.u.i = 1;
    m->empty.type = BERT__PY_TUPLE;
}

BERT__FN void bert__py_push(bert__py_machine *m, bert__py *v) { if (v) bert__buf_add(&m->stack, &v, sizeof v); }
/* How many values there are above the last mark, and the value `back` from the top, from 1. */
BERT__FN size_t bert__py_height(const bert__py_machine *m)
{
    size_t low = 0;
    if (m->marks.size) memcpy(&low, m->marks.data + m->marks.size - sizeof low, sizeof low);
    return m->stack.size / sizeof(bert__py *) - low;
}
BERT__FN bert__py **bert__py_top(const bert__py_machine *m, size_t back) { return (bert__py **)(void *)(m->stack.data + m->stack.size) - back; }
BERT__FN int bert__py_need(bert__py_machine *m, size_t n, size_t at)
{
    if (bert__py_height(m) >= n) return 1;
    bert__py_bad(m, at, "it takes more from the stack than there is");
    return 0;
}
BERT__FN void bert__py_drop(bert__py_machine *m, size_t n) { m->stack.size -= n * sizeof(bert__py *); }

BERT__FN bert__py *bert__py_new(bert__py_machine *m, int type, size_t at)
{
    bert__py *v = (bert__py *)bert__arena_get_aligned(&m->arena, sizeof *v, 8);
    if (!v) { bert__py_memory(m); return NULL; }
    memset(v, 0, sizeof *v);
    v->type = (uint8_t)type;
    v->at = (uint32_t)at;
    return v;
}
/* Appends to a list or dict, whose room is the next power of two. */
BERT__FN int bert__py_append(bert__py_machine *m, bert__py *list, bert__py *item)
{
    const size_t n = list->count;
    if (n == 0 || (n >= 4 && (n & (n - 1)) == 0)) {
        bert__py **items = (bert__py **)bert__arena_get_aligned(&m->arena, bert__mul(n ? n * 2 : 4, sizeof *items), 8);
        if (!items) { bert__py_memory(m); return 0; }
        if (n) memcpy(items, list->u.items, n * sizeof *items);
        list->u.items = items;
    }
    list->u.items[list->count++] = item;
    return 1;
}
/* A tuple of the top n values, in their place. */
BERT__FN void bert__py_tuple(bert__py_machine *m, size_t n, size_t at)
{
    bert__py *v = &m->empty;
    if (n) {
        v = (bert__py *)bert__arena_get_aligned(&m->arena, bert__add(sizeof *v, bert__mul(n, sizeof v)), 8);
        if (!v) { bert__py_memory(m); return; }
        memset(v, 0, sizeof *v);
        v->type = BERT__PY_TUPLE;
        v->at = (uint32_t)at;
        v->count = n;
        v->u.items = (bert__py **)(void *)(v + 1);                      /* behind it, in the same piece */
        memcpy(v->u.items, bert__py_top(m, n), n * sizeof v);
        bert__py_drop(m, n);
    }
    bert__py_push(m, v);
}
/* Takes the last mark away; the values above it are *n. */
BERT__FN int bert__py_unmark(bert__py_machine *m, size_t *n, size_t at)
{
    if (!m->marks.size) { bert__py_bad(m, at, "a mark is missing"); return 0; }
    *n = bert__py_height(m);
    m->marks.size -= sizeof(size_t);
    return 1;
}
/* Puts the top n values, two by two, into the dict below them; or, one by one, into the list. */
BERT__FN void bert__py_fill(bert__py_machine *m, int type, size_t n, size_t at)
{
    bert__py *to, **from;
    size_t i;
    if (!bert__py_need(m, n + 1, at)) return;
    from = bert__py_top(m, n);
    to = from[-1];
    if (type == BERT__PY_DICT && n % 2) { bert__py_bad(m, at, "a dict with a key but no value"); return; }
    if (to->type == type) for (i = 0; i < n; i++) { if (!bert__py_append(m, to, from[i])) return; }
    else if (to->type != BERT__PY_OTHER) { bert__py_bad(m, at, type == BERT__PY_DICT ? "items are set in something that is no dict" : "items are appended to something that is no list"); return; }
    bert__py_drop(m, n);
}
BERT__FN void bert__py_remember(bert__py_machine *m, uint64_t place, size_t at)
{
    const size_t n = m->memo.size / sizeof(bert__py *);
    if (!bert__py_need(m, 1, at)) return;
    if (place > at) { bert__py_bad(m, at, "a memo number larger than the pickle"); return; }   /* they are counted up */
    if (place >= n) {
        const size_t more = ((size_t)place + 1 - n) * sizeof(bert__py *);
        if (!bert__buf_reserve(&m->memo, more)) { bert__py_memory(m); return; }
        memset(m->memo.data + m->memo.size, 0, more);
        m->memo.size += more;
    }
    ((bert__py **)(void *)m->memo.data)[place] = *bert__py_top(m, 1);
}
BERT__FN void bert__py_recall(bert__py_machine *m, uint64_t place, size_t at)
{
    bert__py *v = place < m->memo.size / sizeof v ? ((bert__py **)(void *)m->memo.data)[place] : NULL;
    if (!v) bert__py_bad(m, at, "it reads a memo number that was not written");
    bert__py_push(m, v);
}

/* n bytes of the pickle, or NULL: it ends before. */
BERT__FN const unsigned char *bert__py_take(bert__py_machine *m, uint64_t n, size_t at)
{
    const unsigned char *p = m->data + m->pos;
    if (n > m->size - m->pos) { bert__py_fail(m, BERT_ERROR_FORMAT, at, "the pickle ends in the middle of a value: the file is damaged or cut short"); return NULL; }
    m->pos += (size_t)n;
    return p;
}
/* A number of n bytes, unsigned; and one line of text. */
BERT__FN uint64_t bert__py_number(bert__py_machine *m, size_t n, size_t at)
{
    const unsigned char *p = bert__py_take(m, n, at);
    uint64_t v = 0;
    while (p && n--) v = v << 8 | p[n];
    return v;
}
BERT__FN const char *bert__py_line(bert__py_machine *m, size_t *size, size_t at)
{
    const char *p = (const char *)m->data + m->pos, *end = m->size > m->pos ? (const char *)memchr(p, '\n', m->size - m->pos) : NULL;
    if (!end) { bert__py_bad(m, at, "a line without an end"); return NULL; }
    *size = (size_t)(end - p);
    m->pos += *size + 1;
    if (*size && p[*size - 1] == '\r') --*size;
    return p;
}
BERT__FN int bert__py_utf8(const char *text, size_t size)
{
    uint32_t c;
    size_t i;
    for (i = 0; i < size; ) {
        const int n = (unsigned char)text[i] < 128 ? 1 : bert__utf8_get((const unsigned char *)text + i, size - i, &c);
        if (n <= 0) return 0;
        i += (size_t)n;
    }
    return 1;
}
/* Pushes a string of the pickle. Those that Python 2 wrote as bytes are text too if they can be. */
BERT__FN void bert__py_string(bert__py_machine *m, int type, const void *text, size_t size, size_t at)
{
    const int good = text && type != BERT__PY_BYTES && bert__py_utf8((const char *)text, size);
    bert__py *v;
    if (!text) return;
    if (type == BERT__PY_TEXT && !good) { bert__py_bad(m, at, "a string that is not UTF-8"); return; }
    v = bert__py_new(m, good ? BERT__PY_TEXT : BERT__PY_BYTES, at);
    if (!v) return;
    v->u.text = (const char *)text;
    v->count = size;
    bert__py_push(m, v);
}
BERT__FN void bert__py_int(bert__py_machine *m, int64_t i, size_t at)
{
    bert__py *v = m->status == BERT_OK ? bert__py_new(m, BERT__PY_INT, at) : NULL;
    if (v) v->u.i = i;
    bert__py_push(m, v);
}
/* An integer in little-endian two's complement. */
BERT__FN void bert__py_long(bert__py_machine *m, uint64_t size, size_t at)
{
    const unsigned char *p = bert__py_take(m, size, at);
    uint64_t value = 0;
    size_t n = (size_t)size, i;
    bert__py *v;
    if (!p) return;
    if (n <= 8) {
        for (i = 0; i < 8; i++) value |= (uint64_t)(i < n ? p[i] : n && p[n - 1] > 127 ? 255 : 0) << 8 * i;
        bert__py_int(m, value > INT64_MAX ? -(int64_t)(UINT64_MAX - value) - 1 : (int64_t)value, at);
        return;
    }
    v = bert__py_new(m, BERT__PY_LONG, at);
    if (!v) return;
    v->u.text = (const char *)p;
    v->count = n;
    bert__py_push(m, v);
}
/* The same as decimal text (protocol 0): INT, with 00 and 01 for False and True, or LONG, with an L behind. */
BERT__FN void bert__py_decimal(bert__py_machine *m, int allow_bool, size_t at)
{
    size_t n, i = 0;
    const char *p = bert__py_line(m, &n, at);
    uint64_t value = 0;
    int negative, large = 0;
    if (!p) return;
    if (allow_bool && n == 2 && p[0] == '0' && (p[1] == '0' || p[1] == '1')) { bert__py_push(m, p[1] == '1' ? &m->yes : &m->no); return; }
    if (n && p[n - 1] == 'L') n--;
    negative = n && p[0] == '-';
    if (negative) i = 1;
    if (i == n) { bert__py_bad(m, at, "a number without digits"); return; }
    for (; i < n; i++) {
        if (!bert__is_digit(p[i])) { bert__py_bad(m, at, "a number with something that is no digit"); return; }
        if (value > (uint64_t)INT64_MAX / 10 - 1) large = 1;
        else value = value * 10 + (uint64_t)(p[i] - '0');
    }
    if (large) bert__py_push(m, bert__py_new(m, BERT__PY_OTHER, at));
    else bert__py_int(m, negative ? -(int64_t)value : (int64_t)value, at);
}

/* Pushes what has this name, if that may occur. */
BERT__FN void bert__py_find_global(bert__py_machine *m, const char *module, size_t module_size, const char *name, size_t name_size, size_t at)
{
    const size_t n = sizeof bert__py_globals / sizeof bert__py_globals[0];
    const int quantised = bert__same(module, module_size, "torch") && name_size > 8 && name[0] == 'Q' && memcmp(name + name_size - 7, "Storage", 7) == 0;
    size_t i;
    if (bert__same(module, module_size, "torch.cuda")) module_size = 5;    /* storage classes of old GPU files */
    for (i = 0; i < n; i++) {
        const bert__py_global *g = &bert__py_globals[i];
        if (bert__same(module, module_size, g->module) && bert__same(name, name_size, g->name)) {
            bert__py *v = bert__py_new(m, BERT__PY_GLOBAL, at);
            if (v) { v->what = g->what; v->dtype = g->dtype; }
            bert__py_push(m, v);
            return;
        }
    }
    bert__py_fail(m, BERT_ERROR_UNSUPPORTED, at, quantised ? "holds quantised numbers (%.*s%s.%.*s%s), which are not read; save the model unquantised"
                  : "contains the Python object %.*s%s.%.*s%s; nothing was executed; only tensors and plain values are read: in Python, torch.save(model.state_dict(), file)",
                  module_size < 80 ? (int)module_size : 80, module, module_size > 80 ? "..." : "", name_size < 80 ? (int)name_size : 80, name, name_size > 80 ? "..." : "");
}

BERT__FN bert__py_storage *bert__py_storage_at(const bert__py_machine *m, size_t i) { return (bert__py_storage *)(void *)m->storages.data + i; }
BERT__FN size_t bert__py_storage_slot(const bert__py_machine *m, const char *key, size_t size)
{
    size_t slot = bert__name_hash(key, size) & (m->slots - 1);
    while (m->index[slot]) {
        const bert__py_storage *s = bert__py_storage_at(m, m->index[slot] - 1);
        if (s->key_size == size && memcmp(s->key, key, size) == 0) break;
        slot = (slot + 1) & (m->slots - 1);
    }
    return slot;
}
/* The persistent id on the stack becomes a storage: ('storage', class, key, device, elements), in old files also None
   or a part of it, (its own key, first element, elements). */
BERT__FN void bert__py_persistent(bert__py_machine *m, size_t at)
{
    bert__py *id, **part, *v, *view = NULL;
    bert__py_storage *s, one;
    size_t n = m->storages.size / sizeof one, size, slot;
    if (!bert__py_need(m, 1, at)) return;
    id = *bert__py_top(m, 1);
    part = id->u.items;
    if (!m->storages_allowed || id->type != BERT__PY_TUPLE || id->count < 5 || part[0]->type != BERT__PY_TEXT || !bert__same(part[0]->u.text, part[0]->count, "storage")) {
        bert__py_fail(m, BERT_ERROR_UNSUPPORTED, at, "refers to something outside that is no storage of numbers; in Python, torch.save(model.state_dict(), file)");
        return;
    }
    if (part[1]->type != BERT__PY_GLOBAL || part[1]->what != BERT__PY_G_STORAGE) { bert__py_bad(m, at, "a storage of a class that is none"); return; }
    if (part[2]->type != BERT__PY_TEXT) { bert__py_bad(m, at, "a storage whose key is no string"); return; }
    size = bert_dtype_size((bert_dtype)part[1]->dtype);
    if (!size) size = 1;                                                /* untyped: counted in bytes */
    if (part[4]->type != BERT__PY_INT || part[4]->u.i < 0 || (uint64_t)part[4]->u.i > SIZE_MAX / 2 / size) { bert__py_bad(m, at, "a storage with an impossible number of elements"); return; }
    if (id->count > 5 && part[5]->type != BERT__PY_NONE) {
        view = part[5];
        if (view->type != BERT__PY_TUPLE || view->count != 3 || view->u.items[1]->type != BERT__PY_INT || view->u.items[2]->type != BERT__PY_INT) { bert__py_bad(m, at, "a part of a storage that is described wrongly"); return; }
    }
    memset(&one, 0, sizeof one);
    one.key = part[2]->u.text;
    one.key_size = part[2]->count;
    one.bytes = (size_t)part[4]->u.i * size;
    one.at = (uint32_t)at;
    one.dtype = (bert_dtype)part[1]->dtype;
    if ((n + 1) * 2 > m->slots) {
        const size_t more = m->slots ? m->slots * 2 : 256;
        size_t i;
        uint32_t *index = (uint32_t *)bert__alloc(&m->arena.allocator, more * sizeof *index);
        if (!index) { bert__py_memory(m); return; }
        memset(index, 0, more * sizeof *index);
        bert__free(&m->arena.allocator, m->index);
        m->index = index;
        m->slots = more;
        for (i = 0; i < n; i++) m->index[bert__py_storage_slot(m, bert__py_storage_at(m, i)->key, bert__py_storage_at(m, i)->key_size)] = (uint32_t)i + 1;
    }
    slot = bert__py_storage_slot(m, one.key, one.key_size);
    if (!m->index[slot]) {
        bert__buf_add(&m->storages, &one, sizeof one);
        if (m->storages.failed) { bert__py_memory(m); return; }
        m->index[slot] = (uint32_t)++n;
    }
    s = bert__py_storage_at(m, m->index[slot] - 1);
    if (s->bytes != one.bytes) {
        bert__py_fail(m, BERT_ERROR_FORMAT, at, "storage %.*s has %zu bytes here and %zu elsewhere", one.key_size < 40 ? (int)one.key_size : 40, one.key, one.bytes, s->bytes);
        return;
    }
    v = bert__py_new(m, BERT__PY_STORAGE, at);
    if (!v) return;
    v->u.view = (int64_t *)bert__arena_get_aligned(&m->arena, 2 * sizeof(int64_t), 8);
    if (!v->u.view) { bert__py_memory(m); return; }
    v->dtype = part[1]->dtype;
    v->count = m->index[slot] - 1;
    v->u.view[0] = view ? view->u.items[1]->u.i : 0;
    v->u.view[1] = view ? view->u.items[2]->u.i : part[4]->u.i;
    if (v->u.view[0] < 0 || v->u.view[1] < 0 || v->u.view[0] > part[4]->u.i || v->u.view[1] > part[4]->u.i - v->u.view[0]) { bert__py_bad(m, at, "a part of a storage that leaves it"); return; }
    *bert__py_top(m, 1) = v;
}

/* Calls what is below the tuple on the stack, with that; the result takes their place. */
BERT__FN void bert__py_reduce(bert__py_machine *m, size_t at)
{
    bert__py *f, *a, *v = NULL, **arg;
    size_t n, k;
    int what;
    if (!bert__py_need(m, 2, at)) return;
    f = *bert__py_top(m, 2);
    a = *bert__py_top(m, 1);
    if (f->type != BERT__PY_GLOBAL) { bert__py_bad(m, at, "it calls something that is no function"); return; }
    if (a->type != BERT__PY_TUPLE) { bert__py_bad(m, at, "it calls with something that is no tuple"); return; }
    if (f->what == BERT__PY_G_TYPED) {                                  /* (function, class, its arguments, attributes) */
        if (a->count < 3 || a->u.items[0]->type != BERT__PY_GLOBAL || a->u.items[2]->type != BERT__PY_TUPLE) { bert__py_bad(m, at, "a tensor with the wrong arguments"); return; }
        f = a->u.items[0];
        a = a->u.items[2];
    }
    what = f->what;
    arg = a->u.items;
    n = a->count;
    switch (what) {
    case BERT__PY_G_DICT:                                               /* OrderedDict(), or of a list of pairs */
        v = bert__py_new(m, BERT__PY_DICT, at);
        if (!v || n == 0) break;
        if (n != 1 || arg[0]->type != BERT__PY_LIST || arg[0]->seen) { bert__py_bad(m, at, "an OrderedDict with the wrong arguments"); return; }
        arg[0]->seen = 1;                                               /* once: else a short pickle could copy a long list often */
        for (k = 0; k < arg[0]->count; k++) {
            const bert__py *pair = arg[0]->u.items[k];
            if ((pair->type != BERT__PY_TUPLE && pair->type != BERT__PY_LIST) || pair->count != 2) { bert__py_bad(m, at, "an OrderedDict of something that is no pair"); return; }
            if (!bert__py_append(m, v, pair->u.items[0]) || !bert__py_append(m, v, pair->u.items[1])) return;
        }
        break;
    case BERT__PY_G_TENSOR1: case BERT__PY_G_TENSOR2: case BERT__PY_G_TENSOR3:
        if (n < (what == BERT__PY_G_TENSOR1 ? 4u : what == BERT__PY_G_TENSOR2 ? 6u : 7u) || arg[0]->type != BERT__PY_STORAGE
            || (arg[2]->type != BERT__PY_TUPLE && arg[2]->type != BERT__PY_LIST) || (arg[3]->type != BERT__PY_TUPLE && arg[3]->type != BERT__PY_LIST)
            || (what == BERT__PY_G_TENSOR3 && (arg[6]->type != BERT__PY_GLOBAL || arg[6]->what != BERT__PY_G_DTYPE))) {
            bert__py_bad(m, at, "a tensor with the wrong arguments");
            return;
        }
        v = bert__py_new(m, BERT__PY_TENSOR, at);
        if (!v) return;
        v->what = (uint8_t)what;
        v->u.items = arg;
        break;
    case BERT__PY_G_PARAMETER:                                          /* (tensor, requires_grad, ...) is the tensor */
        if (n < 1 || arg[0]->type != BERT__PY_TENSOR) { bert__py_bad(m, at, "a Parameter of something that is no tensor"); return; }
        v = arg[0];
        break;
    case BERT__PY_G_SIZE:
        if (n != 1 || (arg[0]->type != BERT__PY_TUPLE && arg[0]->type != BERT__PY_LIST)) { bert__py_bad(m, at, "a torch.Size of something that is no tuple"); return; }
        v = arg[0];
        break;
    case BERT__PY_G_VALUE:
        v = bert__py_new(m, BERT__PY_OTHER, at);
        break;
    default:
        bert__py_bad(m, at, "it calls something that is no function");
        return;
    }
    if (!v) return;
    bert__py_drop(m, 2);
    bert__py_push(m, v);
}

/* Runs one pickle from m->pos to its STOP; its value, or NULL and m->status. */
BERT__FN bert__py *bert__py_run(bert__py_machine *m)
{
    bert__py *v;
    size_t n, at, k;
    uint64_t size;
    const unsigned char *p;
    const char *text, *name;
    m->stack.size = m->marks.size = m->memo.size = 0;
    if (m->size > 0xFFFFFFF0) m->size = 0xFFFFFFF0;
    while (m->status == BERT_OK) {
        at = m->pos;
        p = bert__py_take(m, 1, at);
        if (!p) break;
        switch (*p) {
        case 0x80: bert__py_number(m, 1, at); break;                                            /* PROTO: the opcodes tell enough */
        case 0x95: size = bert__py_number(m, 8, at); if (size > m->size - m->pos) bert__py_bad(m, at, "a frame longer than the file"); break;
        case '.':                                                                               /* STOP */
            if (!bert__py_need(m, 1, at)) return NULL;
            return *bert__py_top(m, 1);
        /* the stack and the memo */
        case '(': n = m->stack.size / sizeof v; bert__buf_add(&m->marks, &n, sizeof n); break;
        case '0': if (bert__py_height(m)) bert__py_drop(m, 1); else if (bert__py_unmark(m, &n, at)) bert__py_drop(m, n); break;
        case '1': if (bert__py_unmark(m, &n, at)) bert__py_drop(m, n); break;
        case '2': if (bert__py_need(m, 1, at)) bert__py_push(m, *bert__py_top(m, 1)); break;
        case 'q': bert__py_remember(m, bert__py_number(m, 1, at), at); break;
        case 'r': bert__py_remember(m, bert__py_number(m, 4, at), at); break;
        case 0x94: bert__py_remember(m, m->memo.size / sizeof v, at); break;
        case 'h': bert__py_recall(m, bert__py_number(m, 1, at), at); break;
        case 'j': bert__py_recall(m, bert__py_number(m, 4, at), at); break;
        case 'p': case 'g':
            bert__py_decimal(m, 0, at);
            if (m->status != BERT_OK) break;
            v = *bert__py_top(m, 1);
            bert__py_drop(m, 1);
            if (v->type != BERT__PY_INT || v->u.i < 0) bert__py_bad(m, at, "an impossible memo number");
            else if (*p == 'p') bert__py_remember(m, (uint64_t)v->u.i, at);
            else bert__py_recall(m, (uint64_t)v->u.i, at);
            break;
        /* plain values */
        case 'N': bert__py_push(m, &m->none); break;
        case 0x88: bert__py_push(m, &m->yes); break;
        case 0x89: bert__py_push(m, &m->no); break;
        case 'K': bert__py_int(m, (int64_t)bert__py_number(m, 1, at), at); break;
        case 'M': bert__py_int(m, (int64_t)bert__py_number(m, 2, at), at); break;
        case 'J': size = bert__py_number(m, 4, at); bert__py_int(m, (int64_t)size - (size > 0x7FFFFFFF ? (int64_t)1 << 32 : 0), at); break;
        case 0x8A: size = bert__py_number(m, 1, at); if (m->status == BERT_OK) bert__py_long(m, size, at); break;
        case 0x8B:
            size = bert__py_number(m, 4, at);
            if (size > 0x7FFFFFFF) bert__py_bad(m, at, "a number of negative length");
            else if (m->status == BERT_OK) bert__py_long(m, size, at);
            break;
        case 'I': bert__py_decimal(m, 1, at); break;
        case 'L': bert__py_decimal(m, 0, at); break;
        case 'G': if (bert__py_take(m, 8, at)) bert__py_push(m, bert__py_new(m, BERT__PY_FLOAT, at)); break;
        case 'F': if (bert__py_line(m, &n, at)) bert__py_push(m, bert__py_new(m, BERT__PY_FLOAT, at)); break;
        /* strings: text, bytes, and Python 2's, which may be either */
        case 0x8C: size = bert__py_number(m, 1, at); goto as_text;
        case 0x8D: size = bert__py_number(m, 8, at); goto as_text;
        case 'X': size = bert__py_number(m, 4, at);
        as_text: if (m->status == BERT_OK) bert__py_string(m, BERT__PY_TEXT, bert__py_take(m, size, at), (size_t)size, at); break;
        case 'C': size = bert__py_number(m, 1, at); goto as_bytes;
        case 0x8E: case 0x96: size = bert__py_number(m, 8, at); goto as_bytes;
        case 'B': size = bert__py_number(m, 4, at);
        as_bytes: if (m->status == BERT_OK) bert__py_string(m, BERT__PY_BYTES, bert__py_take(m, size, at), (size_t)size, at); break;
        case 'U': size = bert__py_number(m, 1, at); goto as_either;
        case 'T': size = bert__py_number(m, 4, at);
            if (size > 0x7FFFFFFF) { bert__py_bad(m, at, "a string of negative length"); break; }
        as_either: if (m->status == BERT_OK) bert__py_string(m, BERT__PY_OTHER, bert__py_take(m, size, at), (size_t)size, at); break;
        case 'S': case 'V':                                                                     /* as source text: with quotes, or bare */
            text = bert__py_line(m, &n, at);
            if (!text) break;
            if (*p == 'S') {
                if (n < 2 || (text[0] != '\'' && text[0] != '"') || text[n - 1] != text[0]) { bert__py_bad(m, at, "a string without quotes"); break; }
                text++;
                n -= 2;
            }
            if (n && memchr(text, '\\', n)) bert__py_push(m, bert__py_new(m, BERT__PY_OTHER, at));      /* escapes: no name needs them */
            else bert__py_string(m, BERT__PY_OTHER, text, n, at);
            break;
        /* collections */
        case ')': bert__py_push(m, &m->empty); break;
        case 0x85: case 0x86: case 0x87: n = *p - 0x84u; if (bert__py_need(m, n, at)) bert__py_tuple(m, n, at); break;
        case 't': if (bert__py_unmark(m, &n, at)) bert__py_tuple(m, n, at); break;
        case ']': bert__py_push(m, bert__py_new(m, BERT__PY_LIST, at)); break;
        case '}': bert__py_push(m, bert__py_new(m, BERT__PY_DICT, at)); break;
        case 0x8F: bert__py_push(m, bert__py_new(m, BERT__PY_OTHER, at)); break;                /* a set */
        case 'l': case 'd': case 0x91:
            if (!bert__py_unmark(m, &n, at)) break;
            v = bert__py_new(m, *p == 'l' ? BERT__PY_LIST : *p == 'd' ? BERT__PY_DICT : BERT__PY_OTHER, at);
            if (!v) break;
            if (*p == 'd' && n % 2) { bert__py_bad(m, at, "a dict with a key but no value"); break; }
            for (k = 0; k < n && *p != 0x91; k++) if (!bert__py_append(m, v, bert__py_top(m, n)[k])) break;
            bert__py_drop(m, n);
            bert__py_push(m, v);
            break;
        case 'a': bert__py_fill(m, BERT__PY_LIST, 1, at); break;
        case 's': bert__py_fill(m, BERT__PY_DICT, 2, at); break;
        case 'e': case 0x90: if (bert__py_unmark(m, &n, at)) bert__py_fill(m, BERT__PY_LIST, n, at); break;
        case 'u': if (bert__py_unmark(m, &n, at)) bert__py_fill(m, BERT__PY_DICT, n, at); break;
        /* things by name, calls, storages */
        case 'c': case 'i':
            text = bert__py_line(m, &n, at);
            name = text ? bert__py_line(m, &k, at) : NULL;
            if (name) bert__py_find_global(m, text, n, name, k, at);
            if (*p == 'i' && m->status == BERT_OK) bert__py_bad(m, at, "an object made in a way that torch.save does not");
            break;
        case 0x93:
            if (!bert__py_need(m, 2, at)) break;
            v = *bert__py_top(m, 2);
            if (v->type != BERT__PY_TEXT || (*bert__py_top(m, 1))->type != BERT__PY_TEXT) { bert__py_bad(m, at, "a name that is no string"); break; }
            name = (*bert__py_top(m, 1))->u.text;
            k = (*bert__py_top(m, 1))->count;
            bert__py_drop(m, 2);
            bert__py_find_global(m, v->u.text, v->count, name, k, at);
            break;
        case 'R': case 0x81: bert__py_reduce(m, at); break;                                     /* NEWOBJ: class and arguments, the same here */
        case 'b':                                                                               /* BUILD: attributes, such as a state dict's _metadata */
            if (!bert__py_need(m, 2, at)) break;
            v = *bert__py_top(m, 2);
            if (v->type != BERT__PY_DICT && v->type != BERT__PY_OTHER) bert__py_bad(m, at, "attributes for something that has none");
            else bert__py_drop(m, 1);
            break;
        case 'Q': bert__py_persistent(m, at); break;
        default:
            if (*p > 32 && *p < 127) bert__py_fail(m, BERT_ERROR_FORMAT, at, "damaged pickle: no operation '%c'", *p);
            else bert__py_fail(m, BERT_ERROR_FORMAT, at, "damaged pickle: no operation 0x%x", (unsigned)*p);
        }
        if (m->stack.failed || m->marks.failed) bert__py_memory(m);
    }
    return NULL;
}

/* ---- from the object to the list of tensors ---- */

typedef struct bert__py_frame { bert__py *v; size_t next, path, skip; } bert__py_frame;   /* skip: the entry whose key is no part of names */

/* The value of a dict's key, the last one set; its index, or SIZE_MAX. */
BERT__FN size_t bert__py_entry(const bert__py *dict, const char *key)
{
    size_t i;
    for (i = dict->count; i >= 2; i -= 2) {
        const bert__py *k = dict->u.items[i - 2];
        if (k->type == BERT__PY_TEXT && bert__same(k->u.text, k->count, key)) return i - 2;
    }
    return SIZE_MAX;
}
/* Which entry of a dict is the state dict; SIZE_MAX: none, or the dict itself is. */
BERT__FN size_t bert__py_wrapper(const bert__py *dict)
{
    static const char *const names[] = { "model", "state_dict", "model_state_dict", "module" };
    size_t i, at;
    for (i = 1; i < dict->count; i += 2)
        if (dict->u.items[i]->type == BERT__PY_TENSOR) return SIZE_MAX;
    for (i = 0; i < sizeof names / sizeof names[0]; i++) {
        at = bert__py_entry(dict, names[i]);
        if (at != SIZE_MAX && dict->u.items[at + 1]->type == BERT__PY_DICT) return at;
    }
    return SIZE_MAX;
}
/* Names cost memory, and a pickle can use one string or tensor very often. */
BERT__FN int bert__py_spend(bert__py_machine *m, size_t cost, size_t at)
{
    if (cost <= m->room) { m->room -= cost; return 1; }
    bert__py_fail(m, BERT_ERROR_UNSUPPORTED, at, "its names and tensors add up to far more than the pickle that holds them");
    return 0;
}
BERT__FN bert_status bert__py_add_tensor(bert__py_machine *m, const bert__buf *name, const bert__py *v, int big)
{
    int64_t shape[64], strides[64];
    bert__found f;
    const bert__py *storage = v->u.items[0], *dims = v->u.items[2], *steps = v->u.items[3];
    const bert__py_storage *s = bert__py_storage_at(m, storage->count);
    const size_t unit = bert_dtype_size((bert_dtype)storage->dtype) ? bert_dtype_size((bert_dtype)storage->dtype) : 1;
    char short_name[101];
    size_t k;
    const char *wrong = NULL;
    memset(&f, 0, sizeof f);
    f.name = name->data;
    f.name_size = name->size;
    f.dtype = v->what == BERT__PY_G_TENSOR3 ? (bert_dtype)v->u.items[6]->dtype : (bert_dtype)storage->dtype;
    f.path = m->path;
    f.at = m->base >= 0 ? m->base + v->at : -1;
    f.big_endian = big;
    if (v->u.items[1]->type != BERT__PY_INT) wrong = "its offset is no number of 64 bits";
    if (dims->count != steps->count) wrong = "it has another number of sizes than of strides";
    if (dims->count > 64) wrong = "it has more than 64 dimensions";
    for (k = 0; !wrong && k < dims->count; k++) {
        if (dims->u.items[k]->type != BERT__PY_INT || steps->u.items[k]->type != BERT__PY_INT) wrong = "a size or a stride is no number of 64 bits";
        else { shape[k] = dims->u.items[k]->u.i; strides[k] = steps->u.items[k]->u.i; }
    }
    if (wrong) {
        bert__format(short_name, sizeof short_name, "%.*s", name->size < 100 ? (int)name->size : 100, name->data);
        return m->status = bert__fail_tensor(m->c->error, BERT_ERROR_FORMAT, m->path, f.at, short_name, "%s", wrong);
    }
    f.offset = v->u.items[1]->u.i;
    f.shape = shape;
    f.strides = strides;
    f.rank = (int64_t)dims->count;
    f.data = s->data + (size_t)storage->u.view[0] * unit;
    f.limit = (size_t)storage->u.view[1] * unit;
    return m->status = bert__add_tensor(m->c, &f);
}
BERT__FN bert_status bert__py_add_number(bert__py_machine *m, const bert__buf *name, const bert__py *v)
{
    bert__found f;
    int64_t *data = (int64_t *)bert__arena_get_aligned(&m->c->arena, sizeof *data, 8);
    if (!data) return bert__py_memory(m);
    *data = v->u.i;
    memset(&f, 0, sizeof f);
    f.name = name->data;
    f.name_size = name->size;
    f.dtype = BERT_I64;
    f.data = (const unsigned char *)data;
    f.limit = sizeof *data;
    f.big_endian = bert__machine_is_big();
    f.path = m->path;
    f.at = m->base >= 0 ? m->base + v->at : -1;
    return m->status = bert__add_tensor(m->c, &f);
}
/* Walks the object, each collection once; the stack of open collections is a buffer, not recursion. */
BERT__FN bert_status bert__py_collect(bert__py_machine *m, bert__py *top, int big)
{
    const size_t before = bert__tensor_count(m->c);
    bert__buf frames, path;
    bert__py_frame f;
    bert__buf_init(&frames, &m->arena.allocator);
    bert__buf_init(&path, &m->arena.allocator);
    if (top->type == BERT__PY_TENSOR) bert__py_fail(m, BERT_ERROR_UNSUPPORTED, top->at, "is one tensor without a name; a dict of tensors is needed");
    if (top->type == BERT__PY_DICT || top->type == BERT__PY_LIST || top->type == BERT__PY_TUPLE) {
        top->seen = 1;
        f.v = top;
        f.next = f.path = 0;
        f.skip = top->type == BERT__PY_DICT ? bert__py_wrapper(top) : SIZE_MAX;
        bert__buf_add(&frames, &f, sizeof f);
    }
    while (m->status == BERT_OK && frames.size && !frames.failed && !path.failed) {
        bert__py_frame *frame = (bert__py_frame *)(void *)(frames.data + frames.size) - 1;
        const int dict = frame->v->type == BERT__PY_DICT;
        const size_t i = frame->next;
        bert__py *key, *v;
        int is_count;
        path.size = frame->path;
        if (i + (dict ? 1 : 0) >= frame->v->count) { frames.size -= sizeof f; continue; }
        key = dict ? frame->v->u.items[i] : NULL;
        v = frame->v->u.items[dict ? i + 1 : i];
        frame->next += dict ? 2 : 1;
        is_count = v->type == BERT__PY_INT && key && key->type == BERT__PY_TEXT && (bert__same(key->u.text, key->count, "step") || bert__same(key->u.text, key->count, "global_step"));
        if (v->type != BERT__PY_TENSOR && !is_count && v->type != BERT__PY_DICT && v->type != BERT__PY_LIST && v->type != BERT__PY_TUPLE) continue;
        if (v->type != BERT__PY_TENSOR && !is_count && (v->seen || !v->count)) continue;
        if (i != frame->skip) {
            char number[32];
            size_t n;
            if (path.size) bert__buf_add(&path, "/", 1);
            if (key && key->type == BERT__PY_TEXT) {
                if (!bert__py_spend(m, key->count, v->at)) break;
                bert__buf_add(&path, key->u.text, key->count);
            } else {                                                    /* an item's number, or a key that is none */
                n = key && key->type != BERT__PY_INT ? bert__format(number, sizeof number, "[%zu]", i / 2)
                  : bert__format(number, sizeof number, "%lld", key ? (long long)key->u.i : (long long)i);
                bert__buf_add(&path, number, n);
            }
        }
        if (path.failed) break;
        if (v->type == BERT__PY_TENSOR || is_count) {
            const size_t rank = is_count ? 0 : v->u.items[2]->count;
            if (!bert__py_spend(m, bert__add(path.size + sizeof(bert_tensor), bert__mul(rank, 16)), v->at)) break;
            if (is_count) bert__py_add_number(m, &path, v);
            else bert__py_add_tensor(m, &path, v, big);
        } else {
            if (frames.size >= 1000 * sizeof f) { bert__py_fail(m, BERT_ERROR_UNSUPPORTED, v->at, "is nested more than 1000 deep"); break; }
            v->seen = 1;
            f.v = v;
            f.next = 0;
            f.path = path.size;
            f.skip = v->type == BERT__PY_DICT && path.size == 0 ? bert__py_wrapper(v) : SIZE_MAX;
            bert__buf_add(&frames, &f, sizeof f);
        }
    }
    if (m->status == BERT_OK && (frames.failed || path.failed)) bert__py_memory(m);
    bert__buf_free(&frames);
    bert__buf_free(&path);
    if (m->status == BERT_OK && bert__tensor_count(m->c) == before && (top->type != BERT__PY_DICT || top->count))
        bert__py_fail(m, BERT_ERROR_FORMAT, top->at, "holds no tensors");
    return m->status;
}

/* ---- the two formats ---- */

/* In an archive: each storage is an entry of exactly its size. */
BERT__FN bert_status bert__pytorch_zip(bert__py_machine *m, const unsigned char *data, size_t size)
{
    bert__zip *z = (bert__zip *)bert__arena_get(&m->c->arena, sizeof *z);
    bert__zip_entry *pickle = NULL, *e;
    bert__buf name;
    bert__py *top;
    const unsigned char *bytes;
    const char *prefix;
    size_t i, n, prefix_size;
    int big = 0, numpy = 0;
    if (!z) return bert__py_memory(m);
    m->status = bert__zip_open(m->c, z, m->path, data, size);
    if (m->status != BERT_OK) return m->status;
    for (i = 0; i < z->count; i++) {
        e = &z->entries[i];
        n = e->name_size;
        if (n > 4 && memcmp(e->name + n - 4, ".npy", 4) == 0) numpy = 1;
        if (n > 13 && memcmp(e->name + n - 14, "/constants.pkl", 14) == 0)
            return bert__fail(m->c->error, BERT_ERROR_UNSUPPORTED, m->path, (int64_t)(e->data - data),
                              "is a TorchScript archive (a compiled program: it has %.*s), not saved weights; in Python, torch.save(torch.jit.load(file).state_dict(), new_file)", n < 100 ? (int)n : 100, e->name);
        if (n < 8 || memcmp(e->name + n - 8, "data.pkl", 8) || (n > 8 && e->name[n - 9] != '/')) continue;
        if (pickle) return bert__fail(m->c->error, BERT_ERROR_FORMAT, m->path, (int64_t)(e->data - data), "the archive has two data.pkl; which one is meant?");
        pickle = e;
    }
    if (!pickle)
        return bert__fail(m->c->error, BERT_ERROR_UNSUPPORTED, m->path, -1, numpy ? "is a NumPy .npz archive, not a PyTorch file (it has no data.pkl); in Python, torch.save a dict of its arrays as tensors"
                          : "is a zip archive without data.pkl: not a PyTorch file");
    prefix = pickle->name;
    prefix_size = pickle->name_size - 8;
    bert__buf_init(&name, &m->arena.allocator);
    bert__buf_add(&name, prefix, prefix_size);
    bert__buf_add(&name, "byteorder", 9);
    e = name.failed ? NULL : bert__zip_find(z, name.data, name.size);
    if (name.failed) bert__py_memory(m);
    if (e && m->status == BERT_OK) m->status = bert__zip_bytes(m->c, z, e, &bytes, &n);
    if (e && m->status == BERT_OK) {
        big = bert__same((const char *)bytes, n, "big");
        if (!big && !bert__same((const char *)bytes, n, "little")) m->status = bert__fail(m->c->error, BERT_ERROR_FORMAT, m->path, (int64_t)(e->data - data), "byteorder is neither little nor big");
    }
    if (m->status == BERT_OK) m->status = bert__zip_bytes(m->c, z, pickle, &m->data, &m->size);
    if (m->status == BERT_OK && pickle->method == 0) m->status = bert__zip_check(m->c, z, pickle, m->data, m->size);
    if (m->status != BERT_OK) { bert__buf_free(&name); return m->status; }
    m->base = pickle->method == 0 ? (int64_t)(m->data - data) : -1;
    m->room = bert__add(bert__mul(m->size, 64), (size_t)1 << 20);
    m->storages_allowed = 1;
    top = bert__py_run(m);
    n = m->storages.size / sizeof(bert__py_storage);
    for (i = 0; i < n && m->status == BERT_OK; i++) {
        bert__py_storage *s = bert__py_storage_at(m, i);
        const int shown = s->key_size < 40 ? (int)s->key_size : 40;
        size_t has;
        name.size = prefix_size;
        bert__buf_add(&name, "data/", 5);
        bert__buf_add(&name, s->key, s->key_size);
        if (name.failed) { bert__py_memory(m); break; }
        e = bert__zip_find(z, name.data, name.size);
        if (!e) { bert__py_fail(m, BERT_ERROR_FORMAT, s->at, "storage %.*s is not in the archive", shown, s->key); break; }
        m->status = bert__zip_bytes(m->c, z, e, &s->data, &has);
        if (m->status != BERT_OK) break;
        if (has != s->bytes) bert__py_fail(m, BERT_ERROR_FORMAT, s->at, "storage %.*s has %zu bytes, the pickle says %zu", shown, s->key, has, s->bytes);
    }
    bert__buf_free(&name);
    if (m->status == BERT_OK && top) bert__py_collect(m, top, big);
    return m->status;
}

static const unsigned char bert__pytorch_magic[10] = { 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19 };

/* By content: the pickle of the magic number, which may stand in a frame. */
BERT__FN int bert__is_legacy_pytorch(const unsigned char *data, size_t size)
{
    static const char text[] = "L119547037146038801333356L\n.";
    size_t at = 0;
    if (size >= sizeof text - 1 && memcmp(data, text, sizeof text - 1) == 0) return 1;
    if (size > 2 && data[0] == 0x80 && data[1] < 6) at = 2;
    if (size > at + 9 && data[at] == 0x95) at += 9;
    return size >= at + 12 && data[at] == 0x8A && data[at + 1] == 10 && memcmp(data + at + 2, bert__pytorch_magic, 10) == 0;
}
/* The next pickle of a file that is several in a row. */
BERT__FN bert__py *bert__pytorch_next(bert__py_machine *m, const unsigned char *data, size_t size, size_t *at)
{
    bert__py *v;
    m->base = (int64_t)*at;
    m->data = data + *at;
    m->size = size - *at;
    m->pos = 0;
    v = bert__py_run(m);
    *at += m->pos;
    return v;
}
BERT__FN bert_status bert__pytorch_legacy(bert__py_machine *m, const unsigned char *data, size_t size)
{
    bert__py *top, *keys, *v;
    size_t at = 0, i, slot, pickle;
    int64_t base;
    v = bert__pytorch_next(m, data, size, &at);
    if (!v) return m->status;
    if (!bert__is_legacy_pytorch(data, size))
        return bert__fail(m->c->error, BERT_ERROR_FORMAT, m->path, 0, "a pickle, but not a file of torch.save: its magic number is missing or damaged");
    v = bert__pytorch_next(m, data, size, &at);                         /* the version */
    if (!v) return m->status;
    if (v->type != BERT__PY_INT || v->u.i != 1001) return bert__py_fail(m, BERT_ERROR_UNSUPPORTED, 0, "the file's version is not 1001, the only one there was");
    v = bert__pytorch_next(m, data, size, &at);                         /* facts about the machine: numbers are little-endian all the same */
    if (!v) return m->status;
    if (v->type != BERT__PY_DICT) return bert__py_bad(m, 0, "no dict where the system's facts should be");
    m->storages_allowed = 1;
    pickle = at;
    top = bert__pytorch_next(m, data, size, &at);
    if (!top) return m->status;
    base = m->base;
    m->room = bert__add(bert__mul(at - pickle, 64), (size_t)1 << 20);
    m->storages_allowed = 0;
    keys = bert__pytorch_next(m, data, size, &at);
    if (!keys) return m->status;
    if (keys->type != BERT__PY_LIST) return bert__py_bad(m, 0, "no list where the storages' keys should be");
    for (i = 0; i < keys->count; i++) {                                 /* as many elements as the pickle said, then those */
        const bert__py *key = keys->u.items[i];
        const int shown = key->count < 40 ? (int)key->count : 40;
        bert__py_storage *s;
        size_t unit;
        if (key->type != BERT__PY_TEXT) return bert__py_bad(m, key->at, "a storage's key that is no string");
        slot = m->slots ? bert__py_storage_slot(m, key->u.text, key->count) : 0;
        if (!m->slots || !m->index[slot]) return bert__py_fail(m, BERT_ERROR_FORMAT, key->at, "storage %.*s is in the list, but no tensor has it", shown, key->u.text);
        s = bert__py_storage_at(m, m->index[slot] - 1);
        if (s->data) return bert__py_fail(m, BERT_ERROR_FORMAT, key->at, "storage %.*s is listed twice", shown, key->u.text);
        unit = bert_dtype_size(s->dtype) ? bert_dtype_size(s->dtype) : 1;
        if (size - at < 8 || size - at - 8 < s->bytes)
            return bert__fail(m->c->error, BERT_ERROR_FORMAT, m->path, (int64_t)at, "storage %.*s needs %zu bytes, the file has %zu: it is cut short", shown, key->u.text, s->bytes, size - at < 8 ? (size_t)0 : size - at - 8);
        if (bert__load64(data + at) != s->bytes / unit)
            return bert__fail(m->c->error, BERT_ERROR_FORMAT, m->path, (int64_t)at, "storage %.*s has %lld elements, the pickle says %zu", shown, key->u.text, (long long)bert__load64(data + at), s->bytes / unit);
        s->data = data + at + 8;
        at += 8 + s->bytes;
    }
    m->base = base;
    for (i = 0; i < m->storages.size / sizeof(bert__py_storage); i++) {
        const bert__py_storage *s = bert__py_storage_at(m, i);
        if (!s->data) return bert__py_fail(m, BERT_ERROR_FORMAT, s->at, "storage %.*s is not in the list of storages", s->key_size < 40 ? (int)s->key_size : 40, s->key);
    }
    return bert__py_collect(m, top, 0);
}

/* Reads a PyTorch file that lies in memory and stays there. */
BERT__FN bert_status bert__open_pytorch(bert_checkpoint *c, const char *path, const unsigned char *data, size_t size)
{
    bert__py_machine m;
    bert_status s;
    const int zip = !bert__is_legacy_pytorch(data, size) && bert__is_zip(data, size);
    c->format = zip ? "PyTorch zip" : "PyTorch legacy";
    bert__py_init(&m, c, path);
    s = zip ? bert__pytorch_zip(&m, data, size) : bert__pytorch_legacy(&m, data, size);
    bert__py_free(&m);
    return s;
}

/* ---- writing ----

   The archive is what torch.save makes: archive/data.pkl, byteorder, data/0 ..., version, all stored, each one's bytes at a
   multiple of 64 (a made-up extra field "FB" fills the gap), so that a reader can map them. Times are zero: the same
   tensors give the same bytes. The pickle is an OrderedDict of names and calls of _rebuild_tensor_v2, in protocol 2.
   Tensors over the same memory share a storage, as tied weights do. */

typedef struct bert__zip_writer {
    bert__writer out;
    bert__buf directory, header;
    size_t count;
    bert__crc crc;
} bert__zip_writer;

BERT__FN void bert__put(bert__buf *b, uint64_t v, int bytes)            /* little-endian */
{
    char p[8];
    int k;
    for (k = 0; k < bytes; k++) p[k] = (char)(v >> 8 * k & 255);
    bert__buf_add(b, p, (size_t)bytes);
}
BERT__FN void bert__put_text(bert__buf *b, const char *text) { bert__buf_add(b, text, strlen(text)); }

/* Copies up to `room` bytes of numbers of `unit` bytes to `to`, turned round. */
BERT__FN size_t bert__swap_some(unsigned char *to, size_t room, const unsigned char *from, size_t size, size_t unit)
{
    size_t n = size < room ? size : room / unit * unit, i;
    for (i = 0; i < n; i++) to[i] = from[i / unit * unit + (unit - 1 - i % unit)];
    return n;
}
/* One entry. unit: the numbers have so many bytes and a byte order, which files have little-endian; 1: bytes. */
BERT__FN void bert__zip_add(bert__zip_writer *w, const char *name, const void *data, size_t size, size_t unit)
{
    const unsigned char *p = (const unsigned char *)data;
    const int swap = unit > 1 && bert__machine_is_big(), large = size >= 0xFFFFFFFF;
    const uint64_t at = w->out.size;
    const size_t n = strlen(name), extra = large ? 20 : 0;
    const size_t fill = (64 - (size_t)((at + 30 + n + extra + 4) % 64)) % 64;
    unsigned char part[4096];
    size_t done, k;
    uint32_t crc = 0;
    if (!swap) crc = bert__crc_add(&w->crc, 0, p, size);
    for (done = 0; swap && done < size; done += k) {
        k = bert__swap_some(part, sizeof part, p + done, size - done, unit);
        crc = bert__crc_add(&w->crc, crc, part, k);
    }
    w->header.size = 0;
    bert__put(&w->header, 0x04034B50, 4);
    bert__put(&w->header, large ? 45 : 20, 2);                          /* version needed */
    bert__put(&w->header, 0, 8);                                        /* flags, method: stored, time, date */
    bert__put(&w->header, crc, 4);
    bert__put(&w->header, large ? 0xFFFFFFFF : size, 4);
    bert__put(&w->header, large ? 0xFFFFFFFF : size, 4);
    bert__put(&w->header, n, 2);
    bert__put(&w->header, extra + 4 + fill, 2);
    bert__put_text(&w->header, name);
    if (large) { bert__put(&w->header, 1, 2); bert__put(&w->header, 16, 2); bert__put(&w->header, size, 8); bert__put(&w->header, size, 8); }
    bert__put_text(&w->header, "FB");
    bert__put(&w->header, fill, 2);
    for (k = 0; k < fill; k++) bert__buf_add(&w->header, "Z", 1);
    bert__writer_add(&w->out, w->header.data, w->header.size);
    if (!swap) bert__writer_add(&w->out, p, size);
    for (done = 0; swap && done < size; done += k) {
        k = bert__swap_some(part, sizeof part, p + done, size - done, unit);
        bert__writer_add(&w->out, part, k);
    }
    bert__put(&w->directory, 0x02014B50, 4);
    bert__put(&w->directory, 45, 2);                                    /* made by, needed */
    bert__put(&w->directory, large || at >= 0xFFFFFFFF ? 45 : 20, 2);
    bert__put(&w->directory, 0, 8);
    bert__put(&w->directory, crc, 4);
    bert__put(&w->directory, large ? 0xFFFFFFFF : size, 4);
    bert__put(&w->directory, large ? 0xFFFFFFFF : size, 4);
    bert__put(&w->directory, n, 2);
    k = (large ? 16u : 0u) + (at >= 0xFFFFFFFF ? 8u : 0u);
    bert__put(&w->directory, k ? k + 4 : 0, 2);
    bert__put(&w->directory, 0, 8);                                     /* comment, disk, attributes */
    bert__put(&w->directory, 0, 2);
    bert__put(&w->directory, at >= 0xFFFFFFFF ? 0xFFFFFFFF : at, 4);
    bert__put_text(&w->directory, name);
    if (k) { bert__put(&w->directory, 1, 2); bert__put(&w->directory, k, 2); }
    if (large) { bert__put(&w->directory, size, 8); bert__put(&w->directory, size, 8); }
    if (at >= 0xFFFFFFFF) bert__put(&w->directory, at, 8);
    w->count++;
}
/* The directory and the end records; the zip64 one always, as torch.save does. */
BERT__FN void bert__zip_finish(bert__zip_writer *w)
{
    const uint64_t at = w->out.size, size = w->directory.size, end = at + size;
    bert__writer_add(&w->out, w->directory.data, w->directory.size);
    w->header.size = 0;
    bert__put(&w->header, 0x06064B50, 4);
    bert__put(&w->header, 44, 8);                                       /* bytes that follow */
    bert__put(&w->header, 45 | 45u << 16, 4);
    bert__put(&w->header, 0, 8);                                        /* disks */
    bert__put(&w->header, w->count, 8);
    bert__put(&w->header, w->count, 8);
    bert__put(&w->header, size, 8);
    bert__put(&w->header, at, 8);
    bert__put(&w->header, 0x07064B50, 4);
    bert__put(&w->header, 0, 4);
    bert__put(&w->header, end, 8);
    bert__put(&w->header, 1, 4);
    bert__put(&w->header, 0x06054B50, 4);
    bert__put(&w->header, 0, 4);
    bert__put(&w->header, w->count < 0xFFFF ? w->count : 0xFFFF, 2);
    bert__put(&w->header, w->count < 0xFFFF ? w->count : 0xFFFF, 2);
    bert__put(&w->header, size < 0xFFFFFFFF ? size : 0xFFFFFFFF, 4);
    bert__put(&w->header, at < 0xFFFFFFFF ? at : 0xFFFFFFFF, 4);
    bert__put(&w->header, 0, 2);
    bert__writer_add(&w->out, w->header.data, w->header.size);
}

/* Pickling: integers, strings, and what is used more than once through the memo. */
BERT__FN void bert__put_int(bert__buf *b, uint64_t v)
{
    if (v < 256) { bert__put_text(b, "K"); bert__put(b, v, 1); }
    else if (v < 65536) { bert__put_text(b, "M"); bert__put(b, v, 2); }
    else if (v < 0x80000000u) { bert__put_text(b, "J"); bert__put(b, v, 4); }
    else { bert__put_text(b, "\x8A\x08"); bert__put(b, v, 8); }
}
BERT__FN void bert__put_string(bert__buf *b, const char *text, size_t n)
{
    bert__put_text(b, "X");
    bert__put(b, n, 4);
    bert__buf_add(b, text, n);
}
/* Something by its name, at place `slot` of the memo, from its second use on by that. */
BERT__FN void bert__put_global(bert__buf *b, unsigned char *used, int slot, const char *module, const char *name)
{
    if (used[slot]) { bert__put_text(b, "h"); bert__put(b, (uint64_t)slot, 1); return; }
    used[slot] = 1;
    bert__put_text(b, "c");
    bert__put_text(b, module);
    bert__put_text(b, "\n");
    bert__put_text(b, name);
    bert__put_text(b, "\nq");
    bert__put(b, (uint64_t)slot, 1);
}
/* The name of a type's storage class or, where it has none, of the type. */
BERT__FN const bert__py_global *bert__py_class(bert_dtype dtype, int what)
{
    size_t i;
    for (i = 0; i < sizeof bert__py_globals / sizeof bert__py_globals[0]; i++)
        if (bert__py_globals[i].what == what && bert__py_globals[i].dtype == (uint8_t)dtype) return &bert__py_globals[i];
    return NULL;
}
/* A tensor with its storage's key. */
BERT__FN void bert__put_tensor(bert__buf *b, unsigned char *used, const bert_output *t, size_t key, size_t count)
{
    const bert__py_global *storage = bert__py_class(t->dtype, BERT__PY_G_STORAGE), *type = storage ? NULL : bert__py_class(t->dtype, BERT__PY_G_DTYPE);
    char number[24];
    int32_t k, j;
    bert__put_global(b, used, type ? 3 : 2, "torch._utils", type ? "_rebuild_tensor_v3" : "_rebuild_tensor_v2");
    bert__put_text(b, "((");
    if (used[0]) bert__put_text(b, "h\x01");
    else { bert__put_string(b, "storage", 7); bert__put_text(b, "q\x01"); }
    bert__put_global(b, used, 8 + (int)(storage ? t->dtype : BERT_DTYPE_NONE), storage ? "torch" : "torch.storage", storage ? storage->name : "UntypedStorage");
    bert__put_string(b, number, bert__format(number, sizeof number, "%zu", key));
    if (used[0]) bert__put_text(b, "h\x04");
    else { bert__put_string(b, "cpu", 3); bert__put_text(b, "q\x04"); used[0] = 1; }
    bert__put_int(b, storage ? count : count * bert_dtype_size(t->dtype));
    bert__put_text(b, "tQK");
    bert__put(b, 0, 1);                                                 /* offset */
    bert__put_text(b, "(");
    for (k = 0; k < t->rank; k++) bert__put_int(b, (uint64_t)t->shape[k]);
    bert__put_text(b, "t(");
    for (k = 0; k < t->rank; k++) {                                     /* strides: the product of the later dimensions */
        uint64_t stride = 1;
        for (j = k + 1; j < t->rank && count; j++) stride *= (uint64_t)t->shape[j];
        bert__put_int(b, stride);
    }
    bert__put_text(b, "t\x89h");                                        /* no gradient, no hooks */
    bert__put(b, 5, 1);
    bert__put_text(b, ")R");
    if (type) bert__put_global(b, used, 8 + (int)t->dtype, "torch", type->name);
    bert__put_text(b, "tR");
}

/* Writes tensors as torch.save writes a state dict. */
BERT__FN bert_status bert__write_pytorch(const bert_write_desc *d)
{
    const bert_allocator allocator = bert__allocator(&d->allocator);
    bert__zip_writer *w = (bert__zip_writer *)bert__alloc(&allocator, sizeof *w);
    bert__buf pickle, keys;                                             /* keys: the tensor that each storage is of, size_t */
    size_t *slots = NULL, room = 16, i;                                 /* by address: number of storage + 1 */
    unsigned char used[8 + BERT_DTYPE_COUNT];
    bert_status s = BERT_OK;
    memset(used, 0, sizeof used);
    bert__buf_init(&pickle, &allocator);
    bert__buf_init(&keys, &allocator);
    while (room < d->count * 2) room *= 2;
    slots = (size_t *)bert__alloc(&allocator, bert__mul(room, sizeof *slots));
    if (!w || !slots) s = bert__fail(d->error, BERT_ERROR_MEMORY, d->path, -1, "out of memory");
    else memset(slots, 0, room * sizeof *slots);
    bert__put_text(&pickle, "\x80\x02");
    bert__put_global(&pickle, used, 5, "collections", "OrderedDict");
    bert__put_text(&pickle, ")R(");
    for (i = 0; i < d->count && s == BERT_OK; i++) {
        const bert_output *t = &d->tensors[i];
        const size_t unit = bert_dtype_size(t->dtype), n = t->name ? strlen(t->name) : 0;
        uint64_t count = 1;
        size_t slot, key;
        int32_t k;
        if (!t->name || !bert__py_utf8(t->name, n) || n > 65535) { s = bert__fail(d->error, BERT_ERROR_ARGUMENT, d->path, -1, "tensor %zu needs a name in UTF-8 of up to 65535 bytes", i); break; }
        if (!unit) { s = bert__fail_tensor(d->error, BERT_ERROR_UNSUPPORTED, d->path, -1, t->name, "PyTorch has no values of type %s", bert_dtype_name(t->dtype)); break; }
        for (k = 0; k < t->rank && s == BERT_OK; k++) {
            if (t->shape[k] < 0 || (t->shape[k] && count > (uint64_t)(SIZE_MAX / 16) / (uint64_t)t->shape[k]))
                s = bert__fail_tensor(d->error, BERT_ERROR_ARGUMENT, d->path, -1, t->name, "dimension %d is %lld", (int)k, (long long)t->shape[k]);
            else count *= (uint64_t)t->shape[k];
        }
        if (s == BERT_OK && (t->rank < 0 || t->rank > 64 || (count && !t->data))) s = bert__fail_tensor(d->error, BERT_ERROR_ARGUMENT, d->path, -1, t->name, "needs data and up to 64 dimensions");
        if (s != BERT_OK) break;
        slot = (size_t)((uintptr_t)t->data >> 4) * 2654435761u;
        for (slot = (slot ^ slot >> 15) & (room - 1); slots[slot]; slot = (slot + 1) & (room - 1)) {
            size_t other;
            memcpy(&other, keys.data + (slots[slot] - 1) * 2 * sizeof other, sizeof other);
            if (count && d->tensors[other].data == t->data && d->tensors[other].dtype == t->dtype) {
                memcpy(&key, keys.data + ((slots[slot] - 1) * 2 + 1) * sizeof key, sizeof key);
                if (key == count) break;
            }
        }
        key = slots[slot] ? slots[slot] - 1 : keys.size / (2 * sizeof key);
        if (!slots[slot]) {
            const size_t elements = (size_t)count;
            bert__buf_add(&keys, &i, sizeof i);
            bert__buf_add(&keys, &elements, sizeof elements);
            if (keys.failed) { s = bert__fail(d->error, BERT_ERROR_MEMORY, d->path, -1, "out of memory"); break; }
            slots[slot] = key + 1;
        }
        bert__put_string(&pickle, t->name, n);
        bert__put_tensor(&pickle, used, t, key, (size_t)count);
    }
    bert__put_text(&pickle, "u.");
    if (s == BERT_OK && pickle.failed) s = bert__fail(d->error, BERT_ERROR_MEMORY, d->path, -1, "out of memory");
    if (s == BERT_OK) s = bert__writer_open(&w->out, d->path, d->error);
    if (s == BERT_OK) {
        bert__buf_init(&w->directory, &allocator);
        bert__buf_init(&w->header, &allocator);
        bert__crc_init(&w->crc, BERT__CRC_ZIP);
        w->count = 0;
        bert__zip_add(w, "archive/data.pkl", pickle.data, pickle.size, 1);
        bert__zip_add(w, "archive/byteorder", "little", 6, 1);
        for (i = 0; i < keys.size / (2 * sizeof i); i++) {
            size_t of[2];
            char name[48];
            const bert_output *t;
            memcpy(of, keys.data + i * sizeof of, sizeof of);
            t = &d->tensors[of[0]];
            bert__format(name, sizeof name, "archive/data/%zu", i);
            bert__zip_add(w, name, t->data, of[1] * bert_dtype_size(t->dtype), t->dtype == BERT_C64 ? 4 : bert_dtype_size(t->dtype));
        }
        bert__zip_add(w, "archive/version", "3\n", 2, 1);
        bert__zip_finish(w);
        if (w->directory.failed || w->header.failed) {
            bert__writer_abort(&w->out);
            s = bert__fail(d->error, BERT_ERROR_MEMORY, d->path, -1, "out of memory");
        } else s = bert__writer_commit(&w->out);
        bert__buf_free(&w->directory);
        bert__buf_free(&w->header);
    }
    bert__buf_free(&pickle);
    bert__buf_free(&keys);
    bert__free(&allocator, slots);
    bert__free(&allocator, w);
    return s;
}
#endif /* BERT_NO_PICKLE */

/* ============================================================================================================
   >>bundle
   Purpose   TensorFlow's checkpoints, the "V2" format that tf.train.Saver and tf.train.Checkpoint write: PREFIX.index
             and PREFIX.data-00000-of-00001 (-00000-of-00002, ... when there are several); the file `checkpoint` beside.
   Uses      >>container, the base.
   Promises  every block of the index is checked against its checksum; every tensor against its type, its shape and the
             size of its data file; tensors of up to 4 KB also against their checksum. Larger ones are not read here, so
             that opening stays fast: bert__bundle_verify reads all. Memory stays in proportion to the index. What is
             written is byte for byte what TensorFlow's Saver writes for the same tensors. BERT_NO_TF removes this section.

   How the format works.
   The data files hold the values and nothing else, one tensor behind the other. The index says what lies where. It is a
   sorted table of key and value, in the layout of LevelDB's tables, read from its end:

      data block*   the pairs, in the order of the keys (bytes, unsigned)
      meta block    empty here
      index block   for each data block a key that is not below its last and below the next block's first, and its handle
      footer        48 bytes: the handles of the meta and the index block, filled up with zeros to 40, then the magic
                    number DB4775248B80FB57, lowest byte first

   A handle is offset and size, both as varint: 7 bits a byte, the lowest first, and the top bit set if more follow.
   Behind each block stand 5 bytes: how it is packed (0: not; 1: snappy), and the CRC-32C of block and that byte. The CRC
   is "masked", rotated and a constant added, because a CRC over bytes that hold their own CRC says little.

   A block is entries, then restart points: varint shared, varint fresh, varint length, `fresh` bytes of key, `length`
   bytes of value. The key is the first `shared` bytes of the key before and the fresh ones, so what names have in common
   is stored once. Every 16th entry shares nothing; the offsets of these stand at the block's end (32 bits each, then
   their number), so that a search can start in the middle. We read from front to back and only check them. A data block
   ends with the entry that brings it to 256 KB; in the index block every entry is a restart point.

   The values are protocol buffers: fields, each a varint `number << 3 | kind`, then a varint (kind 0), 8 bytes (1), a
   varint size and so many bytes (2) or 4 bytes (5); fields with unknown numbers are skipped. A field that is zero is left
   out. The key "" has the header: 1 number of data files, 2 byte order (1: big), 3 version {1 producer, 2 oldest reader}.
   Every other key is the name of a tensor: 1 type, 2 shape {2 dimension {1 size}}*, 3 data file, 4 offset, 5 size, 6
   masked CRC-32C of the values (4 bytes), 7 slices, of tensors that were saved in pieces: those are refused, BERT has none.
   Strings and what else has no fixed size (Python objects and the graph of a TF2 checkpoint) are listed as BERT_STRING
   and have no values here.
   ============================================================================================================ */

#ifndef BERT_NO_TF

/* Where the files of a checkpoint come from: a directory, an archive. `get` gives a file's bytes, which stay as long as
   the checkpoint is open, and counts them in c->file_bytes; it reports its failures. */
typedef struct bert__files_from {
    bert_status (*get)(void *user, bert_checkpoint *c, const char *name, const unsigned char **data, size_t *size);
    void *user;
} bert__files_from;

BERT__FN bert_status bert__directory_get(void *user, bert_checkpoint *c, const char *name, const unsigned char **data, size_t *size)
{
    bert_status status = BERT_OK;
    const bert_file *f = bert__checkpoint_file(c, name, &status);
    (void)user;
    if (!f) return status;
    *data = f->data;
    *size = f->size;
    return BERT_OK;
}
BERT__FN bert__files_from bert__from_directory(void)
{
    bert__files_from from;
    from.get = bert__directory_get;
    from.user = NULL;
    return from;
}

/* ---- crc32c ---- */

BERT__INLINE uint32_t bert__crc_mask(uint32_t crc) { return (crc >> 15 | crc << 17) + 0xA282EAD8u; }

/* ---- varints and protocol buffers ---- */

/* Reads one and moves *p behind it; 0 if it is cut off or has more than 64 bits. */
BERT__FN int bert__varint(const unsigned char **p, const unsigned char *end, uint64_t *v)
{
    const unsigned char *q = *p;
    uint32_t shift;
    *v = 0;
    for (shift = 0; shift < 64 && q < end; shift += 7) {
        *v |= (uint64_t)(*q & 127) << shift;
        if (*q++ & 128) continue;
        if (shift == 63 && q[-1] > 1) return 0;
        *p = q;
        return 1;
    }
    return 0;
}
BERT__FN size_t bert__varint_put(unsigned char *p, uint64_t v)
{
    size_t n = 0;
    for (; v > 127; v >>= 7) p[n++] = (unsigned char)(v | 128);
    p[n++] = (unsigned char)v;
    return n;
}

/* A message being read, and the field it stands at: `value` of the kinds 0, 1 and 5, `bytes` of kind 2. */
typedef struct bert__proto {
    const unsigned char *p, *end, *bytes;
    uint64_t value, field;
    size_t size;
    int kind;
} bert__proto;

BERT__FN bert__proto bert__proto_begin(const unsigned char *data, size_t size)
{
    bert__proto m;
    memset(&m, 0, sizeof m);
    m.p = data;
    m.end = data + size;
    return m;
}
/* 1: there is a next field; 0: the end; -1: it is damaged. */
BERT__FN int bert__proto_next(bert__proto *m)
{
    uint64_t tag;
    if (m->p == m->end) return 0;
    if (!bert__varint(&m->p, m->end, &tag)) return -1;
    m->field = tag >> 3;
    m->kind = (int)(tag & 7);
    if (!m->field || m->field >> 29) return -1;
    switch (m->kind) {
    case 0: return bert__varint(&m->p, m->end, &m->value) ? 1 : -1;
    case 1:
        if (m->end - m->p < 8) return -1;
        m->value = bert__load64(m->p);
        m->p += 8;
        return 1;
    case 2:
        if (!bert__varint(&m->p, m->end, &m->value) || m->value > (uint64_t)(m->end - m->p)) return -1;
        m->bytes = m->p;
        m->size = (size_t)m->value;
        m->p += m->size;
        return 1;
    case 5:
        if (m->end - m->p < 4) return -1;
        m->value = bert__load32(m->p);
        m->p += 4;
        return 1;
    default: return -1;                                                 /* groups went out of use before any checkpoint */
    }
}

/* ---- snappy ---- */

/* Unpacks the elements behind the length: literals, and copies of what came out before. NULL, or what is wrong. */
BERT__FN const char *bert__snappy(const unsigned char *p, size_t n, unsigned char *out, size_t room)
{
    const unsigned char *end = p + n;
    size_t done = 0, length, back, k, extra;
    while (p < end) {
        const unsigned tag = *p++;
        const int copy = (tag & 3) != 0;
        extra = tag & 3;                                                /* bytes behind the tag: 1, 2 or (3:) 4 of offset */
        if (extra == 3) extra = 4;
        if (!copy && tag >> 2 >= 60) extra = (tag >> 2) - 59;           /* a long literal: its length is there */
        if (extra > (size_t)(end - p)) return "it ends within an element";
        for (back = 0, k = 0; k < extra; k++) back |= (size_t)p[k] << 8 * k;
        p += extra;
        if (copy) {
            length = (tag >> 2) + 1;
            if (extra == 1) { length = (tag >> 2 & 7) + 4; back |= (size_t)(tag >> 5) << 8; }
            if (!back || back > done) return "it copies from before its start";
            if (length > room - done) return "it holds more than it says";
            for (k = 0; k < length; k++, done++) out[done] = out[done - back];   /* one by one: they may overlap */
        } else {
            length = extra ? back : tag >> 2;
            if (length >= (size_t)(end - p)) return "it ends within an element";
            if (length >= room - done) return "it holds more than it says";
            memcpy(out + done, p, ++length);
            p += length;
            done += length;
        }
    }
    return done == room ? NULL : "it holds less than it says";
}

/* ---- the table ---- */

typedef struct bert__shard { struct bert__shard *next; const char *path; const unsigned char *data; size_t size, used; uint64_t number; } bert__shard;

/* A bundle being read. */
typedef struct bert__bundle {
    bert_checkpoint *c;
    const bert__files_from *from;
    const char *prefix, *path;          /* PREFIX.index */
    const unsigned char *index;
    size_t index_size;
    size_t check, names_left;           /* tensors up to so many bytes are checked; bytes of names that may still come */
    bert__shard *shards;                /* opened so far */
    uint64_t shard_count;
    int big_endian, list;
    bert_status status;
    bert__crc crc;
} bert__bundle;

/* A block of the table, unpacked, and a walk over its entries. */
typedef struct bert__table_block {
    const unsigned char *data;
    unsigned char *memory;              /* of an unpacked one */
    size_t start, end, next;            /* in the file; of the entries; of the next entry */
    size_t restarts, restart;           /* how many, how many were met */
} bert__table_block;

/* The keys of a walk: each must be above the one before. */
typedef struct bert__table_key { bert__buf text; size_t count; } bert__table_key;

#define BERT__TABLE_MAGIC 0xDB4775248B80FB57u
enum { BERT__TABLE_FOOTER = 48, BERT__TABLE_BLOCK = 262144, BERT__TABLE_NAME = 65535 };

BERT__FN int bert__is_bundle_index(const unsigned char *data, size_t size)
{
    return size >= BERT__TABLE_FOOTER && bert__load64(data + size - 8) == BERT__TABLE_MAGIC;
}

BERT__FN bert_status bert__block_open(bert__bundle *b, bert__table_block *k, uint64_t at, uint64_t size)
{
    const size_t room = b->index_size - BERT__TABLE_FOOTER;
    const unsigned char *p, *end;
    bert_error *e = b->c->error;
    const char *why;
    uint64_t length;
    memset(k, 0, sizeof *k);
    if (room < 5 || size > room - 5 || at > room - 5 - size)
        return b->status = bert__fail(e, BERT_ERROR_FORMAT, b->path, -1, "a block of %llu bytes at byte %llu leaves the file, which has %zu: it is cut off or damaged", (unsigned long long)size, (unsigned long long)at, b->index_size);
    k->start = (size_t)at;
    k->end = (size_t)size;
    k->data = p = b->index + k->start;
    end = p + k->end;
    if (bert__crc_mask(bert__crc_add(&b->crc, 0, p, k->end + 1)) != bert__load32(end + 1))
        return b->status = bert__fail(e, BERT_ERROR_FORMAT, b->path, (int64_t)at, "a block of the index does not match its checksum: the file is damaged, fetch it again");
    if (*end > 1) return b->status = bert__fail(e, BERT_ERROR_UNSUPPORTED, b->path, (int64_t)at, "a block is packed by method %u; 0 (not at all) and 1 (snappy) are read", (unsigned)*end);
    if (*end == 1) {
        if (!bert__varint(&p, end, &length) || length / 32 > size)      /* the best snappy can do is 64 bytes in 3 */
            return b->status = bert__fail(e, BERT_ERROR_FORMAT, b->path, (int64_t)at, "a block packed by snappy has an impossible length");
        k->memory = (unsigned char *)bert__alloc(&b->c->arena.allocator, (size_t)length);
        if (!k->memory) return b->status = bert__fail(e, BERT_ERROR_MEMORY, b->path, -1, "out of memory");
        k->data = k->memory;
        k->end = (size_t)length;
        why = bert__snappy(p, (size_t)(end - p), k->memory, k->end);
        if (why) return b->status = bert__fail(e, BERT_ERROR_FORMAT, b->path, (int64_t)at, "a block packed by snappy is damaged: %s", why);
    }
    if (k->end >= 4) k->restarts = bert__load32(k->data + k->end - 4);
    if (k->end < 4 || !k->restarts || k->restarts > (k->end - 4) / 4)
        return b->status = bert__fail(e, BERT_ERROR_FORMAT, b->path, (int64_t)at, "a block has no room for the %zu restart points it says it has", k->restarts);
    k->end -= 4 + 4 * k->restarts;
    return BERT_OK;
}
BERT__FN void bert__block_close(bert__bundle *b, bert__table_block *k)
{
    bert__free(&b->c->arena.allocator, k->memory);
    k->memory = NULL;
}
/* Where an entry is in the file, for messages: a packed block as a whole. */
BERT__FN int64_t bert__block_at(const bert__table_block *k, size_t entry) { return (int64_t)(k->start + (k->memory ? 0 : entry)); }

/* The next entry: its key in `key`, its value. 1; 0 at the end; -1 and b->status if it is damaged. */
BERT__FN int bert__block_next(bert__bundle *b, bert__table_block *k, bert__table_key *key, const unsigned char **value, size_t *size)
{
    const unsigned char *p = k->data + k->next, *end = k->data + k->end;
    const int64_t at = bert__block_at(k, k->next);
    const int restart = k->restart < k->restarts && bert__load32(end + 4 * k->restart) == k->next;
    uint64_t shared, fresh, length;
    size_t common;
    const char *why = NULL;
    int order;
    if (k->next == k->end && k->restart + (restart && !k->end) == k->restarts) return 0;
    if (k->next == k->end || (!restart && !k->next)) why = "restart points that are not at entries";
    else if (!bert__varint(&p, end, &shared) || !bert__varint(&p, end, &fresh) || !bert__varint(&p, end, &length)) why = "an entry that is cut off";
    else if (fresh > (uint64_t)(end - p) || length > (uint64_t)(end - p) - fresh) why = "an entry that leaves the block";
    else if (shared > (restart ? 0 : key->text.size)) why = "an entry that shares more of its name than there is";
    else if (shared + fresh > BERT__TABLE_NAME) why = "a name of more than 65535 bytes";
    if (!why && key->count) {
        common = key->text.size - (size_t)shared;
        if (common > fresh) common = (size_t)fresh;
        order = common ? memcmp(p, key->text.data + shared, common) : 0;
        if (order < 0 || (order == 0 && fresh <= key->text.size - shared)) why = "names that are not in order";
    }
    if (why) {
        b->status = bert__fail(b->c->error, BERT_ERROR_FORMAT, b->path, at, "a block of the index has %s", why);
        return -1;
    }
    key->text.size = (size_t)shared;
    bert__buf_add(&key->text, p, (size_t)fresh);
    if (key->text.failed) {
        b->status = bert__fail(b->c->error, BERT_ERROR_MEMORY, b->path, -1, "out of memory");
        return -1;
    }
    key->count++;
    k->restart += (size_t)restart;
    *value = p + fresh;
    *size = (size_t)length;
    k->next = (size_t)(*value + length - k->data);
    return 1;
}

/* ---- tensors ---- */

/* TensorFlow's numbers of types and ours; quantized integers are read as what they are stored in. */
static const unsigned char bert__tf_types[][2] = {
    { 1, BERT_F32 }, { 2, BERT_F64 }, { 3, BERT_I32 }, { 4, BERT_U8 }, { 5, BERT_I16 }, { 6, BERT_I8 }, { 8, BERT_C64 }, { 9, BERT_I64 },
    { 10, BERT_BOOL }, { 14, BERT_BF16 }, { 17, BERT_U16 }, { 19, BERT_F16 }, { 22, BERT_U32 }, { 23, BERT_U64 }, { 24, BERT_F8_E5M2 },
    { 25, BERT_F8_E4M3 }, { 11, BERT_I8 }, { 12, BERT_U8 }, { 13, BERT_I32 }, { 15, BERT_I16 }, { 16, BERT_U16 }
};
enum { BERT__TF_TYPES = sizeof bert__tf_types / sizeof *bert__tf_types };

/* ".data-00003-of-00010" */
BERT__FN void bert__shard_suffix(char *out, uint64_t number, uint64_t count)
{
    size_t k;
    memcpy(out, ".data-00000-of-00000", 21);
    for (k = 10; k > 5; k--, number /= 10) out[k] = (char)('0' + number % 10);
    for (k = 19; k > 14; k--, count /= 10) out[k] = (char)('0' + count % 10);
}
BERT__FN char *bert__bundle_name(bert_checkpoint *c, const char *prefix, const char *suffix)
{
    const size_t n = strlen(prefix), m = strlen(suffix) + 1;
    char *name = (char *)bert__arena_get_aligned(&c->arena, n + m, 1);
    if (!name) {
        bert__fail(c->error, BERT_ERROR_MEMORY, prefix, -1, "out of memory");
        return NULL;
    }
    memcpy(name, prefix, n);
    memcpy(name + n, suffix, m);
    return name;
}
/* A data file, opened when its first tensor comes; NULL and b->status after a failure. */
BERT__FN bert__shard *bert__bundle_shard(bert__bundle *b, uint64_t number)
{
    char suffix[21];
    bert__shard *s;
    for (s = b->shards; s; s = s->next) if (s->number == number) return s;
    b->status = BERT_ERROR_MEMORY;
    s = (bert__shard *)bert__arena_get_aligned(&b->c->arena, sizeof *s, 8);
    if (!s) { bert__fail(b->c->error, BERT_ERROR_MEMORY, b->path, -1, "out of memory"); return NULL; }
    bert__shard_suffix(suffix, number, b->shard_count);
    s->path = bert__bundle_name(b->c, b->prefix, suffix);
    if (!s->path) return NULL;
    s->number = number;
    s->used = 0;
    b->status = b->from->get(b->from->user, b->c, s->path, &s->data, &s->size);
    if (b->status != BERT_OK) return NULL;
    if (!s->size) s->data = (const unsigned char *)"";
    s->next = b->shards;
    return b->shards = s;
}

BERT__FN bert_status bert__bundle_header(bert__bundle *b, const unsigned char *value, size_t size, int64_t at)
{
    bert__proto m = bert__proto_begin(value, size), version;
    bert_error *e = b->c->error;
    uint64_t oldest = 0;
    int more, v1 = 0;
    while ((more = bert__proto_next(&m)) > 0) {
        if (m.field == 1 && m.kind == 0) b->shard_count = m.value;
        if (m.field == 1 && m.kind == 2) v1 = 1;
        if (m.field == 2 && m.kind == 0) b->big_endian = m.value == 1;
        if (m.field != 3 || m.kind != 2) continue;
        version = bert__proto_begin(m.bytes, m.size);
        while ((more = bert__proto_next(&version)) > 0) if (version.field == 2 && version.kind == 0) oldest = version.value;
        if (more < 0) break;
    }
    if (more == 0 && v1) return bert__fail(e, BERT_ERROR_UNSUPPORTED, b->path, at, "is a TensorFlow checkpoint of the old V1 format; restore it there and save it again (V2 is the default since TensorFlow 1.0)");
    if (more < 0) return bert__fail(e, BERT_ERROR_FORMAT, b->path, at, "the header of the bundle is damaged");
    if (oldest > 1) return bert__fail(e, BERT_ERROR_UNSUPPORTED, b->path, at, "asks for a reader of version %llu, this one is 1", (unsigned long long)oldest);
    if (!b->shard_count || b->shard_count > 99999) return bert__fail(e, BERT_ERROR_FORMAT, b->path, at, "says it has %llu data files", (unsigned long long)b->shard_count);
    return BERT_OK;
}

BERT__FN bert_status bert__bundle_entry(bert__bundle *b, const char *text, size_t text_size, const unsigned char *value, size_t size, int64_t at)
{
    bert__proto m = bert__proto_begin(value, size), shape, dim;
    bert_error *e = b->c->error;
    uint64_t type = 0, number = 0, offset = 0, bytes = 0, crc = 0, count = 1;
    bert__shard *s;
    int64_t dims[64];
    bert__found f;
    size_t i, width;
    int more, sliced = 0;
    char name[101];
    bert__format(name, sizeof name, "%.*s", text_size < 100 ? (int)text_size : 100, text);
    memset(&f, 0, sizeof f);
    while ((more = bert__proto_next(&m)) > 0) {
        if (m.kind == 0 && m.field == 1) type = m.value;
        if (m.kind == 0 && m.field == 3) number = m.value;
        if (m.kind == 0 && m.field == 4) offset = m.value;
        if (m.kind == 0 && m.field == 5) bytes = m.value;
        if (m.kind == 5 && m.field == 6) crc = m.value;
        if (m.kind == 2 && m.field == 7) sliced = 1;
        if (m.kind != 2 || m.field != 2) continue;
        shape = bert__proto_begin(m.bytes, m.size);
        while ((more = bert__proto_next(&shape)) > 0) {
            uint64_t length = 0;
            if (shape.field != 2 || shape.kind != 2) continue;
            dim = bert__proto_begin(shape.bytes, shape.size);
            while ((more = bert__proto_next(&dim)) > 0) if (dim.field == 1 && dim.kind == 0) length = dim.value;
            if (more < 0) break;
            if (f.rank < 64) dims[f.rank] = length > INT64_MAX ? -1 : (int64_t)length;
            f.rank++;
        }
        if (more < 0) break;
    }
    if (more < 0) return bert__fail_tensor(e, BERT_ERROR_FORMAT, b->path, at, name, "its entry in the index is damaged");
    if (sliced) return bert__fail_tensor(e, BERT_ERROR_UNSUPPORTED, b->path, at, name, "is stored in slices (a partitioned variable); restore it in TensorFlow and save it whole");
    f.name = text;
    f.name_size = text_size;
    f.shape = dims;
    f.dtype = BERT_STRING;
    f.big_endian = b->big_endian;
    f.path = b->path;
    f.at = at;
    for (i = BERT__TF_TYPES; i--;) if (bert__tf_types[i][0] == type) f.dtype = (bert_dtype)bert__tf_types[i][1];
    width = bert_dtype_size(f.dtype);
    if (width) {
        for (i = 0; (int64_t)i < f.rank && i < 64 && dims[i] > 0; i++) count = count > UINT64_MAX / 16 / (uint64_t)dims[i] ? UINT64_MAX / 16 : count * (uint64_t)dims[i];
        if ((int64_t)i < f.rank && i < 64 && dims[i] == 0) count = 0;
        if (f.rank <= 64 && bytes != count * width)
            return bert__fail_tensor(e, BERT_ERROR_FORMAT, b->path, at, name, "has %llu bytes, but its shape and type (%s) need %llu", (unsigned long long)bytes, bert_dtype_name(f.dtype), (unsigned long long)(count * width));
        if (number >= b->shard_count)
            return bert__fail_tensor(e, BERT_ERROR_FORMAT, b->path, at, name, "lies in data file %llu of %llu", (unsigned long long)number, (unsigned long long)b->shard_count);
        s = bert__bundle_shard(b, number);
        if (!s) return b->status;
        if (bytes > s->size || offset > s->size - bytes)
            return bert__fail_tensor(e, BERT_ERROR_FORMAT, s->path, -1, name, "lies at byte %llu, %llu bytes long, but the file has only %zu: it is cut off, or of another checkpoint", (unsigned long long)offset, (unsigned long long)bytes, s->size);
        if (bytes > s->size - s->used)                                  /* the work, too, stays in proportion */
            return bert__fail_tensor(e, BERT_ERROR_FORMAT, s->path, (int64_t)offset, name, "lies over other tensors: all together are larger than the file, which has %zu bytes", s->size);
        s->used += (size_t)bytes;
        f.data = s->data + offset;
        f.limit = (size_t)bytes;
        if (bytes <= b->check && bert__crc_mask(bert__crc_add(&b->crc, 0, f.data, f.limit)) != crc)
            return bert__fail_tensor(e, BERT_ERROR_FORMAT, s->path, (int64_t)offset, name, "its values do not match their checksum: the file is damaged, or of another checkpoint");
    }
    return b->list ? bert__add_tensor(b->c, &f) : BERT_OK;
}

/* All entries of one data block. */
BERT__FN bert_status bert__bundle_block(bert__bundle *b, bert__table_block *k, bert__table_key *key)
{
    const unsigned char *value;
    size_t size;
    for (;;) {
        const int64_t at = bert__block_at(k, k->next);
        const int more = bert__block_next(b, k, key, &value, &size);
        if (more <= 0) return more < 0 ? b->status : BERT_OK;
        if (key->count == 1) {
            b->status = key->text.size ? bert__fail(b->c->error, BERT_ERROR_FORMAT, b->path, at, "the index has no header") : bert__bundle_header(b, value, size, at);
        } else if (key->text.data[0]) {                                 /* (those with a NUL in front are slices: see their tensor) */
            if (key->text.size > b->names_left) return b->status = bert__fail(b->c->error, BERT_ERROR_UNSUPPORTED, b->path, at, "the names of the tensors unfold to far more than the file holds");
            b->names_left -= key->text.size;
            b->status = bert__bundle_entry(b, key->text.data, key->text.size, value, size, at);
        }
        if (b->status != BERT_OK) return b->status;
    }
}

/* Reads the index. Tensors of up to `check` bytes are checked; if `list`, they are added to c. */
BERT__FN bert_status bert__read_bundle(bert_checkpoint *c, const char *prefix, const bert__files_from *from, size_t check, int list)
{
    bert__bundle b;
    bert__table_block index, block;
    bert__table_key outer, inner;
    const unsigned char *p, *value;
    uint64_t at, size, last = 0;
    size_t value_size;
    int more;
    memset(&b, 0, sizeof b);
    b.c = c;
    b.from = from;
    b.prefix = prefix;
    b.check = check;
    b.list = list;
    b.path = bert__bundle_name(c, prefix, ".index");
    if (!b.path) return BERT_ERROR_MEMORY;
    b.status = from->get(from->user, c, b.path, &b.index, &b.index_size);
    if (b.status != BERT_OK) return b.status;
    if (!bert__is_bundle_index(b.index, b.index_size))
        return bert__fail(c->error, BERT_ERROR_FORMAT, b.path, -1, "is not the index of a TensorFlow checkpoint, or is cut off: its last 8 bytes are not the magic number");
    bert__crc_init(&b.crc, BERT__CRC_CASTAGNOLI);
    b.names_left = bert__add(65536, bert__mul(b.index_size, 64));
    memset(&outer, 0, sizeof outer);
    memset(&inner, 0, sizeof inner);
    bert__buf_init(&outer.text, &c->arena.allocator);
    bert__buf_init(&inner.text, &c->arena.allocator);
    memset(&index, 0, sizeof index);
    p = b.index + b.index_size - BERT__TABLE_FOOTER;
    value = p + 40;
    if (!bert__varint(&p, value, &at) || !bert__varint(&p, value, &size) || !bert__varint(&p, value, &at) || !bert__varint(&p, value, &size))
        b.status = bert__fail(c->error, BERT_ERROR_FORMAT, b.path, (int64_t)b.index_size - BERT__TABLE_FOOTER, "the footer is damaged");
    else bert__block_open(&b, &index, at, size);
    while (b.status == BERT_OK && (more = bert__block_next(&b, &index, &outer, &value, &value_size)) > 0) {
        p = value;
        if (!bert__varint(&p, value + value_size, &at) || !bert__varint(&p, value + value_size, &size) || at < last) {
            b.status = bert__fail(c->error, BERT_ERROR_FORMAT, b.path, (int64_t)index.start, "the index block is damaged");
            break;
        }
        if (bert__block_open(&b, &block, at, size) == BERT_OK) bert__bundle_block(&b, &block, &inner);
        bert__block_close(&b, &block);
        last = at + size;                                               /* no block twice: the work stays in proportion */
    }
    if (b.status == BERT_OK && !inner.count) b.status = bert__fail(c->error, BERT_ERROR_FORMAT, b.path, -1, "the index has no header");
    bert__block_close(&b, &index);
    bert__buf_free(&outer.text);
    bert__buf_free(&inner.text);
    if (b.status == BERT_OK && list) c->format = b.shard_count > 1 ? "sharded TensorFlow bundle" : "TensorFlow bundle";
    return b.status;
}
BERT__FN bert_status bert__open_bundle(bert_checkpoint *c, const char *prefix, const bert__files_from *from)
{
    return bert__read_bundle(c, prefix, from, 4096, 1);
}
/* Compares the values of all tensors with their checksums: reads all of the data files. Nothing is added to c but the
   files, if the provider opens them again. */
BERT__FN bert_status bert__bundle_verify(bert_checkpoint *c, const char *prefix, const bert__files_from *from)
{
    return bert__read_bundle(c, prefix, from, SIZE_MAX, 0);
}

/* ---- writing ---- */

/* A block being made. */
typedef struct bert__block_out {
    bert__buf bytes, restarts, last;    /* entries; their restart points; the key before */
    uint32_t interval, since;           /* a restart point every so many entries */
} bert__block_out;

/* A bundle being written. */
typedef struct bert__bundle_out {
    bert__writer data, index;
    bert__block_out block, blocks;      /* of tensors, of handles of blocks */
    bert__buf separator;
    bert_allocator allocator;
    bert__crc crc;
} bert__bundle_out;

BERT__FN void bert__store32(unsigned char *p, uint32_t v)
{
    p[0] = (unsigned char)v;
    p[1] = (unsigned char)(v >> 8);
    p[2] = (unsigned char)(v >> 16);
    p[3] = (unsigned char)(v >> 24);
}
BERT__FN void bert__block_init(bert__block_out *k, const bert_allocator *allocator, uint32_t interval)
{
    bert__buf_init(&k->bytes, allocator);
    bert__buf_init(&k->restarts, allocator);
    bert__buf_init(&k->last, allocator);
    k->interval = interval;
    k->since = 0;
}
BERT__FN void bert__block_restart(bert__block_out *k)
{
    unsigned char at[4];
    bert__store32(at, (uint32_t)k->bytes.size);
    bert__buf_add(&k->restarts, at, 4);
    k->since = 0;
}
BERT__FN void bert__block_add(bert__block_out *k, const void *key, size_t key_size, const void *value, size_t size)
{
    unsigned char head[30];
    const char *text = (const char *)key;
    size_t shared = 0, n;
    if (!k->restarts.size || k->since == k->interval) bert__block_restart(k);
    else while (shared < key_size && shared < k->last.size && text[shared] == k->last.data[shared]) shared++;
    n = bert__varint_put(head, shared);
    n += bert__varint_put(head + n, key_size - shared);
    n += bert__varint_put(head + n, size);
    bert__buf_add(&k->bytes, head, n);
    bert__buf_add(&k->bytes, text + shared, key_size - shared);
    bert__buf_add(&k->bytes, value, size);
    k->last.size = 0;
    bert__buf_add(&k->last, text, key_size);
    k->since++;
}
/* Writes the block and empties it; `handle` [20] is where it lies. Returns the handle's size. */
BERT__FN size_t bert__block_finish(bert__bundle_out *o, bert__block_out *k, unsigned char *handle)
{
    unsigned char tail[5];
    size_t n = bert__varint_put(handle, o->index.size);
    if (!k->restarts.size) bert__block_restart(k);
    bert__store32(tail, (uint32_t)(k->restarts.size / 4));
    bert__buf_add(&k->bytes, k->restarts.data, k->restarts.size);
    bert__buf_add(&k->bytes, tail, 4);
    n += bert__varint_put(handle + n, k->bytes.size);
    tail[0] = 0;
    bert__store32(tail + 1, bert__crc_mask(bert__crc_add(&o->crc, bert__crc_add(&o->crc, 0, k->bytes.data, k->bytes.size), tail, 1)));
    bert__writer_add(&o->index, k->bytes.data, k->bytes.size);
    bert__writer_add(&o->index, tail, 5);
    k->bytes.size = k->restarts.size = k->last.size = 0;
    return n;
}
/* A finished block's entry in the index block: under a short key between its last one and the next block's first. */
BERT__FN void bert__block_list(bert__bundle_out *o, const char *last, const char *next, const unsigned char *handle, size_t handle_size)
{
    size_t n = strlen(last), i = 0;
    o->separator.size = 0;
    bert__buf_add(&o->separator, last, n);
    if (o->separator.failed) return;
    if (next) {
        while (last[i] && last[i] == next[i]) i++;
        if (!last[i] || (unsigned char)last[i] + 1 >= (unsigned char)next[i]) i = n;
    } else while (i < n && (unsigned char)last[i] == 255) i++;
    if (i < n) {
        o->separator.data[i] = (char)((unsigned char)last[i] + 1);
        o->separator.size = i + 1;
    }
    bert__block_add(&o->blocks, o->separator.size ? o->separator.data : "", o->separator.size, handle, handle_size);
}

/* Sorts tensors by name, by a heap: the largest goes to the end, n times. */
BERT__FN void bert__sort_outputs(const bert_output **t, size_t n)
{
    size_t start = n / 2, i, child;
    while (n > 1) {
        const bert_output *down;
        if (start) down = t[--start];
        else { down = t[--n]; t[n] = t[0]; }
        for (i = start; (child = 2 * i + 1) < n; i = child) {
            if (child + 1 < n && strcmp(t[child]->name, t[child + 1]->name) < 0) child++;
            if (strcmp(down->name, t[child]->name) >= 0) break;
            t[i] = t[child];
        }
        t[i] = down;
    }
}
/* TensorFlow's number of a type; 0: none. */
BERT__FN unsigned bert__tf_type(bert_dtype dtype)
{
    size_t i;
    for (i = 0; i < BERT__TF_TYPES; i++) if (bert__tf_types[i][1] == (unsigned)dtype) return bert__tf_types[i][0];
    return 0;
}
/* The bytes of a tensor to write in *size; what is wrong with it is reported. */
BERT__FN bert_status bert__check_output(const bert_output *t, const char *path, size_t *size, bert_error *e)
{
    size_t count = 1;
    int32_t k;
    if (!t->name || !*t->name) return bert__fail(e, BERT_ERROR_ARGUMENT, path, -1, "a tensor to write has no name");
    if (strlen(t->name) > BERT__TABLE_NAME) return bert__fail_tensor(e, BERT_ERROR_ARGUMENT, path, -1, t->name, "its name has more than 65535 bytes");
    if (!bert__tf_type(t->dtype)) return bert__fail_tensor(e, BERT_ERROR_UNSUPPORTED, path, -1, t->name, "values of type %s cannot be written for TensorFlow", bert_dtype_name(t->dtype));
    if (t->rank < 0 || t->rank > 64 || (t->rank && !t->shape)) return bert__fail_tensor(e, BERT_ERROR_ARGUMENT, path, -1, t->name, "cannot have %d dimensions", (int)t->rank);
    for (k = 0; k < t->rank; k++) {
        if (t->shape[k] < 0) return bert__fail_tensor(e, BERT_ERROR_ARGUMENT, path, -1, t->name, "dimension %d is %lld", (int)k, (long long)t->shape[k]);
        count = (uint64_t)t->shape[k] > SIZE_MAX ? bert__mul(count, SIZE_MAX) : bert__mul(count, (size_t)t->shape[k]);
    }
    *size = bert__mul(count, bert_dtype_size(t->dtype));
    if (*size > SIZE_MAX / 2) return bert__fail_tensor(e, BERT_ERROR_ARGUMENT, path, -1, t->name, "is larger than memory can be");
    if (*size && !t->data) return bert__fail_tensor(e, BERT_ERROR_ARGUMENT, path, -1, t->name, "has no values");
    return BERT_OK;
}
/* The values, little-endian; returns their checksum. */
BERT__FN uint32_t bert__bundle_values(bert__bundle_out *o, const bert_output *t, size_t size)
{
    const unsigned char *p = (const unsigned char *)t->data;
    const size_t width = t->dtype == BERT_C64 ? 4 : bert_dtype_size(t->dtype);
    unsigned char part[512];
    uint32_t crc = 0;
    size_t n, i;
    if (!bert__machine_is_big() || width == 1) {
        crc = bert__crc_add(&o->crc, 0, p, size);
        bert__writer_add(&o->data, p, size);
        return crc;
    }
    for (; size; p += n, size -= n) {
        n = size < sizeof part ? size : sizeof part;
        for (i = 0; i < n; i++) part[i] = p[i / width * width + (width - 1 - i % width)];
        crc = bert__crc_add(&o->crc, crc, part, n);
        bert__writer_add(&o->data, part, n);
    }
    return crc;
}
/* The entry of a tensor, as its protocol buffer; returns its size. */
BERT__FN size_t bert__bundle_record(unsigned char *out, const bert_output *t, uint64_t offset, uint64_t size, uint32_t crc)
{
    unsigned char shape[64 * 13], dim[12];
    size_t n = 0, m = 0, d;
    int32_t k;
    for (k = 0; k < t->rank; k++) {
        d = 0;
        if (t->shape[k]) { dim[0] = 1 << 3; d = 1 + bert__varint_put(dim + 1, (uint64_t)t->shape[k]); }
        shape[m++] = 2 << 3 | 2;
        shape[m++] = (unsigned char)d;
        memcpy(shape + m, dim, d);
        m += d;
    }
    out[n++] = 1 << 3;
    n += bert__varint_put(out + n, bert__tf_type(t->dtype));
    out[n++] = 2 << 3 | 2;
    n += bert__varint_put(out + n, m);
    memcpy(out + n, shape, m);
    n += m;
    if (offset) { out[n++] = 4 << 3; n += bert__varint_put(out + n, offset); }
    if (size) { out[n++] = 5 << 3; n += bert__varint_put(out + n, size); }
    if (crc) { out[n++] = 6 << 3 | 5; bert__store32(out + n, crc); n += 4; }
    return n;
}

/* Both files, with the tensors in order; the writers are open. */
BERT__FN void bert__bundle_fill(bert__bundle_out *o, const bert_output *const *tensors, size_t count)
{
    static const unsigned char header[] = { 1 << 3, 1, 3 << 3 | 2, 2, 1 << 3, 1 };      /* one data file, version 1 */
    unsigned char record[64 * 13 + 64], handle[20], footer[BERT__TABLE_FOOTER];
    const char *last = "";
    size_t i, n = 0, size = 0, pending = 0;
    bert__block_add(&o->block, "", 0, header, sizeof header);
    for (i = 0; i < count; i++) {
        const bert_output *t = tensors[i];
        const uint64_t offset = o->data.size;
        uint32_t crc;
        bert__check_output(t, NULL, &size, NULL);                       /* for the size: it is checked already */
        crc = bert__crc_mask(bert__bundle_values(o, t, size));
        n = bert__bundle_record(record, t, offset, size, crc);
        if (pending) bert__block_list(o, last, t->name, handle, pending);
        bert__block_add(&o->block, t->name, strlen(t->name), record, n);
        last = t->name;
        pending = 0;
        if (o->block.bytes.size + o->block.restarts.size + 4 >= BERT__TABLE_BLOCK) pending = bert__block_finish(o, &o->block, handle);
    }
    if (o->block.bytes.size) pending = bert__block_finish(o, &o->block, handle);
    bert__block_list(o, last, NULL, handle, pending);
    memset(footer, 0, sizeof footer);
    n = bert__block_finish(o, &o->block, footer);                       /* the meta block: empty */
    bert__block_finish(o, &o->blocks, footer + n);
    bert__store32(footer + 40, (uint32_t)(BERT__TABLE_MAGIC & 0xFFFFFFFFu));
    bert__store32(footer + 44, (uint32_t)(BERT__TABLE_MAGIC >> 32));
    bert__writer_add(&o->index, footer, sizeof footer);
}
/* Writes PREFIX.data-00000-of-00001 and PREFIX.index. The values come in the order of the names, as a Saver has them.
   Both files are complete before one gets its name; the index comes last, for without it there is no checkpoint. */
BERT__FN bert_status bert__write_bundle(const bert_write_desc *d)
{
    const bert_allocator allocator = bert__allocator(&d->allocator);
    const bert_output **tensors;
    bert__bundle_out *o;
    char *data_path, *index_path;
    bert_status status = BERT_OK;
    size_t i, size, n;
    if (!d->path || !*d->path || (d->count && !d->tensors)) return bert__fail(d->error, BERT_ERROR_ARGUMENT, NULL, -1, "writing a checkpoint needs a path and tensors");
    for (i = 0; i < d->count; i++)
        if ((status = bert__check_output(d->tensors + i, d->path, &size, d->error)) != BERT_OK) return status;
    n = strlen(d->path);
    tensors = (const bert_output **)bert__alloc(&allocator, bert__mul(d->count, sizeof *tensors));
    o = (bert__bundle_out *)bert__alloc(&allocator, sizeof *o);
    data_path = (char *)bert__alloc(&allocator, bert__add(2 * n, 64));
    if (!tensors || !o || !data_path) {
        bert__free(&allocator, (void *)tensors);
        bert__free(&allocator, o);
        bert__free(&allocator, data_path);
        return bert__fail(d->error, BERT_ERROR_MEMORY, d->path, -1, "out of memory");
    }
    index_path = data_path + n + 21;
    memcpy(data_path, d->path, n);
    bert__shard_suffix(data_path + n, 0, 1);
    memcpy(index_path, d->path, n);
    memcpy(index_path + n, ".index", 7);
    for (i = 0; i < d->count; i++) tensors[i] = d->tensors + i;
    bert__sort_outputs(tensors, d->count);
    for (i = 1; i < d->count && status == BERT_OK; i++)
        if (strcmp(tensors[i - 1]->name, tensors[i]->name) == 0) status = bert__fail_tensor(d->error, BERT_ERROR_ARGUMENT, d->path, -1, tensors[i]->name, "is given twice");
    if (status == BERT_OK) {
        o->allocator = allocator;
        bert__crc_init(&o->crc, BERT__CRC_CASTAGNOLI);
        bert__block_init(&o->block, &allocator, 16);
        bert__block_init(&o->blocks, &allocator, 1);
        bert__buf_init(&o->separator, &allocator);
        if ((status = bert__writer_open(&o->data, data_path, d->error)) == BERT_OK) {
            if ((status = bert__writer_open(&o->index, index_path, d->error)) == BERT_OK) {
                bert__bundle_fill(o, tensors, d->count);
                if (o->block.bytes.failed || o->block.restarts.failed || o->block.last.failed || o->separator.failed
                    || o->blocks.bytes.failed || o->blocks.restarts.failed || o->blocks.last.failed)
                    status = bert__fail(d->error, BERT_ERROR_MEMORY, d->path, -1, "out of memory");
                if (status == BERT_OK) status = o->index.status;
                if (status == BERT_OK) status = bert__writer_commit(&o->data);
                if (status == BERT_OK) status = bert__writer_commit(&o->index);
                bert__writer_abort(&o->index);
            }
            bert__writer_abort(&o->data);
        }
        bert__buf_free(&o->block.bytes);
        bert__buf_free(&o->block.restarts);
        bert__buf_free(&o->block.last);
        bert__buf_free(&o->blocks.bytes);
        bert__buf_free(&o->blocks.restarts);
        bert__buf_free(&o->blocks.last);
        bert__buf_free(&o->separator);
    }
    bert__free(&allocator, (void *)tensors);
    bert__free(&allocator, o);
    bert__free(&allocator, data_path);
    return status;
}

/* ---- the file `checkpoint`: which one is the newest ---- */

/* A quoted string of a protocol buffer's text form, p behind the quote; its end, or NULL if it has none. */
BERT__FN const char *bert__text_string(const char *p, const char *end, char quote, bert__buf *out)
{
    static const char letters[] = "a\ab\bf\fn\nr\rt\tv\v";
    while (p < end && *p != quote && *p != '\n') {
        char text[4];
        uint32_t c = 0, digits = 0, most, base = 16;
        size_t i;
        if (*p != '\\') { bert__buf_add(out, p++, 1); continue; }
        if (++p == end) return NULL;
        text[0] = *p;
        for (i = 0; i < 14; i += 2) if (*p == letters[i]) text[0] = letters[i + 1];
        most = *p == 'x' || *p == 'X' ? 2 : *p == 'u' ? 4 : *p == 'U' ? 8 : 0;
        if (*p >= '0' && *p <= '7') { most = 3; base = 8; p--; }
        for (p++; digits < most && p < end; p++, digits++) {
            const uint32_t v = *p >= '0' && *p <= '9' ? (uint32_t)(*p - '0') : *p >= 'a' && *p <= 'f' ? (uint32_t)(*p - 'a' + 10) : *p >= 'A' && *p <= 'F' ? (uint32_t)(*p - 'A' + 10) : 16;
            if (v >= base) break;
            c = c * base + v;
        }
        if (most && !digits) return NULL;
        if (most < 4) {
            if (most) text[0] = (char)(c & 255);
            bert__buf_add(out, text, 1);
        } else {
            if (digits < most || c > 0x10FFFF) return NULL;
            bert__buf_add(out, text, (size_t)bert__utf8_put(text, c));
        }
    }
    return p < end && *p == quote ? p + 1 : NULL;
}
/* The model_checkpoint_path in the text of such a file, terminated in `out`, which the caller frees. It may be absolute,
   or relative to the file's directory. */
BERT__FN bert_status bert__parse_state(const char *path, const char *text, size_t size, bert__buf *out, bert_error *error)
{
    const char *p = text, *end = text + size, *word;
    size_t n = 0;
    int wanted = 0, found = 0;
    out->size = 0;
    while (p < end) {
        if (*p == '#') { while (p < end && *p != '\n') p++; }
        else if (*p == '"' || *p == '\'') {
            const char quote = *p;
            n = out->size;
            word = p;
            p = bert__text_string(p + 1, end, quote, out);              /* pieces side by side are one string */
            if (!p) return bert__fail(error, BERT_ERROR_FORMAT, path, (int64_t)(word - text), "a string does not end");
            if (!wanted) out->size = n;
            else found = 1;
        } else if ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || *p == '_') {
            for (word = p; p < end && ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || *p == '_' || (*p >= '0' && *p <= '9')); p++) {}
            wanted = p - word == 21 && memcmp(word, "model_checkpoint_path", 21) == 0;
            if (wanted) out->size = 0;                                  /* the last one counts */
        } else p++;
    }
    bert__buf_add(out, "", 1);
    if (out->failed) return bert__fail(error, BERT_ERROR_MEMORY, path, -1, "out of memory");
    if (!found || out->size == 1) return bert__fail(error, BERT_ERROR_FORMAT, path, -1, "names no checkpoint: it has no model_checkpoint_path");
    if (memchr(out->data, 0, out->size - 1)) return bert__fail(error, BERT_ERROR_FORMAT, path, -1, "the name of the checkpoint holds a NUL");
    return BERT_OK;
}
BERT__FN bert_status bert__read_state(const char *path, const bert_allocator *allocator, bert__buf *out, bert_error *error)
{
    bert_file file;
    bert_status status;
    memset(&file, 0, sizeof file);
    status = bert_file_open(path, allocator, &file, error);
    if (status != BERT_OK) return status;
    status = bert__parse_state(path, (const char *)file.data, file.size, out, error);
    bert_file_close(&file);
    return status;
}
/* Writes `checkpoint` beside a prefix: it is the newest. */
BERT__FN bert_status bert__write_state(const char *prefix, const bert_allocator *allocator, bert_error *error)
{
    static const char *const lines[] = { "model_checkpoint_path: \"", "all_model_checkpoint_paths: \"" };
    bert__buf text;
    bert_status status;
    size_t base = strlen(prefix), path, k;
    const char *p;
    while (base && prefix[base - 1] != '/') {
#ifdef _WIN32
        if (prefix[base - 1] == '\\' || prefix[base - 1] == ':') break;
#endif
        base--;
    }
    bert__buf_init(&text, allocator);
    for (k = 0; k < 2; k++) {
        bert__buf_add(&text, lines[k], strlen(lines[k]));
        for (p = prefix + base; *p; p++) {
            const unsigned char c = (unsigned char)*p;
            char escape[4];
            escape[0] = '\\';
            escape[1] = (char)('0' + (c >> 6));
            escape[2] = (char)('0' + (c >> 3 & 7));
            escape[3] = (char)('0' + (c & 7));
            if (c < 32 || c > 126 || c == '"' || c == '\\' || c == '\'') bert__buf_add(&text, escape, 4);
            else bert__buf_add(&text, p, 1);
        }
        bert__buf_add(&text, "\"\n", 2);
    }
    path = text.size;
    bert__buf_add(&text, prefix, base);
    bert__buf_add(&text, "checkpoint", 11);
    if (text.failed) status = bert__fail(error, BERT_ERROR_MEMORY, prefix, -1, "out of memory");
    else status = bert_file_write(text.data + path, text.data, path, error);
    bert__buf_free(&text);
    return status;
}

#endif /* BERT_NO_TF */

/* ============================================================================================================
   >>resolve
   Purpose   from a path, or bytes, to the reader that knows what it is.
   Uses      the readers; directory listings of >>files.
   Promises  a file is judged by its content, not its name; what it is instead is said (a git-lfs pointer, a web page).
             An index names files beside it and nothing else. Of two checkpoints that could be meant none is guessed.

   A path is, in this order,
      a folder     the checkpoint that TensorFlow's state file `checkpoint` names; else the first of the usual names
                   (bert__usual below); else the .index with the highest step in its name (model.ckpt-900.index); else the
                   only file that ends like a checkpoint
      a file       by its first bytes: see bert__open_content
      a prefix     dir/bert_model.ckpt, where dir/bert_model.ckpt.index is a file

   Sharded checkpoints. model.safetensors.index.json maps each tensor's name to the file that holds it. Each of these
   shards is opened as a checkpoint of its own; then the tensors that were mapped move over, and the memory and files of
   the shards become the whole checkpoint's. What lies in a shard without being mapped is left out.
   ============================================================================================================ */

BERT__FN int bert__ends(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && memcmp(text + n - m, end, m) == 0;
}
/* Bytes of the path up to the file's name: "dir/" of "dir/file". */
BERT__FN size_t bert__directory_size(const char *path)
{
    size_t n = strlen(path);
    while (n && path[n - 1] != '/'
#ifdef _WIN32
           && path[n - 1] != '\\' && path[n - 1] != ':'
#endif
    ) n--;
    return n;
}
BERT__FN int bert__is_absolute(const char *path)
{
#ifdef _WIN32
    if (path[0] == '\\' || (path[0] && path[1] == ':')) return 1;
#endif
    return path[0] == '/';
}
/* The first `n` bytes of a, then b; lives as long as the checkpoint; NULL (and a failure reported) without memory. */
BERT__FN const char *bert__checkpoint_join(bert_checkpoint *c, const char *a, size_t n, const char *b)
{
    const size_t m = strlen(b) + 1;
    char *out = (char *)bert__arena_get_aligned(&c->arena, bert__add(n, m), 1);
    if (!out) { bert__fail(c->error, BERT_ERROR_MEMORY, a, -1, "out of memory"); return NULL; }
    if (n) memcpy(out, a, n);
    memcpy(out + n, b, m);
    return out;
}
/* dir + "/" + name, with one slash. */
BERT__FN const char *bert__checkpoint_path_in(bert_checkpoint *c, const char *dir, const char *name)
{
    const size_t n = strlen(dir);
    const char *with = n && bert__directory_size(dir) != n ? bert__checkpoint_join(c, dir, n, "/") : dir;
    return with ? bert__checkpoint_join(c, with, strlen(with), name) : NULL;
}

/* ---- what a file is ---- */

/* Files that are no checkpoint we read, by bytes at a place of theirs. */
typedef struct bert__other_file { size_t at, size; const char *bytes, *what; } bert__other_file;
static const bert__other_file bert__other_files[] = {
    { 0, 23, "version https://git-lfs", "this is a git-lfs pointer, not the weights: fetch them with git lfs pull" },
    { 0, 8, "\x89HDF\r\n\x1A\n", "an HDF5 file (Keras weights, .h5), which is not read: save the model as safetensors or as a TensorFlow checkpoint" },
    { 0, 4, "GGUF", "a GGUF file (llama.cpp), which is not read: take the model's safetensors or PyTorch file" },
    { 0, 4, "ggml", "a GGML file, which is not read: take the model's safetensors or PyTorch file" },
    { 0, 6, "\x93NUMPY", "a numpy array (.npy), not a checkpoint: save the tensors with safetensors.numpy.save_file" },
    { 4, 4, "TFL3", "a TensorFlow Lite model, which is not read: take the checkpoint it was made from" },
    { 257, 5, "ustar", "a tar archive: unpack it first" },
    { 0, 2, "\x1F\x8B", "compressed with gzip: unpack it first (tar xzf or gunzip)" },
    { 0, 3, "BZh", "compressed with bzip2: unpack it first" },
    { 0, 6, "\xFD" "7zXZ\0", "compressed with xz: unpack it first" },
    { 0, 4, "\x28\xB5\x2F\xFD", "compressed with zstd: unpack it first" },
    { 0, 6, "7z\xBC\xAF\x27\x1C", "a 7z archive: unpack it first" },
    { 0, 4, "Rar!", "a RAR archive: unpack it first" }
};

BERT__FN int bert__is_html(const unsigned char *data, size_t size)
{
    static const char *const starts[] = { "<!doctype", "<html", "<head", "<?xml", "<body" };
    size_t i = 0, k, n;
    while (i < size && i < 1000 && (data[i] == ' ' || data[i] == '\n' || data[i] == '\r' || data[i] == '\t')) i++;
    for (k = 0; k < sizeof starts / sizeof *starts; k++) {
        for (n = 0; starts[k][n] && i + n < size && (data[i + n] | (data[i + n] >= 'A' && data[i + n] <= 'Z' ? 32 : 0)) == (unsigned char)starts[k][n]; n++) {}
        if (!starts[k][n]) return 1;
    }
    return 0;
}
/* ONNX is a protocol buffer without a magic number: ir_version, a small number, then producer_name or the graph. */
BERT__FN int bert__is_onnx(const unsigned char *data, size_t size)
{
    return size > 4 && data[0] == 8 && data[1] < 32 && (data[2] == 0x12 || data[2] == 0x3A);
}
/* "dir/x.data-00000-of-00001" is a part of the values of dir/x: the prefix's length, or 0. */
BERT__FN size_t bert__values_prefix(const char *path)
{
    size_t n = strlen(path), i;
    if (n < 21) return 0;
    for (i = n - 5; i < n; i++) if (!bert__is_digit(path[i]) || !bert__is_digit(path[i - 9])) return 0;
    return memcmp(path + n - 9, "-of-", 4) == 0 && memcmp(path + n - 20, ".data-", 6) == 0 ? n - 20 : 0;
}

BERT__FN bert_status bert__open_content(bert_checkpoint *c, const char *path, const unsigned char *data, size_t size, int shard);

/* ---- the readers, or what to say where they were left out ---- */

BERT__FN bert_status bert__open_values(bert_checkpoint *c, const char *path, const unsigned char *data, size_t size)
{
#ifdef BERT_NO_SAFETENSORS
    (void)data; (void)size;
    return bert__fail(c->error, BERT_ERROR_UNSUPPORTED, path, -1, "a safetensors file; this program was built without them (BERT_NO_SAFETENSORS)");
#else
    return bert__open_safetensors(c, path, data, size);
#endif
}
BERT__FN bert_status bert__open_pickle(bert_checkpoint *c, const char *path, const unsigned char *data, size_t size)
{
#ifdef BERT_NO_PICKLE
    (void)data; (void)size;
    return bert__fail(c->error, BERT_ERROR_UNSUPPORTED, path, -1, "a PyTorch file; this program was built without them (BERT_NO_PICKLE)");
#else
    return bert__open_pytorch(c, path, data, size);
#endif
}

BERT__FN bert_status bert__open_prefix(bert_checkpoint *c, const char *prefix)
{
#ifdef BERT_NO_TF
    return bert__fail(c->error, BERT_ERROR_UNSUPPORTED, prefix, -1, "a TensorFlow checkpoint; this program was built without them (BERT_NO_TF)");
#else
    bert__files_from from = bert__from_directory();
    c->path = prefix;
    return bert__open_bundle(c, prefix, &from);
#endif
}
/* What the state file of a folder names. */
BERT__FN bert_status bert__open_state(bert_checkpoint *c, const char *folder)
{
#ifdef BERT_NO_TF
    return bert__open_prefix(c, folder);
#else
    const char *state = bert__checkpoint_path_in(c, folder, "checkpoint"), *prefix = NULL, *index;
    bert__buf named;
    bert_status st;
    if (!state) return BERT_ERROR_MEMORY;
    bert__buf_init(&named, &c->arena.allocator);
    st = bert__read_state(state, &c->arena.allocator, &named, c->error);
    if (st == BERT_OK) {
        prefix = bert__is_absolute(named.data) ? bert__checkpoint_join(c, named.data, strlen(named.data), "") : bert__checkpoint_path_in(c, folder, named.data);
        index = prefix ? bert__checkpoint_join(c, prefix, strlen(prefix), ".index") : NULL;
        if (!index) st = BERT_ERROR_MEMORY;
        else if (bert__path_kind(index) != BERT__PATH_FILE) {           /* the folder was moved: look for it here */
            prefix = bert__checkpoint_path_in(c, folder, named.data + bert__directory_size(named.data));
            index = prefix ? bert__checkpoint_join(c, prefix, strlen(prefix), ".index") : NULL;
            if (!index) st = BERT_ERROR_MEMORY;
            else if (bert__path_kind(index) != BERT__PATH_FILE)
                st = bert__fail(c->error, BERT_ERROR_IO, state, -1, "names %s, which is not there, and not in this folder either: name the checkpoint you mean", named.data);
        }
    }
    bert__buf_free(&named);
    return st == BERT_OK ? bert__open_prefix(c, prefix) : st;
#endif
}

/* ---- index.json ---- */

typedef struct bert__part { struct bert__part *next; const char *name; bert_checkpoint c; } bert__part;

/* A file's name and nothing else: what an index may refer to. */
BERT__FN int bert__is_plain_name(const char *name, size_t n)
{
    size_t i;
    if (!n || n > 255 || (name[0] == '.' && (n == 1 || (n == 2 && name[1] == '.')))) return 0;
    for (i = 0; i < n; i++) if (name[i] == '/' || name[i] == '\\' || name[i] == ':' || !name[i]) return 0;
    return 1;
}
/* Memory and files of a shard become the whole's, whether or not the shard could be opened. */
BERT__FN void bert__part_join(bert_checkpoint *c, bert_checkpoint *shard)
{
    bert__open_file **file = &shard->files;
    bert__block **block = &shard->arena.blocks;
    while (*file) file = &(*file)->next;
    *file = c->files;
    c->files = shard->files;
    while (*block) block = &(*block)->next;
    *block = c->arena.blocks->next;                                     /* behind the block that is being filled */
    c->arena.blocks->next = shard->arena.blocks;
    bert__buf_free(&shard->tensors);
    c->file_bytes = bert__add(c->file_bytes, shard->file_bytes);
}
BERT__FN bert_status bert__part_open(bert_checkpoint *c, bert__part *s, const char *path)
{
    bert_status st = BERT_OK;
    const char *full = bert__checkpoint_join(c, path, bert__directory_size(path), s->name);
    const bert_file *file;
    memset(&s->c, 0, sizeof s->c);
    bert__arena_init(&s->c.arena, &c->arena.allocator, c->arena.block_size);
    bert__buf_init(&s->c.tensors, &c->arena.allocator);
    s->c.error = c->error;
    if (!full) return BERT_ERROR_MEMORY;
    file = bert__checkpoint_file(&s->c, full, &st);
    return file ? bert__open_content(&s->c, full, file->data, file->size, 1) : st;
}
BERT__FN bert_status bert__open_weight_map(bert_checkpoint *c, const char *path, const bert_json *map, bert__part **shards)
{
    const bert_json *v;
    bert__part *s = NULL;
    bert_status st;
    for (v = map->first; v; v = v->next) {
        const bert_tensor *t;
        if (v->type != 's') return bert__fail_tensor(c->error, BERT_ERROR_FORMAT, path, (int64_t)v->offset, v->key, "weight_map gives no file name");
        if (!bert__is_plain_name(v->text, v->size))
            return bert__fail_tensor(c->error, BERT_ERROR_FORMAT, path, (int64_t)v->offset, v->key, "weight_map names \"%.*s\"; a shard is a file beside its index, without a path", 100, v->text);
        if (!s || strcmp(s->name, v->text)) for (s = *shards; s && strcmp(s->name, v->text); s = s->next) {}
        if (!s) {
            s = (bert__part *)bert__arena_get(&c->arena, sizeof *s);
            if (!s) return bert__fail(c->error, BERT_ERROR_MEMORY, path, -1, "out of memory");
            s->name = bert__checkpoint_string(c, v->text, v->size);
            if (!s->name) return bert__fail(c->error, BERT_ERROR_MEMORY, path, -1, "out of memory");
            s->next = *shards;
            *shards = s;
            if ((st = bert__part_open(c, s, path)) != BERT_OK) return st;
        }
        t = strlen(v->key) == v->key_size ? bert_checkpoint_find(&s->c, v->key) : NULL;
        if (!t) return bert__fail_tensor(c->error, BERT_ERROR_MISMATCH, path, (int64_t)v->offset, v->key, "mapped to %s, which does not hold it: index and shards do not belong together", s->name);
        if ((st = bert__list_tensor(c, t, path)) != BERT_OK) return st;
    }
    return BERT_OK;
}
BERT__FN bert_status bert__open_index(bert_checkpoint *c, const char *path, const bert_json *map)
{
    bert__part *shards = NULL, *s;
    bert_status st;
    if (map->type != 'o' || !map->count) return bert__fail(c->error, BERT_ERROR_FORMAT, path, (int64_t)map->offset, "weight_map is not an object that names a file for each tensor");
    st = bert__open_weight_map(c, path, map, &shards);
    for (s = shards; s; s = s->next) {
        if (!s->next && st == BERT_OK) {                                /* the first one opened speaks for all */
            c->format = bert__checkpoint_join(c, "sharded ", 8, s->c.format);
            c->metadata = s->c.metadata;
            c->metadata_count = s->c.metadata_count;
            if (!c->format) st = BERT_ERROR_MEMORY;
        }
        bert__part_join(c, &s->c);
    }
    return st;
}
/* A file that starts with '{': the index of a sharded checkpoint, or something that is told by name. */
BERT__FN bert_status bert__open_json(bert_checkpoint *c, const char *path, const unsigned char *data, size_t size)
{
    bert_json_doc doc;
    const bert_json *map;
    bert_status st = bert__json_read(path, (const char *)data, size, &c->arena.allocator, &doc, c->error);
    if (st != BERT_OK) return st;
    map = bert_json_get(doc.root, "weight_map");
    if (map && path) st = bert__open_index(c, path, map);
    else if (map) st = bert__fail(c->error, BERT_ERROR_UNSUPPORTED, NULL, -1, "the index of a sharded checkpoint, given as bytes: give its path, the shards lie beside it");
    else if (path && bert__ends(path, ".index.json")) st = bert__fail(c->error, BERT_ERROR_FORMAT, path, -1, "the index has no weight_map, which says in which file each tensor lies");
    else if (bert_json_get(doc.root, "hidden_size") || bert_json_get(doc.root, "model_type"))
        st = bert__fail(c->error, BERT_ERROR_FORMAT, path, -1, "this is a model's config, not its weights: give the folder, or the file of weights beside it");
    else st = bert__fail(c->error, BERT_ERROR_FORMAT, path, -1, "a JSON file without a weight_map: neither weights nor the index of sharded weights");
    bert_json_free(&doc);
    return st;
}

/* ---- archives ---- */

/* The step in "model.ckpt-900.index" and "ckpt-7.index"; 0 without one. */
BERT__FN uint64_t bert__step_of(const char *name, size_t n)
{
    size_t end = n - 6, i = end;
    uint64_t step = 0;
    while (i && bert__is_digit(name[i - 1])) i--;
    if (i == end || !i || name[i - 1] != '-') return 0;
    for (; i < end; i++) step = step > (UINT64_MAX - 9) / 10 ? UINT64_MAX : step * 10 + (uint64_t)(name[i] - '0');
    return step;
}

/* Google publishes its models as .zip files of a TensorFlow checkpoint; PyTorch's own format is a zip as well. */
#ifndef BERT_NO_TF
typedef struct bert__from_zip { bert__zip zip; size_t skip; } bert__from_zip;

/* A file of the archive: `name` is the archive's path, '/', and the entry's name. */
BERT__FN bert_status bert__zip_get(void *user, bert_checkpoint *c, const char *name, const unsigned char **data, size_t *size)
{
    bert__from_zip *from = (bert__from_zip *)user;
    bert__zip_entry *e = bert__zip_find(&from->zip, name + from->skip, strlen(name) - from->skip);
    bert_status st;
    if (!e) return bert__fail(c->error, BERT_ERROR_FORMAT, name, -1, "the archive has no such file");
    st = bert__zip_bytes(c, &from->zip, e, data, size);
    if (st == BERT_OK && e->method) c->file_bytes = bert__add(c->file_bytes, *size);
    return st;
}
#endif
BERT__FN int bert__entry_ends(const bert__zip_entry *e, const char *end)
{
    const size_t n = strlen(end);
    return e->name_size >= n && memcmp(e->name + e->name_size - n, end, n) == 0 && !(e->name_size > 9 && memcmp(e->name, "__MACOSX/", 9) == 0);
}
BERT__FN bert_status bert__open_archive(bert_checkpoint *c, const char *path, const unsigned char *data, size_t size)
{
    bert__zip zip;
    const bert__zip_entry *index = NULL, *also = NULL;
    size_t i, arrays = 0;
    uint64_t step = 0;
    bert_status st;
    memset(&zip, 0, sizeof zip);
    st = bert__zip_open(c, &zip, path, data, size);
    if (st != BERT_OK) return st;
    for (i = 0; i < zip.count; i++) {
        const bert__zip_entry *e = &zip.entries[i];
        uint64_t s;
        if (bert__entry_ends(e, "data.pkl")) return bert__open_pickle(c, path, data, size);
        arrays += (size_t)bert__entry_ends(e, ".npy");
        if (!bert__entry_ends(e, ".index")) continue;
        s = bert__step_of(e->name, e->name_size);
        if (!index || s > step) { index = e; step = s; also = NULL; }
        else if (s == step) also = e;
    }
    if (!index && arrays)
        return bert__fail(c->error, BERT_ERROR_UNSUPPORTED, path, -1, "a numpy archive (.npz), which is not read: save its arrays with safetensors.numpy.save_file");
    if (!index) return bert__open_pickle(c, path, data, size);
    if (also)
        return bert__fail(c->error, BERT_ERROR_ARGUMENT, path, -1, "the archive holds several checkpoints (%.*s and %.*s, perhaps more): unpack it and name the one you mean",
                          index->name_size < 100 ? (int)index->name_size : 100, index->name, also->name_size < 100 ? (int)also->name_size : 100, also->name);
#ifdef BERT_NO_TF
    return bert__open_prefix(c, path);
#else
    {
        bert__from_zip *from = (bert__from_zip *)bert__arena_get(&c->arena, sizeof *from);
        bert__files_from files;
        const char *place = path ? path : "(memory)", *entry = bert__checkpoint_string(c, index->name, index->name_size - 6), *prefix = bert__checkpoint_join(c, place, strlen(place), "/");
        if (prefix && entry) prefix = bert__checkpoint_join(c, prefix, strlen(prefix), entry);
        if (!from || !entry || !prefix) return bert__fail(c->error, BERT_ERROR_MEMORY, path, -1, "out of memory");
        from->zip = zip;
        from->skip = strlen(place) + 1;
        files.get = bert__zip_get;
        files.user = from;
        c->path = prefix;
        return bert__open_bundle(c, prefix, &files);
    }
#endif
}

/* ---- one file ---- */

/* Which reader knows these bytes. The path serves for messages, and for the files beside it; NULL: there are none. In a
   shard only weights are accepted, no further index. */
BERT__FN bert_status bert__open_content(bert_checkpoint *c, const char *path, const unsigned char *data, size_t size, int shard)
{
    const int is_table = size >= 48 && bert__load64(data + size - 8) == 0xDB4775248B80FB57u;     /* see >>bundle */
    const int brace = size > 8 && data[8] == '{';
    size_t i;
    if (!size) return bert__fail(c->error, BERT_ERROR_FORMAT, path, -1, "the file is empty: fetch it again");
    if (brace && bert__load64(data) <= size - 8) return bert__open_values(c, path, data, size);
    for (i = 0; i < sizeof bert__other_files / sizeof *bert__other_files; i++) {
        const bert__other_file *o = &bert__other_files[i];
        if (size >= o->at + o->size && memcmp(data + o->at, o->bytes, o->size) == 0 && !(i && is_table))
            return bert__fail(c->error, i ? BERT_ERROR_UNSUPPORTED : BERT_ERROR_FORMAT, path, -1, "%s", o->what);
    }
    if (data[0] != 0x80 && bert__is_zip(data, size)) return bert__open_archive(c, path, data, size);
    if (bert__is_html(data, size))
        return bert__fail(c->error, BERT_ERROR_FORMAT, path, -1, "an HTML page, not weights: the server answered with a web page; download the file itself");
    if (is_table && path && bert__ends(path, ".index") && !shard) {
        const char *prefix = bert__checkpoint_join(c, path, strlen(path) - 6, "");
        return prefix ? bert__open_prefix(c, prefix) : BERT_ERROR_MEMORY;
    }
    if (is_table && !path)
        return bert__fail(c->error, BERT_ERROR_UNSUPPORTED, NULL, -1, "a TensorFlow index, given as bytes: give the checkpoint's path, the values lie in files beside it");
    if (is_table)
        return bert__fail(c->error, BERT_ERROR_UNSUPPORTED, path, -1, "a TensorFlow checkpoint of the old version 1: load it in TensorFlow and save it again with tf.train.Saver(write_version=tf.train.SaverDef.V2)");
    if (size > 22 && memcmp(data, "model_checkpoint_path:", 22) == 0 && path && !shard) {
        const char *folder = bert__checkpoint_join(c, path, bert__directory_size(path), "");
        return folder ? bert__open_state(c, folder) : BERT_ERROR_MEMORY;
    }
    if (brace && !(data[7] >= 32 && data[7] < 127)) return bert__open_values(c, path, data, size);
    for (i = 0; i < size && (data[i] == ' ' || data[i] == '\n' || data[i] == '\r' || data[i] == '\t'); i++) {}
    if (i < size && data[i] == '{' && !shard) return bert__open_json(c, path, data, size);
    if (data[0] == 0x80 || (path && (bert__ends(path, ".bin") || bert__ends(path, ".pt") || bert__ends(path, ".pth")))) return bert__open_pickle(c, path, data, size);
    if (path && bert__ends(path, ".safetensors")) return bert__open_values(c, path, data, size);
    if (bert__is_onnx(data, size))
        return bert__fail(c->error, BERT_ERROR_UNSUPPORTED, path, -1, "an ONNX model, which is not read: take the safetensors or PyTorch file it was made from");
    return bert__fail(c->error, BERT_ERROR_FORMAT, path, -1, "no checkpoint of a known format: neither safetensors nor PyTorch nor a TensorFlow index");
}

/* ---- folders and paths ---- */

static const char *const bert__usual[] = {
    "model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json",
    "bert_model.ckpt.index", "variables/variables.index"
};
/* What PyTorch trainers lay beside a model. */
static const char *const bert__companions[] = { "training_args.bin", "optimizer.bin", "optimizer.pt", "scheduler.bin", "scheduler.pt", "scaler.pt", "rng_state.pth" };

BERT__FN bert_status bert__open_one(bert_checkpoint *c, const char *path)
{
    bert_status st;
    const bert_file *file = bert__checkpoint_file(c, path, &st);
    c->path = path;
    return file ? bert__open_content(c, path, file->data, file->size, 0) : st;
}
BERT__FN int bert__is_candidate(const char *name)
{
    static const char *const ends[] = { ".safetensors", ".bin", ".pt", ".pth", ".ckpt", ".zip" };
    size_t i;
    for (i = 0; i < sizeof bert__companions / sizeof *bert__companions; i++) if (strcmp(name, bert__companions[i]) == 0) return 0;
    for (i = 0; i < sizeof ends / sizeof *ends; i++) if (bert__ends(name, ends[i])) return 1;
    return 0;
}
/* Of the names in a folder the one that is meant: *best stays NULL if there is none. Two that are equally good are an
   error that names both. */
BERT__FN bert_status bert__choose(bert_checkpoint *c, const char *folder, const bert__buf *names, const char **best)
{
    const char *name, *also = NULL;
    uint64_t step = 0;
    int indexes;
    *best = NULL;
    for (indexes = 1; indexes >= 0 && !*best; indexes--)
        for (name = names->data; name && name < names->data + names->size; name += strlen(name) + 1) {
            uint64_t s = indexes ? 0 : 1;
            if (indexes ? !bert__ends(name, ".index") : !bert__is_candidate(name)) continue;
            if (indexes) s = bert__step_of(name, strlen(name));
            if (!*best || s > step) { *best = name; step = s; also = NULL; }
            else if (s == step) also = name;
        }
    if (!also) return BERT_OK;
    return bert__fail(c->error, BERT_ERROR_ARGUMENT, folder, -1, "the folder holds several checkpoints (%s and %s, perhaps more): name the one you mean", *best, also);
}
BERT__FN bert_status bert__open_folder(bert_checkpoint *c, const char *folder)
{
    const char *path = bert__checkpoint_path_in(c, folder, "checkpoint"), *best = NULL;
    bert__buf names;
    size_t i;
    bert_status st;
    if (!path) return BERT_ERROR_MEMORY;
    if (bert__path_kind(path) == BERT__PATH_FILE) return bert__open_state(c, folder);
    for (i = 0; i < sizeof bert__usual / sizeof *bert__usual; i++) {
        path = bert__checkpoint_path_in(c, folder, bert__usual[i]);
        if (!path) return BERT_ERROR_MEMORY;
        if (bert__path_kind(path) == BERT__PATH_FILE) return bert__open_one(c, path);
    }
    bert__buf_init(&names, &c->arena.allocator);
    st = bert__list_folder(folder, &names, c->error);
    if (st == BERT_OK) st = bert__choose(c, folder, &names, &best);
    if (st == BERT_OK && best) {
        path = bert__checkpoint_path_in(c, folder, best);
        if (!path) st = BERT_ERROR_MEMORY;
    }
    bert__buf_free(&names);
    if (st != BERT_OK) return st;
    if (best) return bert__open_one(c, path);
    return bert__fail(c->error, BERT_ERROR_IO, folder, -1, "no checkpoint in this folder: looked for TensorFlow's state file \"checkpoint\", %s, %s, %s, %s, %s, %s, and for a file *.index, *.safetensors, "
                      "*.bin, *.pt, *.pth, *.ckpt or *.zip", bert__usual[0], bert__usual[1], bert__usual[2], bert__usual[3], bert__usual[4], bert__usual[5]);
}
BERT__FN bert_status bert__open_path(bert_checkpoint *c, const char *path)
{
    const int kind = bert__path_kind(path);
    size_t n;
    const char *index, *prefix;
    if (kind == BERT__PATH_FOLDER) return bert__open_folder(c, path);
    index = bert__checkpoint_join(c, path, strlen(path), ".index");
    if (!index) return BERT_ERROR_MEMORY;
    if (kind == BERT__PATH_NONE) {
        if (bert__path_kind(index) == BERT__PATH_FILE) return bert__open_prefix(c, path);
        return bert__fail(c->error, BERT_ERROR_IO, path, -1, "no such file or folder; and no TensorFlow checkpoint of this prefix, for %s.index is not there either", path + bert__directory_size(path));
    }
    if ((n = bert__values_prefix(path)) != 0) {                         /* a part of the values: its index is beside it */
        prefix = bert__checkpoint_join(c, path, n, "");
        return prefix ? bert__open_prefix(c, prefix) : BERT_ERROR_MEMORY;
    }
    if (bert__ends(path, "saved_model.pb") && bert__directory_size(path) == strlen(path) - 14) {
        index = bert__checkpoint_join(c, path, strlen(path) - 14, "variables/variables.index");
        if (!index) return BERT_ERROR_MEMORY;
        if (bert__path_kind(index) == BERT__PATH_FILE) return bert__open_one(c, index);
    }
    return bert__open_one(c, path);
}

BERT_API bert_status bert_checkpoint_open(const bert_checkpoint_desc *desc, bert_checkpoint **out)
{
    bert_checkpoint *c;
    bert__arena arena;
    bert_status st;
    if (!desc || !out) return BERT_ERROR_ARGUMENT;
    if (!desc->path == !desc->data)
        return bert__fail(desc->error, BERT_ERROR_ARGUMENT, desc->path, -1, "bert_checkpoint_open needs a path or the bytes of a file: one of the two");
    bert__arena_init(&arena, &desc->allocator, 16384);
    c = (bert_checkpoint *)bert__arena_get(&arena, sizeof *c);
    if (!c) return bert__fail(desc->error, BERT_ERROR_MEMORY, desc->path, -1, "out of memory");
    memset(c, 0, sizeof *c);
    c->arena = arena;
    c->error = desc->error;
    bert__buf_init(&c->tensors, &desc->allocator);
    if (desc->path) {
        const char *path = bert__checkpoint_string(c, desc->path, strlen(desc->path));
        st = path ? bert__open_path(c, path) : bert__fail(c->error, BERT_ERROR_MEMORY, desc->path, -1, "out of memory");
    } else {
        c->file_bytes = desc->size;
        st = bert__open_content(c, NULL, (const unsigned char *)desc->data, desc->size, 0);
    }
    c->error = NULL;
    if (st != BERT_OK) { bert_checkpoint_close(c); return st; }
    *out = c;
    return BERT_OK;
}

/* ---- writing ---- */

BERT__FN int bert__output_name_before(const void *user, uint32_t a, uint32_t b)
{
    const bert_output *t = (const bert_output *)user;
    const int names = strcmp(t[a].name, t[b].name);
    return names ? names < 0 : a < b;
}
/* What every format needs: names that are text and differ, sizes that fit, values. */
BERT__FN bert_status bert__check_written(const bert_write_desc *d, const bert_output *t)
{
    int64_t bytes = (int64_t)bert_dtype_size(t->dtype);
    int32_t k;
    const char *name = t->name ? t->name : "(no name)";
    if (!t->name || !t->name[0] || bert__utf8_check(t->name, strlen(t->name)) != strlen(t->name))
        return bert__fail_tensor(d->error, BERT_ERROR_ARGUMENT, d->path, -1, name, "a tensor's name must be UTF-8 and not empty");
    if (!bytes) return bert__fail_tensor(d->error, BERT_ERROR_ARGUMENT, d->path, -1, name, "values of type %s cannot be written", bert_dtype_name(t->dtype));
    if (t->rank < 0 || t->rank > 64 || (t->rank && !t->shape)) return bert__fail_tensor(d->error, BERT_ERROR_ARGUMENT, d->path, -1, name, "its rank is %d; 0 to 64 dimensions can be written", t->rank);
    for (k = 0; k < t->rank; k++) {
        if (t->shape[k] < 0) return bert__fail_tensor(d->error, BERT_ERROR_ARGUMENT, d->path, -1, name, "dimension %d is %lld", k, (long long)t->shape[k]);
        if (t->shape[k] && (bytes > INT64_MAX / 16 / t->shape[k] || (uint64_t)(bytes * t->shape[k]) > SIZE_MAX / 2))
            return bert__fail_tensor(d->error, BERT_ERROR_ARGUMENT, d->path, -1, name, "the dimensions multiply to more bytes than memory can hold");
        bytes *= t->shape[k];
    }
    if (bytes && !t->data) return bert__fail_tensor(d->error, BERT_ERROR_ARGUMENT, d->path, -1, name, "it has no values");
    return BERT_OK;
}
BERT_API bert_status bert_checkpoint_write(const bert_write_desc *desc)
{
    bert_allocator allocator;
    bert_format format;
    bert_status st = BERT_OK;
    uint32_t *order;
    size_t i;
    if (!desc) return BERT_ERROR_ARGUMENT;
    if (!desc->path || !desc->path[0] || (desc->count && !desc->tensors) || desc->count > UINT32_MAX / 2 || (unsigned)desc->format > BERT_FORMAT_TF)
        return bert__fail(desc->error, BERT_ERROR_ARGUMENT, desc->path, -1, "bert_checkpoint_write needs a path, tensors and a format of the list");
    for (i = 0; i < desc->count && st == BERT_OK; i++) st = bert__check_written(desc, &desc->tensors[i]);
    if (st != BERT_OK) return st;
    allocator = bert__allocator(&desc->allocator);
    order = (uint32_t *)bert__alloc(&allocator, bert__mul(desc->count, sizeof *order));
    if (!order) return bert__fail(desc->error, BERT_ERROR_MEMORY, desc->path, -1, "out of memory");
    bert__sort_order(order, desc->count, bert__output_name_before, desc->tensors);
    for (i = 1; i < desc->count && st == BERT_OK; i++)
        if (strcmp(desc->tensors[order[i - 1]].name, desc->tensors[order[i]].name) == 0)
            st = bert__fail_tensor(desc->error, BERT_ERROR_ARGUMENT, desc->path, -1, desc->tensors[order[i]].name, "two tensors have this name");
    bert__free(&allocator, order);
    if (st != BERT_OK) return st;
    format = desc->format;
    if (format == BERT_FORMAT_AUTO)
        format = bert__ends(desc->path, ".safetensors") ? BERT_FORMAT_SAFETENSORS
               : bert__ends(desc->path, ".bin") || bert__ends(desc->path, ".pt") ? BERT_FORMAT_PYTORCH : BERT_FORMAT_TF;
    switch (format) {
#ifndef BERT_NO_SAFETENSORS
    case BERT_FORMAT_SAFETENSORS: return bert__write_safetensors(desc);
#endif
#ifndef BERT_NO_PICKLE
    case BERT_FORMAT_PYTORCH: return bert__write_pytorch(desc);
#endif
#ifndef BERT_NO_TF
    case BERT_FORMAT_TF: return bert__write_bundle(desc);
#endif
    default:
        return bert__fail(desc->error, BERT_ERROR_UNSUPPORTED, desc->path, -1, "this program was built without %s",
                          format == BERT_FORMAT_SAFETENSORS ? "safetensors (BERT_NO_SAFETENSORS)" : format == BERT_FORMAT_PYTORCH ? "PyTorch's files (BERT_NO_PICKLE)" : "TensorFlow checkpoints (BERT_NO_TF)");
    }
}

/* ============================================================================================================
   >>config
   Purpose   the numbers that make one BERT different from another, from Google's or Hugging Face's JSON or by name.
   Uses      >>json.
   Promises  every number is checked: what bert_config_check lets pass cannot overflow later. What "gelu" means follows the
             source: a config of transformers says so by its members; all others are Google's kind.
   ============================================================================================================ */

BERT_API const char *bert_activation_name(bert_activation activation)
{
    static const char *const names[] = { "default", "gelu", "gelu_new", "gelu_10", "quick_gelu", "relu", "silu", "tanh", "linear" };
    return (unsigned)activation <= BERT_LINEAR ? names[activation] : "unknown";
}

/* The activation a config names; DEFAULT for "gelu", whose meaning is the source's; -1 unknown. */
BERT__FN int bert__activation(const bert_json *v)
{
    static const struct { const char *name; int value; } names[] = {
        { "gelu", BERT_ACTIVATION_DEFAULT }, { "gelu_new", BERT_GELU_TANH }, { "gelu_pytorch_tanh", BERT_GELU_TANH }, { "gelu_fast", BERT_GELU_TANH },
        { "gelu_python", BERT_GELU_ERF }, { "gelu_10", BERT_GELU_10 }, { "quick_gelu", BERT_QUICK_GELU }, { "relu", BERT_RELU },
        { "silu", BERT_SILU }, { "swish", BERT_SILU }, { "tanh", BERT_TANH }, { "linear", BERT_LINEAR } };
    size_t i;
    for (i = 0; i < sizeof names / sizeof *names; i++)
        if (bert_json_is(v, names[i].name)) return names[i].value;
    return -1;
}

BERT_API bert_status bert_config_check(const bert_config *c, const char *path, bert_error *error)
{
    static const struct { const char *name; int32_t low, high; } limits[] = {
        { "hidden_size", 1, 1 << 17 }, { "num_hidden_layers", 1, 1024 }, { "num_attention_heads", 1, 1 << 14 }, { "intermediate_size", 1, 1 << 19 },
        { "vocab_size", 1, 1 << 26 }, { "max_position_embeddings", 1, 1 << 22 }, { "type_vocab_size", 1, 1 << 16 } };
    int32_t v[7];
    int i;
    v[0] = c->hidden_size; v[1] = c->layers; v[2] = c->heads; v[3] = c->intermediate_size; v[4] = c->vocab_size; v[5] = c->max_positions; v[6] = c->type_vocab_size;
    for (i = 0; i < 7; i++)
        if (v[i] < limits[i].low || v[i] > limits[i].high)
            return bert__fail_tensor(error, BERT_ERROR_FORMAT, path, -1, limits[i].name, "is %d; it can be %d to %d", (int)v[i], (int)limits[i].low, (int)limits[i].high);
    if (c->hidden_size % c->heads)
        return bert__fail_tensor(error, BERT_ERROR_MISMATCH, path, -1, "hidden_size", "%d is no multiple of num_attention_heads, %d", (int)c->hidden_size, (int)c->heads);
    if (!(c->layer_norm_eps >= 0 && c->layer_norm_eps < 1)) return bert__fail_tensor(error, BERT_ERROR_FORMAT, path, -1, "layer_norm_eps", "must lie in [0, 1)");
    if (!(c->hidden_dropout >= 0 && c->hidden_dropout < 1)) return bert__fail_tensor(error, BERT_ERROR_FORMAT, path, -1, "hidden_dropout_prob", "must lie in [0, 1)");
    if (!(c->attention_dropout >= 0 && c->attention_dropout < 1)) return bert__fail_tensor(error, BERT_ERROR_FORMAT, path, -1, "attention_probs_dropout_prob", "must lie in [0, 1)");
    if (!(c->initializer_range >= 0 && c->initializer_range < 100)) return bert__fail_tensor(error, BERT_ERROR_FORMAT, path, -1, "initializer_range", "must lie in [0, 100)");
    return BERT_OK;
}

BERT__FN bert_config bert__config_defaults(void)
{
    bert_config c;
    memset(&c, 0, sizeof c);
    c.max_positions = 512;
    c.type_vocab_size = 2;
    c.layer_norm_eps = 1e-12;
    c.hidden_dropout = c.attention_dropout = 0.1;
    c.initializer_range = 0.02;
    return c;
}

/* Members of a config: where each goes. 'i' int32, 'd' double, 'a' activation, '-' known and without use here. */
typedef struct bert__member { const char *name; char type; size_t offset; int needed; } bert__member;
#define BERT__MEMBER(name, type, field, needed) { name, type, offsetof(bert_config, field), needed }

BERT__FN bert_status bert__config_json(const bert_json *root, const char *path, bert_config *out, bert_error *error)
{
    static const bert__member members[] = {
        BERT__MEMBER("hidden_size", 'i', hidden_size, 1), BERT__MEMBER("num_hidden_layers", 'i', layers, 1), BERT__MEMBER("num_attention_heads", 'i', heads, 1),
        BERT__MEMBER("intermediate_size", 'i', intermediate_size, 1), BERT__MEMBER("vocab_size", 'i', vocab_size, 1),
        BERT__MEMBER("max_position_embeddings", 'i', max_positions, 0), BERT__MEMBER("type_vocab_size", 'i', type_vocab_size, 0),
        BERT__MEMBER("hidden_act", 'a', activation, 0), BERT__MEMBER("layer_norm_eps", 'd', layer_norm_eps, 0),
        BERT__MEMBER("hidden_dropout_prob", 'd', hidden_dropout, 0), BERT__MEMBER("attention_probs_dropout_prob", 'd', attention_dropout, 0),
        BERT__MEMBER("initializer_range", 'd', initializer_range, 0), BERT__MEMBER("max_relative_position", 'i', max_relative_position, 0),
        BERT__MEMBER("num_labels", 'i', labels, 0), BERT__MEMBER("model_type", '-', source, 0), BERT__MEMBER("architectures", '-', source, 0),
        BERT__MEMBER("transformers_version", '-', source, 0), BERT__MEMBER("use_relative_position", '-', source, 0), BERT__MEMBER("position_embedding_type", '-', source, 0),
        BERT__MEMBER("id2label", '-', source, 0), BERT__MEMBER("label2id", '-', source, 0), BERT__MEMBER("pad_token_id", '-', source, 0),
        BERT__MEMBER("dtype", '-', source, 0), BERT__MEMBER("torch_dtype", '-', source, 0), BERT__MEMBER("use_cache", '-', source, 0),
        BERT__MEMBER("is_decoder", '-', source, 0), BERT__MEMBER("add_cross_attention", '-', source, 0), BERT__MEMBER("tie_word_embeddings", '-', source, 0),
        BERT__MEMBER("classifier_dropout", '-', source, 0), BERT__MEMBER("bos_token_id", '-', source, 0), BERT__MEMBER("eos_token_id", '-', source, 0),
        BERT__MEMBER("gradient_checkpointing", '-', source, 0), BERT__MEMBER("_name_or_path", '-', source, 0), BERT__MEMBER("problem_type", '-', source, 0) };
    bert_config c = bert__config_defaults();
    const bert_json *v;
    size_t i, used = 0;
    int activation = BERT_ACTIVATION_DEFAULT;
    if (!root || root->type != 'o') return bert__fail(error, BERT_ERROR_FORMAT, path, 0, "a config is a JSON object");
    for (i = 0; i < sizeof members / sizeof *members; i++) {
        const bert__member *m = members + i;
        char *to = (char *)&c + m->offset;
        int64_t n;
        v = bert_json_get(root, m->name);
        if (!v || v->type == 'n') {
            if (m->needed) return bert__fail_tensor(error, BERT_ERROR_FORMAT, path, -1, m->name, "is missing in this config");
            continue;
        }
        if (m->type == 'i') {
            if (!bert_json_int(v, &n) || n < INT32_MIN || n > INT32_MAX) return bert__fail_tensor(error, BERT_ERROR_FORMAT, path, (int64_t)v->offset, m->name, "is no whole number of 32 bits");
            *(int32_t *)(void *)to = (int32_t)n;
        } else if (m->type == 'd') {
            if (!bert_json_double(v, (double *)(void *)to)) return bert__fail_tensor(error, BERT_ERROR_FORMAT, path, (int64_t)v->offset, m->name, "is no number");
        } else if (m->type == 'a' && (activation = bert__activation(v)) < 0) {
            return bert__fail_tensor(error, BERT_ERROR_UNSUPPORTED, path, (int64_t)v->offset, m->name, "\"%.*s\" is none of gelu, gelu_new, gelu_pytorch_tanh, gelu_fast, gelu_10, quick_gelu, relu, silu, swish, tanh, linear",
                                     60, v->type == 's' ? v->text : "");
        }
    }
    for (v = root->first; v; v = v->next) {
        for (i = 0; i < sizeof members / sizeof *members; i++)
            if (strcmp(members[i].name, v->key) == 0) break;
        if (i == sizeof members / sizeof *members) used += bert__format(c.unknown + used, sizeof c.unknown - used, "%s%s", used ? ", " : "", v->key);
    }
    v = bert_json_get(root, "id2label");
    if (v && v->type == 'o' && !c.labels) c.labels = (int32_t)v->count;
    v = bert_json_get(root, "use_relative_position");
    if ((v && v->type == 't') || bert_json_is(bert_json_get(root, "model_type"), "nezha")) {
        if (!c.max_relative_position) c.max_relative_position = 64;
        c.source = BERT_SOURCE_NEZHA;
    } else {
        c.max_relative_position = 0;
    }
    v = bert_json_get(root, "position_embedding_type");
    if (v && v->type == 's' && !bert_json_is(v, "absolute"))
        return bert__fail_tensor(error, BERT_ERROR_UNSUPPORTED, path, (int64_t)v->offset, "position_embedding_type", "\"%.*s\" is not supported; absolute is, and NEZHA's relative positions", 60, v->text);
    v = bert_json_get(root, "model_type");
    if (v && v->type == 's' && !bert_json_is(v, "bert") && !bert_json_is(v, "nezha"))
        return bert__fail_tensor(error, BERT_ERROR_UNSUPPORTED, path, (int64_t)v->offset, "model_type", "\"%.*s\" is another kind of model; this library runs bert and nezha", 60, v->text);
    if (bert_json_get(root, "model_type") || bert_json_get(root, "architectures") || bert_json_get(root, "transformers_version")) c.source = BERT_SOURCE_HF;
    c.activation = (bert_activation)activation;
    if (c.activation == BERT_ACTIVATION_DEFAULT && c.source) c.activation = c.source == BERT_SOURCE_HF ? BERT_GELU_ERF : BERT_GELU_TANH;
    if (bert_config_check(&c, path, error) != BERT_OK) return error ? error->code : BERT_ERROR_FORMAT;
    *out = c;
    return BERT_OK;
}
BERT_API bert_status bert_config_parse(const char *text, size_t size, const char *path, bert_config *out, bert_error *error)
{
    bert_json_doc doc;
    bert_status st;
    if (!text || !out) return bert__fail(error, BERT_ERROR_ARGUMENT, path, -1, "bert_config_parse needs a text and a place for the config");
    st = bert__json_read(path, text, size, NULL, &doc, error);
    if (st != BERT_OK) return st;
    st = bert__config_json(doc.root, path, out, error);
    bert_json_free(&doc);
    return st;
}
BERT_API bert_status bert_config_read(const char *path, bert_config *out, bert_error *error)
{
    bert_file file;
    bert_status st;
    memset(&file, 0, sizeof file);
    st = bert_file_open(path, NULL, &file, error);
    if (st != BERT_OK) return st;
    st = bert_config_parse((const char *)file.data, file.size, path, out, error);
    bert_file_close(&file);
    return st;
}

/* The published geometries. H is C / 64 and F is 4 C in all of them. */
BERT_API bert_status bert_config_named(const char *name, bert_config *out, bert_error *error)
{
    static const struct { const char *name; int32_t layers, hidden, vocab; } known[] = {
        { "tiny", 2, 128, 30522 }, { "mini", 4, 256, 30522 }, { "small", 4, 512, 30522 }, { "medium", 8, 512, 30522 },
        { "base", 12, 768, 30522 }, { "large", 24, 1024, 30522 }, { "base-uncased", 12, 768, 30522 }, { "large-uncased", 24, 1024, 30522 },
        { "base-cased", 12, 768, 28996 }, { "large-cased", 24, 1024, 28996 }, { "large-uncased-wwm", 24, 1024, 30522 }, { "large-cased-wwm", 24, 1024, 28996 },
        { "base-multilingual-uncased", 12, 768, 105879 }, { "base-multilingual-cased", 12, 768, 119547 }, { "base-chinese", 12, 768, 21128 },
        { "nezha-base", 12, 768, 21128 }, { "nezha-large", 24, 1024, 21128 } };
    bert_config c = bert__config_defaults();
    size_t i;
    if (!name || !out) return bert__fail(error, BERT_ERROR_ARGUMENT, NULL, -1, "bert_config_named needs a name and a place for the config");
    if (strncmp(name, "bert-", 5) == 0) name += 5;
    for (i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(known[i].name, name) != 0) continue;
        c.layers = known[i].layers;
        c.hidden_size = known[i].hidden;
        c.vocab_size = known[i].vocab;
    }
    for (i = 0; i < 24 && !c.layers; i++) {                             /* L-2_H-128 ... L-12_H-768 */
        static const int32_t hidden[4] = { 128, 256, 512, 768 };
        char text[40];
        bert__format(text, sizeof text, "L-%d_H-%d", (int)(i / 4 * 2 + 2), (int)hidden[i % 4]);
        if (strcmp(text, name) != 0) continue;
        c.layers = (int32_t)(i / 4 * 2 + 2);
        c.hidden_size = hidden[i % 4];
        c.vocab_size = 30522;
    }
    if (!c.layers) return bert__fail(error, BERT_ERROR_ARGUMENT, NULL, -1, "no built-in model is called \"%.*s\"; try tiny, mini, small, medium, base, large, base-cased, base-chinese, base-multilingual-cased, nezha-base or L-4_H-256", 60, name);
    c.heads = c.hidden_size / 64;
    c.intermediate_size = c.hidden_size * 4;
    c.source = strncmp(name, "nezha", 5) == 0 ? BERT_SOURCE_NEZHA : BERT_SOURCE_GOOGLE;
    c.max_relative_position = c.source == BERT_SOURCE_NEZHA ? 64 : 0;
    c.activation = BERT_GELU_TANH;
    *out = c;
    return BERT_OK;
}

/* ============================================================================================================
   >>tensors
   Purpose   THE table: one row for each parameter of a BERT. Loading, saving, allocation, gradients, optimizer and tests all
             go by it.
   Uses      nothing.
   Promises  names and shapes stand nowhere else.

   A name is Hugging Face's, '*' stands for the layer's number; beside it Google's. dims are letters of the config: C hidden,
   F intermediate, V vocabulary, P positions, K segment types, N labels, 2; a matrix is [out, in]. TensorFlow keeps those
   marked t as [in, out]. init: n truncated normal, 0, 1. Decay by Google's rule: all but LayerNorm and biases.
   ============================================================================================================ */

/*    hugging face                                google                                  dims  t  init decay  head */
#define BERT__TENSOR_LIST(X)                                                                                                     \
    X("bert.embeddings.word_embeddings.weight", "bert/embeddings/word_embeddings", "VC", 0, 'n', 1, 0)                           \
    X("bert.embeddings.position_embeddings.weight", "bert/embeddings/position_embeddings", "PC", 0, 'n', 1, 0)                   \
    X("bert.embeddings.token_type_embeddings.weight", "bert/embeddings/token_type_embeddings", "KC", 0, 'n', 1, 0)               \
    X("bert.embeddings.LayerNorm.weight", "bert/embeddings/LayerNorm/gamma", "C", 0, '1', 0, 0)                                  \
    X("bert.embeddings.LayerNorm.bias", "bert/embeddings/LayerNorm/beta", "C", 0, '0', 0, 0)                                     \
    X("bert.encoder.layer.*.attention.self.query.weight", "bert/encoder/layer_*/attention/self/query/kernel", "CC", 1, 'n', 1, 0) \
    X("bert.encoder.layer.*.attention.self.query.bias", "bert/encoder/layer_*/attention/self/query/bias", "C", 0, '0', 0, 0)     \
    X("bert.encoder.layer.*.attention.self.key.weight", "bert/encoder/layer_*/attention/self/key/kernel", "CC", 1, 'n', 1, 0)    \
    X("bert.encoder.layer.*.attention.self.key.bias", "bert/encoder/layer_*/attention/self/key/bias", "C", 0, '0', 0, 0)         \
    X("bert.encoder.layer.*.attention.self.value.weight", "bert/encoder/layer_*/attention/self/value/kernel", "CC", 1, 'n', 1, 0) \
    X("bert.encoder.layer.*.attention.self.value.bias", "bert/encoder/layer_*/attention/self/value/bias", "C", 0, '0', 0, 0)     \
    X("bert.encoder.layer.*.attention.output.dense.weight", "bert/encoder/layer_*/attention/output/dense/kernel", "CC", 1, 'n', 1, 0) \
    X("bert.encoder.layer.*.attention.output.dense.bias", "bert/encoder/layer_*/attention/output/dense/bias", "C", 0, '0', 0, 0) \
    X("bert.encoder.layer.*.attention.output.LayerNorm.weight", "bert/encoder/layer_*/attention/output/LayerNorm/gamma", "C", 0, '1', 0, 0) \
    X("bert.encoder.layer.*.attention.output.LayerNorm.bias", "bert/encoder/layer_*/attention/output/LayerNorm/beta", "C", 0, '0', 0, 0) \
    X("bert.encoder.layer.*.intermediate.dense.weight", "bert/encoder/layer_*/intermediate/dense/kernel", "FC", 1, 'n', 1, 0)    \
    X("bert.encoder.layer.*.intermediate.dense.bias", "bert/encoder/layer_*/intermediate/dense/bias", "F", 0, '0', 0, 0)         \
    X("bert.encoder.layer.*.output.dense.weight", "bert/encoder/layer_*/output/dense/kernel", "CF", 1, 'n', 1, 0)                \
    X("bert.encoder.layer.*.output.dense.bias", "bert/encoder/layer_*/output/dense/bias", "C", 0, '0', 0, 0)                     \
    X("bert.encoder.layer.*.output.LayerNorm.weight", "bert/encoder/layer_*/output/LayerNorm/gamma", "C", 0, '1', 0, 0)          \
    X("bert.encoder.layer.*.output.LayerNorm.bias", "bert/encoder/layer_*/output/LayerNorm/beta", "C", 0, '0', 0, 0)             \
    X("bert.pooler.dense.weight", "bert/pooler/dense/kernel", "CC", 1, 'n', 1, BERT_HEAD_POOLER)                                 \
    X("bert.pooler.dense.bias", "bert/pooler/dense/bias", "C", 0, '0', 0, BERT_HEAD_POOLER)                                      \
    X("cls.predictions.transform.dense.weight", "cls/predictions/transform/dense/kernel", "CC", 1, 'n', 1, BERT_HEAD_MLM)        \
    X("cls.predictions.transform.dense.bias", "cls/predictions/transform/dense/bias", "C", 0, '0', 0, BERT_HEAD_MLM)             \
    X("cls.predictions.transform.LayerNorm.weight", "cls/predictions/transform/LayerNorm/gamma", "C", 0, '1', 0, BERT_HEAD_MLM)  \
    X("cls.predictions.transform.LayerNorm.bias", "cls/predictions/transform/LayerNorm/beta", "C", 0, '0', 0, BERT_HEAD_MLM)     \
    X("cls.predictions.bias", "cls/predictions/output_bias", "V", 0, '0', 0, BERT_HEAD_MLM)                                      \
    X("cls.seq_relationship.weight", "cls/seq_relationship/output_weights", "2C", 0, 'n', 1, BERT_HEAD_NSP)                      \
    X("cls.seq_relationship.bias", "cls/seq_relationship/output_bias", "2", 0, '0', 0, BERT_HEAD_NSP)                            \
    X("classifier.weight", "output_weights", "NC", 0, 'n', 1, BERT_HEAD_CLASSIFIER)                                              \
    X("classifier.bias", "output_bias", "N", 0, '0', 0, BERT_HEAD_CLASSIFIER)                                                    \
    X("qa_outputs.weight", "cls/squad/output_weights", "2C", 0, 'n', 1, BERT_HEAD_SPAN)                                          \
    X("qa_outputs.bias", "cls/squad/output_bias", "2", 0, '0', 0, BERT_HEAD_SPAN)                                                \
    /* the MLM head's decoder where it is stored: mostly the word embeddings and the bias again */                              \
    X("cls.predictions.decoder.weight", "cls/predictions/output_weights", "VC", 0, 'n', 1, 0)                                    \
    X("cls.predictions.decoder.bias", "cls/predictions/decoder_bias", "V", 0, '0', 0, 0)

typedef struct bert__row { const char *name, *google, *dims; uint8_t matrix; char init; uint8_t decay; uint32_t head; } bert__row;
#define BERT__TENSOR_ROW(name, google, dims, matrix, init, decay, head) { name, google, dims, matrix, init, decay, head },
static const bert__row bert__rows[] = { BERT__TENSOR_LIST(BERT__TENSOR_ROW) };
#define BERT__ROWS ((int)(sizeof bert__rows / sizeof *bert__rows))
#define BERT__ROW_POSITIONS 1           /* absent where positions are relative */
#define BERT__ROW_DECODER (BERT__ROWS - 2)

/* ============================================================================================================
   >>names
   Purpose   which row of the table a stored tensor is, whoever spelled its name.
   Uses      >>tensors.
   Promises  one place knows the spellings: Google's (and NEZHA's, the same) with '/', Hugging Face's with '.', its old gamma and
             beta, NVIDIA's dense_act, with or without the prefixes module., model., bert. in front; optimizer slots by
             their endings.
   ============================================================================================================ */

/* Slots of optimizers, as endings of the weight's name. */
static const char *const bert__slots[] = { "", "/adam_m", "/adam_v", "/lamb_m", "/lamb_v" };

/* Matches `name` against a row's pattern; '*' takes a number. */
BERT__FN int bert__match(const char *pattern, const char *name, int32_t *layer)
{
    *layer = -1;
    for (; *pattern; pattern++) {
        if (*pattern != '*') {
            if (*pattern != *name++) return 0;
            continue;
        }
        if (!bert__is_digit(*name) || (name[0] == '0' && bert__is_digit(name[1]))) return 0;
        for (*layer = 0; bert__is_digit(*name); name++) {
            *layer = *layer * 10 + (*name - '0');
            if (*layer > 100000) return 0;
        }
    }
    return *name == 0;
}
/* Replaces the first `from` in `text` by `to`; there is room. */
BERT__FN int bert__replace(char *text, const char *from, const char *to)
{
    char *p = strstr(text, from);
    if (!p) return 0;
    memmove(p + strlen(to), p + strlen(from), strlen(p + strlen(from)) + 1);
    memcpy(p, to, strlen(to));
    return 1;
}
BERT__FN void bert__spell(char *out, size_t size, const char *pattern, int32_t layer, const char *slot)
{
    const char *star = strchr(pattern, '*');
    if (star) bert__format(out, size, "%.*s%d%s%s", (int)(star - pattern), pattern, (int)layer, star + 1, slot);
    else bert__format(out, size, "%s%s", pattern, slot);
}

BERT_API int bert_tensor_recognise(const char *name, bert_tensor_role *out)
{
    char text[320];
    size_t n = strlen(name);
    int row, slot, google, nvidia = 0, step;
    const char *p = text;
    bert_tensor_role r;
    memset(&r, 0, sizeof r);
    r.row = -1;
    r.layer = -1;
    bert__format(r.name, sizeof r.name, "%s", name);
    bert__format(r.google, sizeof r.google, "%s", name);
    *out = r;
    if (n >= 150) return 0;
    memcpy(text + 5, name, n + 1);                                      /* room for "bert." in front */
    for (slot = 4; slot > 0; slot--) {
        size_t len = strlen(bert__slots[slot]);
        if (n <= len || strcmp(text + 5 + n - len, bert__slots[slot]) != 0) continue;
        text[5 + n - len] = 0;
        break;
    }
    p = text + 5;
    google = strchr(p, '/') != NULL || strncmp(p, "output_", 7) == 0;
    if (!google) {
        for (step = 0; step < 4; step++) {                              /* module.model.bert... */
            if (strncmp(p, "module.", 7) == 0) p += 7;
            else if (strncmp(p, "model.", 6) == 0) p += 6;
        }
        memmove(text + 5, p, strlen(p) + 1);
        p = text + 5;
        bert__replace(text + 5, "LayerNorm.gamma", "LayerNorm.weight");
        bert__replace(text + 5, "LayerNorm.beta", "LayerNorm.bias");
        nvidia = bert__replace(text + 5, ".dense_act.", ".dense.");
        if (strncmp(p, "embeddings.", 11) == 0 || strncmp(p, "encoder.", 8) == 0 || strncmp(p, "pooler.", 7) == 0) {
            memcpy(text, "bert.", 5);
            p = text;
        }
    }
    for (row = 0; row < BERT__ROWS; row++) {
        if (!bert__match(google ? bert__rows[row].google : bert__rows[row].name, p, &r.layer)) continue;
        r.row = row;
        r.slot = slot;
        r.matrix = bert__rows[row].matrix;
        r.source = google ? BERT_SOURCE_GOOGLE : nvidia ? BERT_SOURCE_NVIDIA : BERT_SOURCE_HF;
        bert__spell(r.name, sizeof r.name, bert__rows[row].name, r.layer, bert__slots[slot]);
        bert__spell(r.google, sizeof r.google, bert__rows[row].google, r.layer, bert__slots[slot]);
        *out = r;
        return 1;
    }
    return 0;
}

/* ============================================================================================================
   >>model
   Purpose   a checkpoint understood: its config, and for each row of the table the tensor that holds it.
   Uses      >>resolve, >>config, >>tensors, >>names.
   Promises  immutable after open. An open model is complete: every encoder parameter is there in the right shape. What is
             missing, in excess or misshapen is named.
   ============================================================================================================ */

struct bert_model {
    bert_checkpoint *checkpoint;
    bert_config config;
    bert_parameter *parameters;         /* [count] in the order of the table, layer by layer */
    int64_t count;
    uint32_t heads;
    bert__arena arena;                  /* holds this struct too */
};

/* What has been found for each row and layer: at[row * layers + layer], outside the encoder layer 0. */
typedef struct bert__survey {
    const bert_checkpoint *checkpoint;
    const bert_tensor **at;
    uint8_t *reversed;                  /* the file has the matrix the other way round */
    int32_t layers;                     /* highest number + 1 */
    bert_source source;
    bert_error *error;
} bert__survey;

BERT__FN int bert__in_layer(int row) { return strchr(bert__rows[row].name, '*') != NULL; }
BERT__FN size_t bert__cell(const bert__survey *s, int row, int32_t layer)
{
    return (size_t)row * (size_t)(s->layers ? s->layers : 1) + (size_t)(layer > 0 ? layer : 0);
}
BERT__FN const bert_tensor *bert__surveyed(const bert__survey *s, int row, int32_t layer) { return s->at[bert__cell(s, row, layer)]; }

/* Goes through all tensors. Of two spellings of one parameter in a file the later one counts. */
BERT__FN bert_status bert__survey_take(bert__survey *s, bert__arena *arena)
{
    const int64_t n = bert_checkpoint_count(s->checkpoint);
    bert_tensor_role role;
    int64_t i;
    size_t cells;
    for (i = 0; i < n; i++)
        if (bert_tensor_recognise(bert_checkpoint_tensor(s->checkpoint, i)->name, &role) && role.layer >= s->layers) s->layers = role.layer + 1;
    if (s->layers > 1024) return bert__fail(s->error, BERT_ERROR_UNSUPPORTED, bert_checkpoint_path(s->checkpoint), -1, "it has a layer %d; up to 1024 layers are supported", (int)s->layers - 1);
    cells = bert__cell(s, BERT__ROWS, 0);
    s->at = (const bert_tensor **)bert__arena_get(arena, cells * sizeof *s->at);
    s->reversed = (uint8_t *)bert__arena_get(arena, cells);
    if (!s->at || !s->reversed) return bert__fail(s->error, BERT_ERROR_MEMORY, bert_checkpoint_path(s->checkpoint), -1, "out of memory");
    memset((void *)s->at, 0, cells * sizeof *s->at);
    memset(s->reversed, 0, cells);
    for (i = 0; i < n; i++) {
        const bert_tensor *t = bert_checkpoint_tensor(s->checkpoint, i);
        size_t cell;
        if (!bert_tensor_recognise(t->name, &role) || role.slot) continue;
        cell = bert__cell(s, role.row, role.layer);
        s->at[cell] = t;
        s->reversed[cell] = (uint8_t)(role.source == BERT_SOURCE_GOOGLE && role.matrix);
        if (!s->source || role.source == BERT_SOURCE_NVIDIA) s->source = role.source;
    }
    return BERT_OK;
}

/* The size a letter of dims stands for; 0: not known. */
BERT__FN int64_t bert__dimension(const bert_config *c, char letter)
{
    switch (letter) {
    case 'C': return c->hidden_size;
    case 'F': return c->intermediate_size;
    case 'V': return c->vocab_size;
    case 'P': return c->max_positions;
    case 'K': return c->type_vocab_size;
    case '2': return 2;
    default: return 0;
    }
}
/* Dimension k of a stored tensor, the way the table counts. */
BERT__FN int64_t bert__stored(const bert_tensor *t, int reversed, int k) { return t->shape[reversed ? t->rank - 1 - k : k]; }

/* A config from shapes alone. The number of heads cannot be told from them: C / 64, as in all published models, or else 0,
   not known; such a model can be looked at and converted but not run. */
BERT__FN bert_status bert__config_from_shapes(const bert__survey *s, bert_config *c)
{
    const bert_tensor *word = bert__surveyed(s, 0, 0), *position = bert__surveyed(s, BERT__ROW_POSITIONS, 0), *type = bert__surveyed(s, 2, 0), *t;
    const char *path = bert_checkpoint_path(s->checkpoint);
    int row;
    *c = bert__config_defaults();
    if (!word || word->rank != 2) return bert__fail_tensor(s->error, BERT_ERROR_MISMATCH, path, -1, bert__rows[0].name, "is missing");
    if (!position) return bert__fail_tensor(s->error, BERT_ERROR_MISMATCH, path, -1, bert__rows[1].name, "is missing; if this is NEZHA with relative positions, give its config");
    c->vocab_size = (int32_t)(word->shape[0] < INT32_MAX ? word->shape[0] : INT32_MAX);
    c->hidden_size = (int32_t)(word->shape[1] < INT32_MAX ? word->shape[1] : INT32_MAX);
    if (position->rank == 2) c->max_positions = (int32_t)(position->shape[0] < INT32_MAX ? position->shape[0] : INT32_MAX);
    if (type && type->rank == 2) c->type_vocab_size = (int32_t)(type->shape[0] < INT32_MAX ? type->shape[0] : INT32_MAX);
    c->layers = s->layers;
    for (row = 0; row < BERT__ROWS; row++)
        if (strcmp(bert__rows[row].dims, "F") == 0 && (t = bert__surveyed(s, row, 0)) != NULL && t->rank == 1) c->intermediate_size = (int32_t)(t->count < INT32_MAX ? t->count : INT32_MAX);
    if (!c->intermediate_size) return bert__fail(s->error, BERT_ERROR_MISMATCH, path, -1, "the intermediate size cannot be told: layer 0 has no intermediate bias");
    c->heads = 1;                                                       /* whatever it is, it divides */
    if (bert_config_check(c, path, s->error) != BERT_OK) return s->error ? s->error->code : BERT_ERROR_MISMATCH;
    c->heads = c->hidden_size % 64 ? 0 : c->hidden_size / 64;
    return BERT_OK;
}

/* One parameter: present, in shape? Fills *p. Returns OK with p->tensor NULL if it is absent. */
BERT__FN bert_status bert__check_parameter(const bert__survey *s, const bert_config *c, int row, int32_t layer, bert_parameter *p, char *name, size_t name_size)
{
    const bert__row *r = bert__rows + row;
    const bert_tensor *t = bert__surveyed(s, row, layer);
    const int reversed = s->reversed[bert__cell(s, row, layer)];
    const char *path = bert_checkpoint_path(s->checkpoint);
    int32_t k;
    memset(p, 0, sizeof *p);
    bert__spell(name, name_size, r->name, layer, "");
    p->rank = (int32_t)strlen(r->dims);
    p->layer = layer;
    p->decay = r->decay;
    if (!t) return BERT_OK;
    if (t->rank != p->rank) return bert__fail_tensor(s->error, BERT_ERROR_MISMATCH, path, -1, t->name, "has %d dimensions instead of %d", (int)t->rank, (int)p->rank);
    for (k = 0; k < p->rank; k++) {
        int64_t want = bert__dimension(c, r->dims[k]), have = bert__stored(t, reversed, k);
        const int padded = r->dims[k] == 'V' && have > want && have % 8 == 0 && have - want < 64;   /* NVIDIA pads the vocabulary */
        if (!want) want = have;                                         /* the number of labels: whatever it is */
        if (have != want && !padded)
            return bert__fail_tensor(s->error, BERT_ERROR_MISMATCH, path, -1, t->name, "dimension %d is %lld instead of %lld (%s)", (int)(reversed ? p->rank - 1 - k : k), (long long)have, (long long)want,
                                     r->dims[k] == 'C' ? "hidden_size" : r->dims[k] == 'F' ? "intermediate_size" : r->dims[k] == 'V' ? "vocab_size" : r->dims[k] == 'P' ? "max_position_embeddings"
                                     : r->dims[k] == 'K' ? "type_vocab_size" : "the head's");
        p->shape[k] = want;
    }
    if (!bert__is_number(t->dtype) || (t->dtype >= BERT_I64 && t->dtype <= BERT_BOOL))
        return bert__fail_tensor(s->error, BERT_ERROR_MISMATCH, path, -1, t->name, "holds %s; weights are floating point numbers", bert_dtype_name(t->dtype));
    p->tensor = t;
    p->transposed = reversed;
    return BERT_OK;
}

/* The config: given, in a file, beside the checkpoint, or from the shapes. */
BERT__FN bert_status bert__find_config(const bert_model_desc *d, const bert__survey *s, bert_config *c)
{
    bert_error *e = s->error;
    if (d->config) { *c = *d->config; return bert_config_check(c, "config", e); }
    if (d->config_path) return bert_config_read(d->config_path, c, e);
#ifndef BERT_NO_STDIO
    {
        static const char *const names[] = { "bert_config.json", "config.json" };
        const char *path = bert_checkpoint_path(s->checkpoint);
        char dir[1024], beside[1100];
        size_t n = path ? strlen(path) : 0, i;
        while (n && path[n - 1] != '/' && !(path[n - 1] == '\\' && sizeof(wchar_t) == 2)) n--;
        if (path && n < sizeof dir) {
            bert__format(dir, sizeof dir, "%.*s", n > 1 ? (int)n - 1 : (int)n, path);
            for (i = 0; i < 2; i++)
                if (bert__beside(n ? dir : ".", names[i], beside, sizeof beside)) return bert_config_read(beside, c, e);
        }
    }
#endif
    return bert__config_from_shapes(s, c);
}

BERT__FN bert_status bert__model_fill(const bert_model_desc *d, bert_model *m)
{
    static const struct { uint32_t head; const char *name; } heads[] = { { BERT_HEAD_POOLER, "pooler" }, { BERT_HEAD_MLM, "masked language model" }, { BERT_HEAD_NSP, "next sentence" },
                                                                         { BERT_HEAD_CLASSIFIER, "classifier" }, { BERT_HEAD_SPAN, "span (question answering)" } };
    bert_error *e = d->error;
    const char *path = bert_checkpoint_path(m->checkpoint);
    bert__survey s;
    bert_parameter p;
    bert_status st;
    uint32_t incomplete = 0, present = 0;
    char name[160], lacking[5][160];
    int32_t layer;
    int row, i;
    memset(&s, 0, sizeof s);
    memset(lacking, 0, sizeof lacking);
    s.checkpoint = m->checkpoint;
    s.error = e;
    if ((st = bert__survey_take(&s, &m->arena)) != BERT_OK) return st;
    if (!s.layers) return bert__fail(e, BERT_ERROR_MISMATCH, path, -1, "holds no encoder layer of a BERT; it has %lld tensors%s%s", (long long)bert_checkpoint_count(m->checkpoint),
                                     bert_checkpoint_count(m->checkpoint) ? ", the first is " : "", bert_checkpoint_count(m->checkpoint) ? bert_checkpoint_tensor(m->checkpoint, 0)->name : "");
    if ((st = bert__find_config(d, &s, &m->config)) != BERT_OK) return st;
    if (s.layers > m->config.layers) return bert__fail(e, BERT_ERROR_MISMATCH, path, -1, "has %d layers, the config says %d", (int)s.layers, (int)m->config.layers);
    if (m->config.max_relative_position && bert__surveyed(&s, BERT__ROW_POSITIONS, 0))
        return bert__fail_tensor(e, BERT_ERROR_MISMATCH, path, -1, bert__rows[BERT__ROW_POSITIONS].name, "is a table of absolute positions, but the config says relative ones");
    if (d->source) m->config.source = d->source;
    if (!m->config.source) m->config.source = s.source;
    if (d->activation) m->config.activation = d->activation;
    if (!m->config.activation) m->config.activation = m->config.source == BERT_SOURCE_HF ? BERT_GELU_ERF : BERT_GELU_TANH;
    m->parameters = (bert_parameter *)bert__arena_get(&m->arena, (size_t)BERT__ROWS * (size_t)m->config.layers * sizeof *m->parameters);
    if (!m->parameters) return bert__fail(e, BERT_ERROR_MEMORY, path, -1, "out of memory");
    for (row = 0; row < BERT__ROWS; row++) {
        const uint32_t head = bert__rows[row].head;
        for (layer = 0; layer < (bert__in_layer(row) ? m->config.layers : 1); layer++) {
            char *keep;
            if (bert__in_layer(row) && layer >= s.layers) {
                bert__spell(name, sizeof name, bert__rows[row].name, layer, "");
                return bert__fail_tensor(e, BERT_ERROR_MISMATCH, path, -1, name, "is missing: the config says %d layers, the file has %d", (int)m->config.layers, (int)s.layers);
            }
            st = bert__check_parameter(&s, &m->config, row, bert__in_layer(row) ? layer : -1, &p, name, sizeof name);
            if (st != BERT_OK) return st;
            if (!p.tensor) {
                for (i = 0; i < 5; i++) if (heads[i].head == head) bert__format(lacking[i], sizeof lacking[i], "%s", name);
                if (head) { incomplete |= head; continue; }
                if (row >= BERT__ROW_DECODER || (row == BERT__ROW_POSITIONS && m->config.max_relative_position)) continue;
                return bert__fail_tensor(e, BERT_ERROR_MISMATCH, path, -1, name, "is missing");
            }
            present |= head;
            keep = (char *)bert__arena_get_aligned(&m->arena, strlen(name) + 1, 1);
            if (!keep) return bert__fail(e, BERT_ERROR_MEMORY, path, -1, "out of memory");
            memcpy(keep, name, strlen(name) + 1);
            p.name = keep;
            m->parameters[m->count++] = p;
        }
    }
    m->heads = present & ~incomplete;
    for (i = 0; i < 5; i++)
        if (d->heads & heads[i].head & ~m->heads)
            return bert__fail_tensor(e, BERT_ERROR_MISMATCH, path, -1, lacking[i], "is missing: the file has no %s head", heads[i].name);
    if (m->heads & BERT_HEAD_CLASSIFIER) m->config.labels = (int32_t)bert_model_find(m, "classifier.weight")->shape[0];
    return BERT_OK;
}

BERT_API bert_status bert_model_open(const bert_model_desc *desc, bert_model **out)
{
    bert_checkpoint_desc cd;
    bert_checkpoint *c;
    bert_model *m;
    bert__arena arena;
    bert_status st;
    if (!desc || !out) return BERT_ERROR_ARGUMENT;
    memset(&cd, 0, sizeof cd);
    cd.path = desc->path;
    cd.allocator = desc->allocator;
    cd.error = desc->error;
    st = bert_checkpoint_open(&cd, &c);
    if (st != BERT_OK) return st;
    bert__arena_init(&arena, &desc->allocator, 1 << 16);
    m = (bert_model *)bert__arena_get(&arena, sizeof *m);
    if (!m) {
        st = bert__fail(desc->error, BERT_ERROR_MEMORY, desc->path, -1, "out of memory");
        bert__arena_free(&arena);
        bert_checkpoint_close(c);
        return st;
    }
    memset(m, 0, sizeof *m);
    m->arena = arena;
    m->checkpoint = c;
    st = bert__model_fill(desc, m);
    if (st != BERT_OK) bert_model_close(m);
    else *out = m;
    return st;
}
BERT_API void bert_model_close(bert_model *model)
{
    bert__arena arena;
    if (!model) return;
    bert_checkpoint_close(model->checkpoint);
    arena = model->arena;
    bert__arena_free(&arena);
}
BERT_API const bert_config *bert_model_config(const bert_model *model) { return &model->config; }
BERT_API const bert_checkpoint *bert_model_checkpoint(const bert_model *model) { return model->checkpoint; }
BERT_API uint32_t bert_model_heads(const bert_model *model) { return model->heads; }
BERT_API int64_t bert_model_parameter_count(const bert_model *model) { return model->count; }
BERT_API const bert_parameter *bert_model_parameter(const bert_model *model, int64_t index)
{
    return index >= 0 && index < model->count ? model->parameters + index : NULL;
}
BERT_API const bert_parameter *bert_model_find(const bert_model *model, const char *name)
{
    int64_t i;
    for (i = 0; i < model->count; i++) if (strcmp(model->parameters[i].name, name) == 0) return model->parameters + i;
    return NULL;
}

/* A tensor seen transposed: the same values with shape and strides exchanged. `room` holds what the view points to. */
BERT__FN bert_tensor bert__transposed(const bert_tensor *t, int64_t room[4])
{
    bert_tensor v = *t;
    room[0] = t->shape[1];
    room[1] = t->shape[0];
    room[2] = t->strides ? t->strides[1] : 1;
    room[3] = t->strides ? t->strides[0] : t->shape[1];
    v.shape = room;
    v.strides = room + 2;
    return v;
}
BERT_API bert_status bert_parameter_read(const bert_parameter *parameter, float *out, int64_t count, bert_error *error)
{
    const bert_parameter *p = parameter;
    int64_t room[4], shape[2];
    bert_tensor t = *p->tensor;
    if (p->transposed) t = bert__transposed(p->tensor, room);
    shape[0] = p->shape[0];                                             /* leaves out rows that only pad the vocabulary */
    shape[1] = p->rank == 2 ? p->shape[1] : 1;
    t.shape = shape;
    t.count = shape[0] * shape[1];
    return bert_tensor_read(&t, BERT_F32, out, count, error);
}

/* ============================================================================================================
   >>kernels
   Purpose   what every set of kernels does, as one table of functions; which set this machine runs.
   Uses      nothing.
   Promises  each output element is summed in an order that depends on its own lengths alone: not on the number of rows, of
             tasks or of threads. So the cuts a caller makes (rows, panels, queries) never change a bit.
   ============================================================================================================ */

/* A dense layer y = x W^T + b, packed: panel p holds the outputs p*nr to p*nr+nr-1 as [K][nr], zeros past N. */
typedef struct bert__dense {
    const float *panels;                /* [ceil(N/nr)][K][nr], 64-byte aligned */
    const float *bias;                  /* [ceil(N/nr)*nr] */
    int64_t n, k;
} bert__dense;

/* y = activation(x W^T + b) + residual. x and y do not overlap; residual may be y itself. */
typedef struct bert__product {
    const bert__dense *w;
    const float *x;                     /* [rows,K], x_stride floats apart */
    float *y;                           /* [rows,N], y_stride floats apart */
    const float *residual;              /* as y, or NULL */
    int64_t x_stride, y_stride;
    bert_activation activation;         /* BERT_LINEAR: none */
} bert__product;

/* One head of one sequence: softmax(scale (q + 0)(k + r) + biases)(v + r), r the vector of the relative position (NEZHA). */
typedef struct bert__attention {
    const float *q, *k, *v;             /* [S,D], `stride` floats apart: columns of the QKV product */
    float *out;                         /* [S,D], out_stride floats apart */
    int64_t stride, out_stride, length, depth;   /* ... S, D */
    float scale;
    const float *key_bias;              /* [S] added to the scores of each key, or NULL */
    const float *bias;                  /* [S,S] (query, key) added to the scores, or NULL */
    const float *relative;              /* [2R+1,D] vector of the clipped distance (key - query) + R, or NULL */
    int64_t max_relative;               /* R */
    float *probabilities;               /* [S,S] or NULL: where to leave them */
} bert__attention;

typedef struct bert__kernels {
    bert_isa isa;
    int32_t nr;                         /* outputs of a panel */
    int32_t rows;                       /* a good number of rows for one task of `product` */
    /* rows row..row+rows-1 of all outputs in panels panel..panel+panels-1 */
    void (*product)(const bert__product *p, int64_t row, int64_t rows, int64_t panel, int64_t panels);
    /* y[i][j] = x_i . w_j + bias_j for rows w_j as they lie in a checkpoint: the word embeddings as the decoder; bias may be NULL */
    void (*dots)(const float *x, int64_t x_stride, int64_t m, const float *w, int64_t w_stride, int64_t n, int64_t k, const float *bias, float *y, int64_t y_stride);
    /* LayerNorm of rows of n; y may be x */
    void (*norm)(float *y, const float *x, const float *gamma, const float *beta, float epsilon, int64_t n, int64_t rows);
    /* queries query..query+queries-1, with scratch memory (64-byte aligned) of the size that attention_scratch says */
    void (*attention)(const bert__attention *a, int64_t query, int64_t queries, void *scratch);
    size_t (*attention_scratch)(int64_t length, int64_t depth, int64_t max_relative);
    /* panels[ceil(n/nr)][k][nr] of a matrix whose output j, input c is w[j * out_stride + c * in_stride]; parts of a matrix that
       begin at a multiple of nr can be packed by themselves */
    void (*pack)(const float *w, int64_t out_stride, int64_t in_stride, int64_t n, int64_t k, float *panels);
} bert__kernels;
BERT__INLINE int64_t bert__up(int64_t n, int64_t multiple) { return (n + multiple - 1) / multiple * multiple; }

/* ============================================================================================================
   >>ref
   Purpose   the kernels in plain C: the specification of the others, to be read as a lesson, and what runs where there is
             nothing faster.
   Uses      libm.
   Promises  as >>kernels. The others are tested against these with a bound that grows with the length of the sums.
   ============================================================================================================ */

/* GELU is x times the normal distribution's weight below x. Everybody means that and computes something else: */
BERT__FN float bert__activate(bert_activation kind, float x)
{
    switch (kind) {
    case BERT_GELU_10:                                                  /* clipped to [-10, 10] */
    case BERT_GELU_ERF: x = 0.5f * x * (1.0f + erff(x * 0.70710678118654752f)); return kind == BERT_GELU_10 ? x < -10 ? -10.0f : x > 10 ? 10.0f : x : x;
    case BERT_GELU_TANH: return 0.5f * x * (1.0f + tanhf(0.79788456080286536f * (x + 0.044715f * x * x * x)));
    case BERT_QUICK_GELU: return x / (1.0f + expf(-1.702f * x));
    case BERT_SILU: return x / (1.0f + expf(-x));
    case BERT_RELU: return x > 0 ? x : x != x ? x : 0.0f;
    case BERT_TANH: return tanhf(x);
    default: return x;
    }
}

#define BERT__REF_NR 8
BERT__FN void bert__ref_product(const bert__product *p, int64_t row, int64_t rows, int64_t panel, int64_t panels)
{
    const int64_t k = p->w->k, n = p->w->n;
    int64_t i, j, c, at;
    for (at = panel; at < panel + panels; at++) {
        const float *w = p->w->panels + at * k * BERT__REF_NR, *bias = p->w->bias + at * BERT__REF_NR;
        const int64_t first = at * BERT__REF_NR, width = n - first < BERT__REF_NR ? n - first : BERT__REF_NR;
        for (i = row; i < row + rows; i++) {
            const float *x = p->x + i * p->x_stride;
            float *y = p->y + i * p->y_stride + first, sum[BERT__REF_NR] = { 0 };
            for (c = 0; c < k; c++)
                for (j = 0; j < BERT__REF_NR; j++) sum[j] += x[c] * w[c * BERT__REF_NR + j];
            for (j = 0; j < width; j++) {
                sum[j] = bert__activate(p->activation, sum[j] + bias[j]);
                y[j] = p->residual ? sum[j] + p->residual[i * p->y_stride + first + j] : sum[j];
            }
        }
    }
}
BERT__FN void bert__ref_dots(const float *x, int64_t x_stride, int64_t m, const float *w, int64_t w_stride, int64_t n, int64_t k, const float *bias, float *y, int64_t y_stride)
{
    int64_t i, j, c;
    for (j = 0; j < n; j++)
        for (i = 0; i < m; i++) {
            float sum = 0;
            for (c = 0; c < k; c++) sum += x[i * x_stride + c] * w[j * w_stride + c];
            y[i * y_stride + j] = bias ? sum + bias[j] : sum;
        }
}
/* y = (x - mean) / sqrt(variance + epsilon) * gamma + beta */
BERT__FN void bert__ref_norm(float *y, const float *x, const float *gamma, const float *beta, float epsilon, int64_t n, int64_t rows)
{
    int64_t i, c;
    for (i = 0; i < rows; i++, x += n, y += n) {
        double mean = 0, variance = 0, inverse;
        for (c = 0; c < n; c++) mean += x[c];
        mean /= (double)n;
        for (c = 0; c < n; c++) variance += (x[c] - mean) * (x[c] - mean);
        inverse = 1 / sqrt(variance / (double)n + (double)epsilon);
        for (c = 0; c < n; c++) y[c] = (float)((x[c] - mean) * inverse) * gamma[c] + beta[c];
    }
}
/* The row of the table of relative positions for this query and key. */
BERT__INLINE int64_t bert__relative_row(int64_t query, int64_t key, int64_t max) { return (key - query > max ? max : key - query < -max ? -max : key - query) + max; }

/* scratch: [S] scores */
BERT__FN size_t bert__ref_attention_scratch(int64_t length, int64_t depth, int64_t max_relative) { (void)depth; (void)max_relative; return bert__mul((size_t)length, sizeof(float)); }
BERT__FN void bert__ref_attention(const bert__attention *a, int64_t query, int64_t queries, void *scratch)
{
    const int64_t s = a->length, depth = a->depth;
    float *score = (float *)scratch;
    int64_t i, j, d;
    for (i = query; i < query + queries; i++) {
        const float *q = a->q + i * a->stride;
        float *out = a->out + i * a->out_stride, top = 0, sum = 0;
        for (j = 0; j < s; j++) {
            const float *k = a->k + j * a->stride, *r = a->relative ? a->relative + bert__relative_row(i, j, a->max_relative) * depth : NULL;
            float dot = 0;
            for (d = 0; d < depth; d++) dot += q[d] * (r ? k[d] + r[d] : k[d]);
            dot *= a->scale;
            if (a->key_bias) dot += a->key_bias[j];
            if (a->bias) dot += a->bias[i * s + j];
            score[j] = dot = dot < -FLT_MAX ? -FLT_MAX : dot;           /* two masks at once: still a number */
            if (j == 0 || dot > top) top = dot;
        }
        for (j = 0; j < s; j++) sum += score[j] = expf(score[j] - top);
        for (d = 0; d < depth; d++) out[d] = 0;
        for (j = 0; j < s; j++) {
            const float *v = a->v + j * a->stride, *r = a->relative ? a->relative + bert__relative_row(i, j, a->max_relative) * depth : NULL;
            const float p = score[j] / sum;
            if (a->probabilities) a->probabilities[i * s + j] = p;
            for (d = 0; d < depth; d++) out[d] += p * (r ? v[d] + r[d] : v[d]);
        }
    }
}
BERT__FN void bert__ref_pack(const float *w, int64_t out_stride, int64_t in_stride, int64_t n, int64_t k, float *panels)
{
    int64_t first, j, c;
    for (first = 0; first < n; first += BERT__REF_NR)
        for (c = 0; c < k; c++)
            for (j = first; j < first + BERT__REF_NR; j++) *panels++ = j < n ? w[j * out_stride + c * in_stride] : 0.0f;
}
static const bert__kernels bert__kernels_ref = {
    BERT_ISA_REF, BERT__REF_NR, 16, bert__ref_product, bert__ref_dots, bert__ref_norm, bert__ref_attention, bert__ref_attention_scratch, bert__ref_pack
};

#endif /* BERT_IMPLEMENTATION, so far. The next section is compiled by the one after it, once for each kind of instructions. */

#ifdef BERT__TIER
/* ============================================================================================================
   >>simd
   Purpose   the fast kernels, written once in words for vectors (bert__vadd, ...) that >>tiers defines for each kind of
             instructions. BERT__TIER(name) is the name of a function in the tier that is being compiled.
   Uses      the words of >>tiers; the structs of >>kernels.
   Promises  as >>kernels. Each element of a product is one chain of fused multiply-adds over k = 0, 1, 2, ...; what a
             lane computes does not depend on which lane it is. Nothing is left to the compiler's choice of contraction.

   The product. A tile of MR rows of x times one panel of NR outputs keeps its MR*NR sums in registers: for each k it
   loads NR weights and MR numbers of x, for MR*NR multiply-adds. Panels are cut into blocks of KC so that a block stays
   in the first cache while all rows pass by; the sums wait in a buffer of ROWS*NR meanwhile (a float32 that is stored and
   loaded again is the same float32). Bias, activation and residual are added on the way from that buffer to y, which is
   where the edge of N is cut off: the tiles know no edges but that of M.
   Measured on one busy core of a Zen 4, tasks of 96 rows that are not multiples of 4096 bytes apart, (N,K) of (768,768),
   (768,3072), (1024,1024), (384,384): best of many, 94 to 97 % of the peak with AVX-512, 92 to 96 % with AVX2. Worse or no better:
   blocks of 256 or 768, 48 or 192 rows at a time, unrolling over k, fetching into the first cache, no fetching ahead (AVX2, 8 rows,
   weights from memory: 43 % instead of 82 %). Rows a multiple of 4096 bytes apart meet in the first cache, for 8 % with AVX-512: the
   caller keeps them apart.
   ============================================================================================================ */

#define BERT__SIMD_FN BERT__FN BERT__TARGET
#define BERT__SIMD_NOINLINE BERT__NOINLINE BERT__TARGET
#define BERT__SIMD_INLINE BERT__FORCEINLINE BERT__TARGET
#define BERT__NR (BERT__NV * BERT__W)           /* outputs of a panel: NV vectors of W floats */

/* ---- functions of one variable: errors of a few units in the last place; NaN gives NaN, the ends are exact ---- */

/* e^x = 2^n e^r, n the integer nearest to x/log 2. |r| <= log(2)/2: e^r = 1 + r + r^2 P(r). */
BERT__SIMD_INLINE BERT__VEC BERT__TIER(exp_rest)(BERT__VEC x, BERT__VEC n)
{
    BERT__VEC p = bert__vset(0.00139047297573f), r;
    r = bert__vfnma(n, bert__vset(0.693145752f), x);                            /* log 2 in two parts, the first with zeros below */
    r = bert__vfnma(n, bert__vset(1.42860677e-6f), r);
    p = bert__vfma(p, r, bert__vset(0.00836886688877f));
    p = bert__vfma(p, r, bert__vset(0.0416669413802f));
    p = bert__vfma(p, r, bert__vset(0.166665190743f));
    p = bert__vfma(p, r, bert__vset(0.499999984185f));
    return bert__vadd(bert__vfma(bert__vmul(p, r), r, r), bert__vset(1.0f));
}
/* 0 below -104, infinity above 89 */
BERT__SIMD_INLINE BERT__VEC BERT__TIER(exp)(BERT__VEC x)
{
    BERT__VEC n;
    x = bert__vmax(bert__vset(-104.0f), bert__vmin(bert__vset(89.0f), x));      /* these give the second if that is NaN */
    n = bert__vround(bert__vmul(x, bert__vset(1.44269504f)));
    return bert__vscale(BERT__TIER(exp_rest)(x, n), n);
}
/* For x <= 0. What would be no normal number is 0: denormal numbers cost hundreds of cycles in the products after a softmax. */
BERT__SIMD_INLINE BERT__VEC BERT__TIER(exp_negative)(BERT__VEC x)
{
    const BERT__VEC n = bert__vround(bert__vmul(x, bert__vset(1.44269504f)));
    return bert__vabove(bert__vset(-87.3f), x, bert__vzero(), bert__vscale_normal(BERT__TIER(exp_rest)(x, n), n));
}
/* Odd functions that reach 1: x P(x^2) / Q(x^2), fitted for the least relative error up to `end`, where they round to 1. */
BERT__SIMD_INLINE BERT__VEC BERT__TIER(erf)(BERT__VEC x)
{
    const BERT__VEC a = bert__vmin(bert__vset(3.93f), bert__vabs(x)), u = bert__vmul(a, a);
    BERT__VEC p = bert__vset(2.04196966564e-6f), q = bert__vset(3.80040604784e-5f);
    p = bert__vfma(p, u, bert__vset(0.000284808538089f));
    q = bert__vfma(q, u, bert__vset(0.00116521261238f));
    p = bert__vfma(p, u, bert__vset(0.00377960917908f));
    q = bert__vfma(q, u, bert__vset(0.0149974368842f));
    p = bert__vfma(p, u, bert__vset(0.0527902844563f));
    q = bert__vfma(q, u, bert__vset(0.114257523022f));
    p = bert__vfma(p, u, bert__vset(0.190783837615f));
    q = bert__vfma(q, u, bert__vset(0.502410493367f));
    p = bert__vfma(p, u, bert__vset(1.12837914536f));
    q = bert__vfma(q, u, bert__vset(1.0f));
    p = bert__vdiv(bert__vmul(p, a), q);
    return bert__vsign(bert__vabove(a, bert__vset(3.92f), bert__vset(1.0f), bert__vmin(bert__vset(1.0f), p)), x);
}
BERT__SIMD_INLINE BERT__VEC BERT__TIER(tanh)(BERT__VEC x)
{
    const BERT__VEC a = bert__vmin(bert__vset(9.02f), bert__vabs(x)), u = bert__vmul(a, a);
    BERT__VEC p = bert__vset(1.33190186363e-8f), q = bert__vset(7.76199640497e-7f);
    p = bert__vfma(p, u, bert__vset(2.05834385842e-5f));
    q = bert__vfma(q, u, bert__vset(0.000328308841702f));
    p = bert__vfma(p, u, bert__vset(0.00349403176829f));
    q = bert__vfma(q, u, bert__vset(0.0258710623598f));
    p = bert__vfma(p, u, bert__vset(0.133797155177f));
    q = bert__vfma(q, u, bert__vset(0.46713030754f));
    p = bert__vfma(p, u, bert__vset(0.999999979012f));
    q = bert__vfma(q, u, bert__vset(1.0f));
    p = bert__vdiv(bert__vmul(p, a), q);
    return bert__vsign(bert__vabove(a, bert__vset(9.01f), bert__vset(1.0f), bert__vmin(bert__vset(1.0f), p)), x);
}

/* sums[count] = activation(sums + bias), count a multiple of NR, bias [NR] */
BERT__SIMD_NOINLINE void BERT__TIER(activate)(bert_activation kind, float *sums, int64_t count, const float *bias)
{
    const BERT__VEC one = bert__vset(1.0f), half = bert__vset(0.5f);
    float *const end = sums + count;
    BERT__VEC x, t;
    int64_t j;
#define BERT__EACH(becomes)                                                                                            \
    for (; sums < end; sums += BERT__NR)                                                                               \
        for (j = 0; j < BERT__NR; j += BERT__W) {                                                                      \
            x = bert__vadd(bert__vload(sums + j), bert__vload(bias + j));                                              \
            becomes;                                                                                                   \
            bert__vstore(sums + j, x);                                                                                 \
        }                                                                                                              \
    break
#define BERT__GELU t = BERT__TIER(erf)(bert__vmul(x, bert__vset(0.70710678118654752f))); x = bert__vmul(bert__vmul(half, x), bert__vadd(one, t))
    switch (kind) {
    case BERT_GELU_ERF: BERT__EACH(BERT__GELU);
    case BERT_GELU_10: BERT__EACH(BERT__GELU; x = bert__vmax(bert__vset(-10.0f), bert__vmin(bert__vset(10.0f), x)));
    case BERT_GELU_TANH:
        BERT__EACH(t = bert__vmul(bert__vmul(x, x), x);
                   t = BERT__TIER(tanh)(bert__vmul(bert__vset(0.79788456080286536f), bert__vfma(bert__vset(0.044715f), t, x)));
                   x = bert__vmul(bert__vmul(half, x), bert__vadd(one, t)));
    case BERT_QUICK_GELU: BERT__EACH(t = BERT__TIER(exp)(bert__vmul(x, bert__vset(-1.702f))); x = bert__vdiv(x, bert__vadd(one, t)));
    case BERT_SILU: BERT__EACH(t = BERT__TIER(exp)(bert__vmul(x, bert__vset(-1.0f))); x = bert__vdiv(x, bert__vadd(one, t)));
    case BERT_RELU: BERT__EACH(x = bert__vmax(bert__vzero(), x));
    case BERT_TANH: BERT__EACH(x = BERT__TIER(tanh)(x));
    default: BERT__EACH((void)t);
    }
#undef BERT__GELU
#undef BERT__EACH
}

/* ---- products ---- */

/* c[i][0..NR-1] = (fresh ? 0 : c) + sum over k of x[i][k] w[k][0..NR-1] for i < mr, which is a constant wherever this is
   called: each call is a function of its own, without the rows from mr on. ahead: memory wanted soon, `step` floats for each k. */
BERT__SIMD_INLINE void BERT__TIER(tile)(const int mr, int64_t k, const float *x, int64_t x_stride, const float *w, float *c, int64_t c_stride, int fresh, const float *ahead, int64_t step)
{
    BERT__VEC a[BERT__MR][BERT__NV], b[BERT__NV], v;
#define BERT__ZERO(i, j) a[i][j] = bert__vzero();
#define BERT__LOAD(i, j) a[i][j] = bert__vload(c + (i) * c_stride + (j) * BERT__W);
#define BERT__STORE(i, j) bert__vstore(c + (i) * c_stride + (j) * BERT__W, a[i][j]);
#define BERT__ZERO_ROW(i, u) if (i < mr) { BERT__EACH_VEC(BERT__ZERO, i) }
#define BERT__LOAD_ROW(i, u) if (i < mr) { BERT__EACH_VEC(BERT__LOAD, i) }
#define BERT__STORE_ROW(i, u) if (i < mr) { BERT__EACH_VEC(BERT__STORE, i) }
#define BERT__WEIGHTS(u, j) b[j] = bert__vload(w + (j) * BERT__W);
#define BERT__FMA(i, j) a[i][j] = bert__vfma(v, b[j], a[i][j]);
#define BERT__FMA_ROW(i, u) if (i < mr) { v = bert__vset(x[(i) * x_stride]); BERT__EACH_VEC(BERT__FMA, i) }
    if (fresh) { BERT__EACH_ROW(BERT__ZERO_ROW, 0) }
    else { BERT__EACH_ROW(BERT__LOAD_ROW, 0) }
    for (; k > 0; k--, x++, w += BERT__NR, ahead += step) {             /* four steps at once were slower: gcc runs out of registers */
        bert__vahead(ahead);
        BERT__EACH_VEC(BERT__WEIGHTS, 0)
        BERT__EACH_ROW(BERT__FMA_ROW, 0)
    }
    BERT__EACH_ROW(BERT__STORE_ROW, 0)
#undef BERT__FMA_ROW
#undef BERT__FMA
#undef BERT__WEIGHTS
#undef BERT__STORE_ROW
#undef BERT__LOAD_ROW
#undef BERT__ZERO_ROW
#undef BERT__STORE
#undef BERT__LOAD
#undef BERT__ZERO
}
/* The same for any number of rows, in tiles as equal as can be: 8 rows as 4 and 4 keep more sums in flight than 6 and 2. Together
   they fetch NR * k floats from `ahead` on, the next block of weights, into the second cache. */
BERT__SIMD_NOINLINE void BERT__TIER(tiles)(int64_t rows, int64_t k, const float *x, int64_t x_stride, const float *w, float *c, int64_t c_stride, int fresh, const float *ahead)
{
    int64_t left = (rows + BERT__MR - 1) / BERT__MR, count;
    const int64_t step = left > 1 ? (BERT__NR + left - 1) / left : 0;   /* one tile alone: the processor's own guesses are better */
    for (; left > 0; left--, rows -= count, x += count * x_stride, c += count * c_stride, ahead += step * k) {
        count = (rows + left - 1) / left;
#define BERT__CASE(i, u) case i + 1: BERT__TIER(tile)(i + 1, k, x, x_stride, w, c, c_stride, fresh, ahead, step); break;
        switch (count) {
        BERT__EACH_ROW(BERT__CASE, 0)
        default: break;
        }
#undef BERT__CASE
    }
}

#define BERT__ROWS_MAX 96                       /* rows at a time: their sums are 6 or 12 KB on the stack */
BERT__SIMD_FN void BERT__TIER(product)(const bert__product *p, int64_t row, int64_t rows, int64_t panel, int64_t panels)
{
    const int64_t n = p->w->n, k = p->w->k;
    BERT__ALIGN64 float sums[BERT__ROWS_MAX * BERT__NR];                /* [count][NR] */
    int64_t at, count, from, i, j;
    for (; rows > 0; row += count, rows -= count) {
        count = rows < BERT__ROWS_MAX ? rows : BERT__ROWS_MAX;
        for (at = panel; at < panel + panels; at++) {
            const float *w = p->w->panels + at * k * BERT__NR, *bias = p->w->bias + at * BERT__NR;
            const int64_t first = at * BERT__NR, width = n - first < BERT__NR ? n - first : BERT__NR, full = width - width % BERT__W;
            for (from = 0; from < k; from += BERT__KC) {
                const int64_t block = k - from < BERT__KC ? k - from : BERT__KC;
                const float *ahead = w + (from + block < k || at + 1 < panel + panels ? from + block : from) * BERT__NR;
                BERT__TIER(tiles)(count, block, p->x + row * p->x_stride + from, p->x_stride, w + from * BERT__NR, sums, BERT__NR, from == 0, ahead);
            }
            BERT__TIER(activate)(p->activation, sums, count * BERT__NR, bias);
            for (i = 0; i < count; i++) {
                float *y = p->y + (row + i) * p->y_stride + first;
                const float *s = sums + i * BERT__NR, *r = p->residual ? p->residual + (row + i) * p->y_stride + first : NULL;
                for (j = 0; j < full; j += BERT__W) bert__vstore(y + j, r ? bert__vadd(bert__vload(s + j), bert__vload(r + j)) : bert__vload(s + j));
                if (j < width) bert__vstore_n(y + j, r ? bert__vadd(bert__vload(s + j), bert__vload_n(r + j, width - j)) : bert__vload(s + j), width - j);
            }
        }
    }
}

/* panels[ceil(n/NR)][k][NR]: output j, input c is w[j * out_stride + c * in_stride] */
BERT__SIMD_FN void BERT__TIER(pack)(const float *w, int64_t out_stride, int64_t in_stride, int64_t n, int64_t k, float *panels)
{
    int64_t first, j, c, i;
    for (first = 0; first < n; first += BERT__NR, panels += k * BERT__NR) {
        const int64_t width = n - first < BERT__NR ? n - first : BERT__NR;
        const float *from = w + first * out_stride;
        if (out_stride == 1) {                                          /* as it lies there, in pieces of NR */
            for (c = 0; c < k; c++, from += in_stride)
                for (j = 0; j < BERT__NR; j += BERT__W)
                    bert__vstore(panels + c * BERT__NR + j, j + BERT__W <= width ? bert__vload(from + j) : j < width ? bert__vload_n(from + j, width - j) : bert__vzero());
            continue;
        }
        for (j = 0; j < BERT__NR; j += BERT__SQUARE) {                  /* transposed in squares */
            c = 0;
            if (in_stride == 1 && j + BERT__SQUARE <= width)
                for (; c + BERT__SQUARE <= k; c += BERT__SQUARE) BERT__TIER(transpose)(from + j * out_stride + c, out_stride, panels + c * BERT__NR + j, BERT__NR);
            for (; c < k; c++)
                for (i = j; i < j + BERT__SQUARE; i++) panels[c * BERT__NR + i] = i < width ? from[i * out_stride + c * in_stride] : 0.0f;
        }
    }
}

/* ---- rows against rows: lanes along k, so nothing needs packing ---- */

/* y[i][0..3] = x_i . w[0..3] for i < mr (a constant, as in tile); four sums of W lanes become four numbers at the end */
BERT__SIMD_INLINE void BERT__TIER(dot_tile)(const int mr, int64_t k, const float *x, int64_t x_stride, const float *w[4], float (*y)[4])
{
    BERT__VEC a[BERT__DR][4], b[BERT__DR], v;
    int64_t c;
#define BERT__ZERO_ROW(i, u) if (i < mr) a[i][0] = a[i][1] = a[i][2] = a[i][3] = bert__vzero();
#define BERT__LOAD_ROW(i, load) if (i < mr) b[i] = load(x + (i) * x_stride + c);
#define BERT__LOAD_N(p) bert__vload_n(p, k - c)
#define BERT__FMA_ROW(i, j) if (i < mr) a[i][j] = bert__vfma(b[i], v, a[i][j]);
#define BERT__COLUMN(j, load) { v = load(w[j] + c); BERT__EACH_DOT(BERT__FMA_ROW, j) }
#define BERT__STEP(load) { BERT__EACH_DOT(BERT__LOAD_ROW, load) BERT__COLUMN(0, load) BERT__COLUMN(1, load) BERT__COLUMN(2, load) BERT__COLUMN(3, load) }
#define BERT__SUM_ROW(i, u) if (i < mr) bert__vsum4(y[i], a[i][0], a[i][1], a[i][2], a[i][3]);
    BERT__EACH_DOT(BERT__ZERO_ROW, 0)
    for (c = 0; c + BERT__W <= k; c += BERT__W) BERT__STEP(bert__vload)
    if (c < k) BERT__STEP(BERT__LOAD_N)
    BERT__EACH_DOT(BERT__SUM_ROW, 0)
#undef BERT__SUM_ROW
#undef BERT__STEP
#undef BERT__COLUMN
#undef BERT__FMA_ROW
#undef BERT__LOAD_N
#undef BERT__LOAD_ROW
#undef BERT__ZERO_ROW
}
BERT__SIMD_NOINLINE void BERT__TIER(dot_rows)(int64_t rows, int64_t k, const float *x, int64_t x_stride, const float *w[4], float (*y)[4])
{
#define BERT__CASE(i, u) case i + 1: BERT__TIER(dot_tile)(i + 1, k, x, x_stride, w, y); break;
    switch (rows) {
    BERT__EACH_DOT(BERT__CASE, 0)
    default: break;
    }
#undef BERT__CASE
}
BERT__SIMD_FN void BERT__TIER(dots)(const float *x, int64_t x_stride, int64_t m, const float *w, int64_t w_stride, int64_t n, int64_t k, const float *bias, float *y, int64_t y_stride)
{
    int64_t row, i, j, c;
    for (row = 0; row < m; row += 64) {                                 /* as many rows of x as the second cache holds */
        const int64_t end = m - row < 64 ? m : row + 64;
        for (j = 0; j < n; j += 4) {
            const float *four[4];
            const int64_t width = n - j < 4 ? n - j : 4;
            for (c = 0; c < 4; c++) four[c] = w + (c < width ? j + c : n - 1) * w_stride;     /* past the end: the last once more */
            for (i = row; i < end; i += BERT__DR) {
                float sums[BERT__DR][4];
                const int64_t count = end - i < BERT__DR ? end - i : BERT__DR, slice = (k * count + end - row - 1) / (end - row);
                int64_t r;
                /* each tile fetches its share of the next four: the processor's guesses end with a row */
                for (r = j + 4; r < j + 8 && r < n; r++)
                    for (c = k * (i - row) / (end - row); c < k * (i - row) / (end - row) + slice; c += 16) bert__vahead(w + r * w_stride + c);
                BERT__TIER(dot_rows)(count, k, x + i * x_stride, x_stride, four, sums);
                for (r = 0; r < count; r++)
                    for (c = 0; c < width; c++) y[(i + r) * y_stride + j + c] = bias ? sums[r][c] + bias[j + c] : sums[r][c];
            }
        }
    }
}

/* ---- LayerNorm ---- */

/* The sum of n numbers: four rows of lanes, always in this order. */
BERT__SIMD_FN float BERT__TIER(sum)(const float *x, int64_t n)
{
    BERT__VEC a = bert__vzero(), b = a, c = a, d = a;
    int64_t i = 0;
    for (; i + 4 * BERT__W <= n; i += 4 * BERT__W) {
        a = bert__vadd(a, bert__vload(x + i));
        b = bert__vadd(b, bert__vload(x + i + BERT__W));
        c = bert__vadd(c, bert__vload(x + i + 2 * BERT__W));
        d = bert__vadd(d, bert__vload(x + i + 3 * BERT__W));
    }
    for (; i + BERT__W <= n; i += BERT__W) a = bert__vadd(a, bert__vload(x + i));
    if (i < n) b = bert__vadd(b, bert__vload_n(x + i, n - i));
    return bert__vsum(bert__vadd(bert__vadd(a, b), bert__vadd(c, d)));
}
/* The mean is rounded to float32 at first; what that lost is the mean of the differences, which are small and exact enough to
   make up for it. */
BERT__SIMD_FN void BERT__TIER(norm)(float *y, const float *x, const float *gamma, const float *beta, float epsilon, int64_t n, int64_t rows)
{
    int64_t i, c;
    for (i = 0; i < rows; i++, x += n, y += n) {
        const BERT__VEC mean = bert__vset((float)((double)BERT__TIER(sum)(x, n) / (double)n));
        BERT__VEC a = bert__vzero(), b = a, s = a, t = a, d, e, inverse, rest;
        double off, variance;
        for (c = 0; c + 2 * BERT__W <= n; c += 2 * BERT__W) {
            d = bert__vsub(bert__vload(x + c), mean);
            e = bert__vsub(bert__vload(x + c + BERT__W), mean);
            a = bert__vfma(d, d, a);
            b = bert__vfma(e, e, b);
            s = bert__vadd(s, d);
            t = bert__vadd(t, e);
        }
        for (; c < n; c += BERT__W) {
            d = bert__vsub(bert__vload_n(x + c, n - c < BERT__W ? n - c : BERT__W), mean);
            d = bert__vkeep(d, n - c < BERT__W ? n - c : BERT__W, bert__vzero());
            a = bert__vfma(d, d, a);
            s = bert__vadd(s, d);
        }
        off = (double)bert__vsum(bert__vadd(s, t)) / (double)n;
        variance = (double)bert__vsum(bert__vadd(a, b)) / (double)n - off * off;
        if (variance < 0) variance = 0;
        variance = 1 / sqrt(variance + (double)epsilon);
        inverse = bert__vset((float)variance);
        rest = bert__vset((float)(-off * variance));
        for (c = 0; c + BERT__W <= n; c += BERT__W) {
            d = bert__vfma(bert__vsub(bert__vload(x + c), mean), inverse, rest);
            bert__vstore(y + c, bert__vfma(d, bert__vload(gamma + c), bert__vload(beta + c)));
        }
        if (c < n) {
            d = bert__vfma(bert__vsub(bert__vload_n(x + c, n - c), mean), inverse, rest);
            bert__vstore_n(y + c, bert__vfma(d, bert__vload_n(gamma + c, n - c), bert__vload_n(beta + c, n - c)), n - c);
        }
    }
}

/* ---- attention ---- */

/* For each query all scores at once, then the softmax, then the sum of the values: two products with k^T and v packed as
   panels, by the same tiles. QB queries at a time. Relative positions (NEZHA) are two products more, with the table, one column
   for each distance that occurs: added to the scores by distance, and the probabilities summed by distance. */
#define BERT__QB (2 * BERT__MR)
typedef struct BERT__TIER(places) {             /* parts of the scratch memory, in floats */
    int64_t keys, stride, depth, distances, across;      /* sizes: S to a multiple of NR, a row of scores, D so, C, a row of C */
    size_t k, v, rk, rv, q, scores, relative, out, total;
} BERT__TIER(places);
BERT__SIMD_FN BERT__TIER(places) BERT__TIER(place)(int64_t s, int64_t depth, int64_t max)
{
    BERT__TIER(places) p;
    size_t at = 0;
    max = max < s - 1 ? max : s - 1;
    p.keys = bert__up(s, BERT__NR);
    p.stride = p.keys + 16;                                             /* no power of two: rows shall not meet in the cache */
    p.depth = bert__up(depth, BERT__NR);
    p.distances = 2 * max + 1;
    p.across = bert__up(p.distances, BERT__NR);
#define BERT__PLACE(name, rows, columns) p.name = at; at = bert__add(at, bert__mul((size_t)(rows), (size_t)bert__up(columns, 16)))
    BERT__PLACE(k, p.keys, depth);
    BERT__PLACE(v, p.depth, s);
    BERT__PLACE(rk, p.across, depth);
    BERT__PLACE(rv, p.depth, p.distances);
    BERT__PLACE(q, BERT__QB, depth);
    BERT__PLACE(scores, BERT__QB, p.stride);
    BERT__PLACE(relative, BERT__QB, p.across);
    BERT__PLACE(out, BERT__QB, p.depth);
#undef BERT__PLACE
    p.total = at;
    return p;
}
BERT__SIMD_FN size_t BERT__TIER(attention_scratch)(int64_t length, int64_t depth, int64_t max_relative)
{
    return bert__mul(BERT__TIER(place)(length, depth, max_relative).total, sizeof(float));
}
/* s[0..n-1] = exp(s + key_bias + bias - the largest of these); returns their sum. Scores
   that overflow to -infinity count as -FLT_MAX: a row of nothing else is a row of equals, as in >>ref. */
BERT__SIMD_FN float BERT__TIER(softmax)(float *s, int64_t n, const float *key_bias, const float *bias)
{
    const BERT__VEC least = bert__vset(-FLT_MAX);
    BERT__VEC top = least, sum = bert__vzero(), v;
    int64_t j;
    for (j = 0; j + BERT__W <= n; j += BERT__W) {
        v = bert__vload(s + j);
        if (key_bias) v = bert__vadd(v, bert__vload(key_bias + j));
        if (bias) v = bert__vadd(v, bert__vload(bias + j));
        v = bert__vmax(least, v);
        top = bert__vmax(top, v);
        bert__vstore(s + j, v);
    }
    if (j < n) {
        v = bert__vload(s + j);
        if (key_bias) v = bert__vadd(v, bert__vload_n(key_bias + j, n - j));
        if (bias) v = bert__vadd(v, bert__vload_n(bias + j, n - j));
        v = bert__vkeep(bert__vmax(least, v), n - j, least);
        top = bert__vmax(top, v);
        bert__vstore(s + j, v);
    }
    top = bert__vset(bert__vtop(top));
    for (j = 0; j + BERT__W <= n; j += BERT__W) {
        v = BERT__TIER(exp_negative)(bert__vsub(bert__vload(s + j), top));
        sum = bert__vadd(sum, v);
        bert__vstore(s + j, v);
    }
    if (j < n) {
        v = bert__vkeep(BERT__TIER(exp_negative)(bert__vsub(bert__vload(s + j), top)), n - j, bert__vzero());
        sum = bert__vadd(sum, v);
        bert__vstore(s + j, v);
    }
    return bert__vsum(sum);
}
/* y[0..n-1] = x factor */
BERT__SIMD_INLINE void BERT__TIER(scaled)(float *y, const float *x, int64_t n, float factor)
{
    const BERT__VEC f = bert__vset(factor);
    int64_t j = 0;
    for (; j + BERT__W <= n; j += BERT__W) bert__vstore(y + j, bert__vmul(bert__vload(x + j), f));
    if (j < n) bert__vstore_n(y + j, bert__vmul(bert__vload_n(x + j, n - j), f), n - j);
}
BERT__SIMD_FN void BERT__TIER(attention)(const bert__attention *a, int64_t query, int64_t queries, void *scratch)
{
    const int64_t s = a->length, depth = a->depth, max = a->max_relative < s - 1 ? a->max_relative : s - 1;
    const BERT__TIER(places) p = BERT__TIER(place)(s, depth, a->max_relative);
    float *const base = (float *)scratch, *const q = base + p.q, *const scores = base + p.scores, *const relative = base + p.relative, *const out = base + p.out;
    const int64_t end = query + queries, q_stride = bert__up(depth, 16);
    int64_t i, j, at, count;
    float inverse[BERT__QB];
    BERT__TIER(pack)(a->k, a->stride, 1, s, depth, base + p.k);
    BERT__TIER(pack)(a->v, 1, a->stride, depth, s, base + p.v);
    if (a->relative) {                                                  /* the rows of the distances that occur, -max to max */
        const float *r = a->relative + (a->max_relative - max) * depth;
        BERT__TIER(pack)(r, depth, 1, p.distances, depth, base + p.rk);
        BERT__TIER(pack)(r, 1, depth, depth, p.distances, base + p.rv);
    }
    for (; query < end; query += count) {
        count = end - query < BERT__QB ? end - query : BERT__QB;
        for (i = 0; i < count; i++) BERT__TIER(scaled)(q + i * q_stride, a->q + (query + i) * a->stride, depth, a->scale);
        for (at = 0; at < p.keys; at += BERT__NR) BERT__TIER(tiles)(count, depth, q, q_stride, base + p.k + at * depth, scores + at, p.stride, 1, base + p.k + at * depth);
        if (a->relative)
            for (at = 0; at < p.across; at += BERT__NR) BERT__TIER(tiles)(count, depth, q, q_stride, base + p.rk + at * depth, relative + at, p.across, 1, base + p.k);
        for (i = 0; i < count; i++) {
            float *score = scores + i * p.stride, *r = relative + i * p.across;
            /* keys before `low` are at distance -max or more, those from `high` on at max or more */
            const int64_t low = query + i - max > 0 ? query + i - max : 0, high = query + i + max < s ? query + i + max : s;
            if (a->relative) {
                for (j = 0; j < low; j++) score[j] += r[0];
                for (; j < high; j++) score[j] += r[j - query - i + max];
                for (; j < s; j++) score[j] += r[2 * max];
            }
            inverse[i] = 1 / BERT__TIER(softmax)(score, s, a->key_bias, a->bias ? a->bias + (query + i) * s : NULL);
            if (a->probabilities) BERT__TIER(scaled)(a->probabilities + (query + i) * s, score, s, inverse[i]);
            if (a->relative) {
                for (j = 0; j < p.across; j++) r[j] = 0;
                for (j = low; j < high; j++) r[j - query - i + max] = score[j];
                if (max == 0) r[0] = BERT__TIER(sum)(score, s);
                else {
                    r[0] += BERT__TIER(sum)(score, low);
                    r[2 * max] = BERT__TIER(sum)(score + high, s - high);
                }
            }
        }
        for (at = 0; at < p.depth; at += BERT__NR) {
            const float *v = base + p.v + at * s;
            for (j = 0; j < s; j += BERT__KC) BERT__TIER(tiles)(count, s - j < BERT__KC ? s - j : BERT__KC, scores + j, p.stride, v + j * BERT__NR, out + at, p.depth, j == 0, v + j * BERT__NR);
            if (a->relative) BERT__TIER(tiles)(count, p.distances, relative, p.across, base + p.rv + at * p.distances, out + at, p.depth, 0, v);
        }
        for (i = 0; i < count; i++) BERT__TIER(scaled)(a->out + (query + i) * a->out_stride, out + i * p.depth, depth, inverse[i]);
    }
}

static const bert__kernels BERT__TIER(kernels) = {
    BERT__TIER_ISA, BERT__NR, BERT__ROWS_MAX, BERT__TIER(product), BERT__TIER(dots), BERT__TIER(norm), BERT__TIER(attention), BERT__TIER(attention_scratch), BERT__TIER(pack)
};
#undef BERT__QB
#undef BERT__ROWS_MAX
#undef BERT__NR
#undef BERT__SIMD_INLINE
#undef BERT__SIMD_NOINLINE
#undef BERT__SIMD_FN
/* the words of the tier, for the next one to define */
#undef BERT__TIER
#undef BERT__TIER_ISA
#undef BERT__TARGET
#undef BERT__W
#undef BERT__NV
#undef BERT__MR
#undef BERT__DR
#undef BERT__KC
#undef BERT__SQUARE
#undef BERT__VEC
#undef BERT__EACH_VEC
#undef BERT__EACH_ROW
#undef BERT__EACH_DOT
#undef bert__vzero
#undef bert__vset
#undef bert__vload
#undef bert__vahead
#undef bert__vstore
#undef bert__vadd
#undef bert__vsub
#undef bert__vmul
#undef bert__vdiv
#undef bert__vmax
#undef bert__vmin
#undef bert__vfma
#undef bert__vfnma
#undef bert__vround
#undef bert__vabs
#undef bert__vsign
#undef bert__vabove
#undef bert__vload_n
#undef bert__vstore_n
#undef bert__vkeep
#undef bert__vscale
#undef bert__vscale_normal
#undef bert__vsum
#undef bert__vtop
#undef bert__vsum4
#endif /* BERT__TIER */

#if defined(BERT_IMPLEMENTATION) && !defined(BERT__IMPLEMENTED_TIERS)
#define BERT__IMPLEMENTED_TIERS
/* ============================================================================================================
   >>tiers
   Purpose   the words that >>simd is written in, for each kind of instructions; compiles it for each.
   Uses      >>simd, by including this file once more.
   Promises  no compiler option is needed: functions carry the instructions they use as an attribute. Nobody but >>cpu
             may call them.

   A tier says: TARGET, W lanes of a vector, NV vectors of a panel, MR rows of a tile and ROWS, VECS, DOT_ROWS, which repeat
   a macro for each of them (compilers without loop unrolling must have it all in registers too), KC.
   ============================================================================================================ */

#if defined(BERT__SSE2) && (defined(__x86_64__) || defined(_M_X64)) && !defined(__TINYC__)
#if !defined(_MSC_VER) || !defined(__clang__) || defined(__AVX512F__)       /* clang-cl has only the words it may use everywhere */
#define BERT__X86_TIERS 1
#endif
#endif

#if defined(BERT__X86_TIERS) || defined(BERT__NEON)
#if defined(__GNUC__) || defined(__clang__)
#define BERT__FORCEINLINE static inline __attribute__((unused, always_inline))     /* at -Os too: tiles live in registers or not at all */
#define BERT__ALIGN64 __attribute__((aligned(64)))
#define BERT__TARGETS(features) __attribute__((target(features)))
#else
#define BERT__FORCEINLINE static __forceinline
#define BERT__ALIGN64 __declspec(align(64))
#define BERT__TARGETS(features)
#endif
#endif

#if defined(BERT__X86_TIERS)
#include <immintrin.h>

/* ---- AVX2 and FMA: 8 lanes, 16 registers. 12 sums, 2 vectors of weights, 1 number of x. ---- */

#define BERT__TIER(name) bert__avx2_##name
#define BERT__TIER_ISA BERT_ISA_AVX2
#define BERT__TARGET BERT__TARGETS("avx2,fma")
#define BERT__W 8
#define BERT__NV 2
#define BERT__MR 6
#define BERT__DR 3
#define BERT__KC 384
#define BERT__SQUARE 8
#define BERT__VEC __m256
#define BERT__EACH_VEC(X, i) X(i, 0) X(i, 1)
#define BERT__EACH_ROW(X, u) X(0, u) X(1, u) X(2, u) X(3, u) X(4, u) X(5, u)
#define BERT__EACH_DOT(X, u) X(0, u) X(1, u) X(2, u)
#define bert__vzero() _mm256_setzero_ps()
#define bert__vset(x) _mm256_set1_ps(x)
#define bert__vload(p) _mm256_loadu_ps(p)
#define bert__vahead(p) _mm_prefetch((const char *)(p), _MM_HINT_T1)
#define bert__vstore(p, v) _mm256_storeu_ps(p, v)
#define bert__vadd(a, b) _mm256_add_ps(a, b)
#define bert__vsub(a, b) _mm256_sub_ps(a, b)
#define bert__vmul(a, b) _mm256_mul_ps(a, b)
#define bert__vdiv(a, b) _mm256_div_ps(a, b)
#define bert__vmax(a, b) _mm256_max_ps(a, b)                            /* a > b ? a : b, so b if one is NaN */
#define bert__vmin(a, b) _mm256_min_ps(a, b)                            /* a < b ? a : b */
#define bert__vfma(a, b, c) _mm256_fmadd_ps(a, b, c)                    /* a b + c, rounded once */
#define bert__vfnma(a, b, c) _mm256_fnmadd_ps(a, b, c)                  /* c - a b */
#define bert__vround(a) _mm256_round_ps(a, 8)                           /* to the nearest integer */
#define bert__vabs(a) _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a)
#define bert__vsign(a, b) _mm256_or_ps(a, _mm256_and_ps(_mm256_set1_ps(-0.0f), b))     /* a >= 0 with the sign of b */
#define bert__vabove(a, b, x, y) _mm256_blendv_ps(y, x, _mm256_cmp_ps(a, b, _CMP_GT_OQ))   /* a > b ? x : y */
#define bert__vload_n(p, n) _mm256_maskload_ps(p, bert__avx2_first(n))  /* n < W numbers, the other lanes 0 */
#define bert__vstore_n(p, v, n) _mm256_maskstore_ps(p, bert__avx2_first(n), v)
#define bert__vkeep(v, n, other) _mm256_blendv_ps(other, v, _mm256_castsi256_ps(bert__avx2_first(n)))   /* lanes from n on: other */
#define bert__vscale(a, n) bert__avx2_scale(a, n)                       /* a 2^n, n integers, -151 < n < 130 */
#define bert__vscale_normal(a, n) _mm256_mul_ps(a, _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127)), 23)))   /* -127 < n < 128 */
#define bert__vsum(a) bert__avx2_sum_lanes(a)                           /* of all lanes, in a fixed order */
#define bert__vtop(a) bert__avx2_top(a)                                 /* the largest lane */
#define bert__vsum4(out, a, b, c, d) bert__avx2_sum4(out, a, b, c, d)   /* four such sums; the order within is the same for all */

static const int32_t bert__avx2_lanes[16] = { -1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0 };
BERT__FORCEINLINE BERT__TARGET __m256i bert__avx2_first(int64_t n) { return _mm256_loadu_si256((const __m256i *)(const void *)(bert__avx2_lanes + 8 - n)); }
BERT__FORCEINLINE BERT__TARGET __m256 bert__avx2_scale(__m256 a, __m256 n)
{
    const __m256i i = _mm256_cvtps_epi32(n), half = _mm256_srai_epi32(i, 1), bias = _mm256_set1_epi32(127);     /* in two steps: 2^n itself may not exist */
    a = _mm256_mul_ps(a, _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(half, bias), 23)));
    return _mm256_mul_ps(a, _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(_mm256_sub_epi32(i, half), bias), 23)));
}
BERT__FORCEINLINE BERT__TARGET float bert__avx2_sum_lanes(__m256 a)
{
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    s = _mm_add_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_add_ss(s, _mm_shuffle_ps(s, s, 1)));
}
BERT__FORCEINLINE BERT__TARGET float bert__avx2_top(__m256 a)
{
    __m128 s = _mm_max_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    s = _mm_max_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_max_ss(s, _mm_shuffle_ps(s, s, 1)));
}
BERT__FORCEINLINE BERT__TARGET void bert__avx2_sum4(float *out, __m256 a, __m256 b, __m256 c, __m256 d)
{
    const __m256 s = _mm256_hadd_ps(_mm256_hadd_ps(a, b), _mm256_hadd_ps(c, d));
    _mm_storeu_ps(out, _mm_add_ps(_mm256_castps256_ps128(s), _mm256_extractf128_ps(s, 1)));
}
/* to[j][i] = from[i][j], 8 by 8 */
BERT__FORCEINLINE BERT__TARGET void bert__avx2_transpose(const float *from, int64_t stride, float *to, int64_t to_stride)
{
    __m256 r[8], t[8];
#define BERT__HALVES(i) r[i] = _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(from + (i % 4) * stride + (i / 4) * 4)), _mm_loadu_ps(from + (i % 4 + 4) * stride + (i / 4) * 4), 1);
    BERT__HALVES(0) BERT__HALVES(1) BERT__HALVES(2) BERT__HALVES(3) BERT__HALVES(4) BERT__HALVES(5) BERT__HALVES(6) BERT__HALVES(7)
#define BERT__QUARTER(i)                                                                                               \
    t[i] = _mm256_unpacklo_ps(r[i], r[i + 1]);                                                                         \
    t[i + 1] = _mm256_unpackhi_ps(r[i], r[i + 1]);                                                                     \
    t[i + 2] = _mm256_unpacklo_ps(r[i + 2], r[i + 3]);                                                                 \
    t[i + 3] = _mm256_unpackhi_ps(r[i + 2], r[i + 3]);                                                                 \
    _mm256_storeu_ps(to + i * to_stride, _mm256_shuffle_ps(t[i], t[i + 2], 0x44));                                     \
    _mm256_storeu_ps(to + (i + 1) * to_stride, _mm256_shuffle_ps(t[i], t[i + 2], 0xEE));                               \
    _mm256_storeu_ps(to + (i + 2) * to_stride, _mm256_shuffle_ps(t[i + 1], t[i + 3], 0x44));                           \
    _mm256_storeu_ps(to + (i + 3) * to_stride, _mm256_shuffle_ps(t[i + 1], t[i + 3], 0xEE));
    BERT__QUARTER(0)
    BERT__QUARTER(4)
#undef BERT__QUARTER
#undef BERT__HALVES
}
#include "bert.h"

/* ---- AVX-512F: 16 lanes, 32 registers, lanes chosen by masks ---- */

#define BERT__TIER(name) bert__avx512_##name
#define BERT__TIER_ISA BERT_ISA_AVX512
#define BERT__TARGET BERT__TARGETS("avx512f,avx2,fma")
#define BERT__W 16
#define BERT__NV 2
#define BERT__MR 12
#define BERT__DR 5
#define BERT__KC 384
#define BERT__SQUARE 8
#define BERT__VEC __m512
#define BERT__EACH_VEC(X, i) X(i, 0) X(i, 1)
#define BERT__EACH_ROW(X, u) X(0, u) X(1, u) X(2, u) X(3, u) X(4, u) X(5, u) X(6, u) X(7, u) X(8, u) X(9, u) X(10, u) X(11, u)
#define BERT__EACH_DOT(X, u) X(0, u) X(1, u) X(2, u) X(3, u) X(4, u)
#define bert__vzero() _mm512_setzero_ps()
#define bert__vset(x) _mm512_set1_ps(x)
#define bert__vload(p) _mm512_loadu_ps(p)
#define bert__vahead(p) _mm_prefetch((const char *)(p), _MM_HINT_T1)
#define bert__vstore(p, v) _mm512_storeu_ps(p, v)
#define bert__vadd(a, b) _mm512_add_ps(a, b)
#define bert__vsub(a, b) _mm512_sub_ps(a, b)
#define bert__vmul(a, b) _mm512_mul_ps(a, b)
#define bert__vdiv(a, b) _mm512_div_ps(a, b)
#define bert__vmax(a, b) _mm512_maskz_max_ps(0xFFFF, a, b)              /* (maskz: see below) */
#define bert__vmin(a, b) _mm512_maskz_min_ps(0xFFFF, a, b)
#define bert__vfma(a, b, c) _mm512_fmadd_ps(a, b, c)
#define bert__vfnma(a, b, c) _mm512_fnmadd_ps(a, b, c)
#define bert__vround(a) _mm512_maskz_cvtepi32_ps(0xFFFF, _mm512_maskz_cvtps_epi32(0xFFFF, a))
#define bert__vabs(a) _mm512_castsi512_ps(_mm512_and_epi32(_mm512_set1_epi32(INT32_MAX), _mm512_castps_si512(a)))
#define bert__vsign(a, b) _mm512_castsi512_ps(_mm512_or_epi32(_mm512_castps_si512(a), _mm512_and_epi32(_mm512_set1_epi32(INT32_MIN), _mm512_castps_si512(b))))
#define bert__vabove(a, b, x, y) _mm512_mask_blend_ps(_mm512_cmp_ps_mask(a, b, _CMP_GT_OQ), y, x)
#define bert__vload_n(p, n) _mm512_maskz_loadu_ps(bert__avx512_first(n), p)
#define bert__vstore_n(p, v, n) _mm512_mask_storeu_ps(p, bert__avx512_first(n), v)
#define bert__vkeep(v, n, other) _mm512_mask_blend_ps(bert__avx512_first(n), other, v)
#define bert__vscale(a, n) _mm512_maskz_scalef_ps(0xFFFF, a, n)
#define bert__vscale_normal(a, n) _mm512_maskz_scalef_ps(0xFFFF, a, n)
#define bert__vsum(a) bert__avx2_sum_lanes(bert__avx512_fold(a))
#define bert__vtop(a) bert__avx2_top(_mm256_max_ps(bert__avx512_low(a), bert__avx512_high(a)))
#define bert__vsum4(out, a, b, c, d) bert__avx2_sum4(out, bert__avx512_fold(a), bert__avx512_fold(b), bert__avx512_fold(c), bert__avx512_fold(d))

BERT__FORCEINLINE BERT__TARGET __mmask16 bert__avx512_first(int64_t n) { return (__mmask16)((1u << n) - 1); }
/* (maskz with all lanes wanted: without it gcc 12 warns of uninitialised variables of its own) */
BERT__FORCEINLINE BERT__TARGET __m256 bert__avx512_low(__m512 a) { return _mm256_castpd_ps(_mm512_maskz_extractf64x4_pd(255, _mm512_castps_pd(a), 0)); }
BERT__FORCEINLINE BERT__TARGET __m256 bert__avx512_high(__m512 a) { return _mm256_castpd_ps(_mm512_maskz_extractf64x4_pd(255, _mm512_castps_pd(a), 1)); }
BERT__FORCEINLINE BERT__TARGET __m256 bert__avx512_fold(__m512 a) { return _mm256_add_ps(bert__avx512_low(a), bert__avx512_high(a)); }
BERT__FORCEINLINE BERT__TARGET void bert__avx512_transpose(const float *from, int64_t stride, float *to, int64_t to_stride) { bert__avx2_transpose(from, stride, to, to_stride); }
#include "bert.h"
#endif /* BERT__X86_TIERS */

#if defined(BERT__NEON)

/* ---- NEON on aarch64: 4 lanes, 32 registers; part of every such processor ---- */

#define BERT__TIER(name) bert__neon_##name
#define BERT__TIER_ISA BERT_ISA_NEON
#define BERT__TARGET
#define BERT__W 4
#define BERT__NV 4
#define BERT__MR 6
#define BERT__DR 5
#define BERT__KC 384
#define BERT__SQUARE 4
#define BERT__VEC float32x4_t
#define BERT__EACH_VEC(X, i) X(i, 0) X(i, 1) X(i, 2) X(i, 3)
#define BERT__EACH_ROW(X, u) X(0, u) X(1, u) X(2, u) X(3, u) X(4, u) X(5, u)
#define BERT__EACH_DOT(X, u) X(0, u) X(1, u) X(2, u) X(3, u) X(4, u)
#define bert__vzero() vdupq_n_f32(0)
#define bert__vset(x) vdupq_n_f32(x)
#define bert__vload(p) vld1q_f32(p)
#define bert__vahead(p) __builtin_prefetch(p, 0, 2)
#define bert__vstore(p, v) vst1q_f32(p, v)
#define bert__vadd(a, b) vaddq_f32(a, b)
#define bert__vsub(a, b) vsubq_f32(a, b)
#define bert__vmul(a, b) vmulq_f32(a, b)
#define bert__vdiv(a, b) vdivq_f32(a, b)
#define bert__vmax(a, b) vmaxq_f32(a, b)                                /* NaN if one is */
#define bert__vmin(a, b) vminq_f32(a, b)
#define bert__vfma(a, b, c) vfmaq_f32(c, a, b)
#define bert__vfnma(a, b, c) vfmsq_f32(c, a, b)
#define bert__vround(a) vrndnq_f32(a)
#define bert__vabs(a) vabsq_f32(a)
#define bert__vsign(a, b) vbslq_f32(vdupq_n_u32(0x80000000u), b, a)
#define bert__vabove(a, b, x, y) vbslq_f32(vcgtq_f32(a, b), x, y)
#define bert__vload_n(p, n) bert__neon_load_n(p, n)
#define bert__vstore_n(p, v, n) bert__neon_store_n(p, v, n)
#define bert__vkeep(v, n, other) vbslq_f32(vld1q_u32(bert__neon_lanes + 4 - (n)), v, other)
#define bert__vscale(a, n) bert__neon_scale(a, n)
#define bert__vscale_normal(a, n) vmulq_f32(a, vreinterpretq_f32_s32(vshlq_n_s32(vaddq_s32(vcvtnq_s32_f32(n), vdupq_n_s32(127)), 23)))
#define bert__vsum(a) bert__neon_sum_lanes(a)
#define bert__vtop(a) vmaxvq_f32(a)
#define bert__vsum4(out, a, b, c, d) vst1q_f32(out, vpaddq_f32(vpaddq_f32(a, b), vpaddq_f32(c, d)))

static const uint32_t bert__neon_lanes[8] = { 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0, 0, 0, 0 };
BERT__FORCEINLINE float32x4_t bert__neon_load_n(const float *p, int64_t n)
{
    float t[4] = { 0, 0, 0, 0 };
    memcpy(t, p, (size_t)n * sizeof(float));
    return vld1q_f32(t);
}
BERT__FORCEINLINE void bert__neon_store_n(float *p, float32x4_t v, int64_t n)
{
    float t[4];
    vst1q_f32(t, v);
    memcpy(p, t, (size_t)n * sizeof(float));
}
BERT__FORCEINLINE float32x4_t bert__neon_scale(float32x4_t a, float32x4_t n)
{
    const int32x4_t i = vcvtnq_s32_f32(n), half = vshrq_n_s32(i, 1), bias = vdupq_n_s32(127);    /* in two steps: 2^n itself may not exist */
    a = vmulq_f32(a, vreinterpretq_f32_s32(vshlq_n_s32(vaddq_s32(half, bias), 23)));
    return vmulq_f32(a, vreinterpretq_f32_s32(vshlq_n_s32(vaddq_s32(vsubq_s32(i, half), bias), 23)));
}
BERT__FORCEINLINE float bert__neon_sum_lanes(float32x4_t a)
{
    const float32x4_t s = vpaddq_f32(a, a);
    return vgetq_lane_f32(s, 0) + vgetq_lane_f32(s, 1);
}
/* to[j][i] = from[i][j], 4 by 4 */
BERT__FORCEINLINE void bert__neon_transpose(const float *from, int64_t stride, float *to, int64_t to_stride)
{
    const float32x4_t a = vld1q_f32(from), b = vld1q_f32(from + stride), c = vld1q_f32(from + 2 * stride), d = vld1q_f32(from + 3 * stride);
    const float32x4_t e = vzip1q_f32(a, c), f = vzip2q_f32(a, c), g = vzip1q_f32(b, d), h = vzip2q_f32(b, d);
    vst1q_f32(to, vzip1q_f32(e, g));
    vst1q_f32(to + to_stride, vzip2q_f32(e, g));
    vst1q_f32(to + 2 * to_stride, vzip1q_f32(f, h));
    vst1q_f32(to + 3 * to_stride, vzip2q_f32(f, h));
}
#include "bert.h"
#endif /* BERT__NEON */

/* ============================================================================================================
   >>cpu
   Purpose   which kernels this processor runs.
   Uses      >>ref, >>tiers.
   Promises  a kind of instructions is chosen only if compiler, processor and operating system all have it.
   ============================================================================================================ */

#ifdef BERT__X86_TIERS
/* eax, ebx, ecx, edx */
BERT__FN void bert__cpuid(uint32_t leaf, uint32_t sub, uint32_t out[4])
{
#if defined(__GNUC__) || defined(__clang__)
    __asm__ volatile("cpuid" : "=a"(out[0]), "=b"(out[1]), "=c"(out[2]), "=d"(out[3]) : "0"(leaf), "2"(sub));
#else
    int r[4], i;
    __cpuidex(r, (int)leaf, (int)sub);
    for (i = 0; i < 4; i++) out[i] = (uint32_t)r[i];
#endif
}
/* Which registers the operating system saves: 2 xmm, 4 ymm, 0xE0 those of AVX-512. */
BERT__FN uint32_t bert__saved_registers(void)
{
#if defined(__GNUC__) || defined(__clang__)
    uint32_t low, high;
    __asm__ volatile(".byte 0x0F, 0x01, 0xD0" : "=a"(low), "=d"(high) : "c"(0));      /* xgetbv, for old assemblers */
    return low;
#else
    return (uint32_t)_xgetbv(0);
#endif
}
BERT__FN int bert__x86_has(bert_isa isa)
{
    uint32_t r[4], saved;
    bert__cpuid(0, 0, r);
    if (r[0] < 7) return 0;
    bert__cpuid(1, 0, r);
    if (~r[2] & (1u << 27 | 1u << 28 | 1u << 12)) return 0;             /* OSXSAVE, AVX, FMA */
    saved = bert__saved_registers();
    if (~saved & 6) return 0;
    bert__cpuid(7, 0, r);
    if (!(r[1] >> 5 & 1)) return 0;                                     /* AVX2 */
    return isa == BERT_ISA_AVX2 || (!(~saved & 0xE0) && (r[1] >> 16 & 1));     /* AVX-512F */
}
#endif

/* The kernels of a kind of instructions; NULL: not here. */
BERT__FN const bert__kernels *bert__kernels_of(bert_isa isa)
{
    switch (isa) {
    case BERT_ISA_REF: return &bert__kernels_ref;
#if defined(BERT__X86_TIERS)
    case BERT_ISA_AVX2: return bert__x86_has(isa) ? &bert__avx2_kernels : NULL;
    case BERT_ISA_AVX512: return bert__x86_has(isa) ? &bert__avx512_kernels : NULL;
#elif defined(BERT__NEON)
    case BERT_ISA_NEON: return &bert__neon_kernels;
#endif
    default: return NULL;
    }
}
BERT_API const char *bert_isa_name(bert_isa isa)
{
    static const char *const names[] = { "default", "ref", "avx2", "avx512", "neon" };
    return isa >= 0 && isa < BERT_ISA_COUNT ? names[isa] : "?";
}
BERT_API int bert_isa_available(bert_isa isa) { return bert__kernels_of(isa) != NULL; }
BERT_API bert_isa bert_isa_best(void)
{
    int isa = BERT_ISA_COUNT;
    while (--isa > BERT_ISA_REF && !bert_isa_available((bert_isa)isa)) {}
    return (bert_isa)isa;
}

/* ============================================================================================================
   >>history
   0.1.0   2026-11-21  first version: checkpoints.
   ============================================================================================================ */

/* ============================================================================================================
   >>license
   MIT No Attribution (MIT-0) or the Unlicense, whichever you prefer. The texts are in the file LICENSE and at the end of
   bert_tokenizer.h, which this header always includes.
   ============================================================================================================ */

#endif /* BERT_IMPLEMENTATION */
