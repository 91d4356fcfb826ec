/* examples/tour.c - what the library does, shown on texts of its own: make -C examples tour
   SPDX-License-Identifier: MIT-0 OR Unlicense

   It reads from top to bottom; each part is one block of main(), and prints under a heading of its own. No files, no
   network; every number it prints was computed in that run. */
#define BERT_TOKENIZER_IMPLEMENTATION
#include "../bert_tokenizer.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#ifdef _WIN32
#include <io.h>
#define isatty _isatty
#else
#include <unistd.h>
#endif

/* What the vocabulary is learned from: a small town in many languages. */
static const char corpus[] =
    "The baker bakes bread in the early morning. The bread is warm when the shop opens, and the people of the river town\n"
    "walk to the shop for warm bread. Bakers start early and work by the river; walking home, they talk about the weather,\n"
    "the river and the price of flour. Every morning the baker opened the shop, and every evening he walked home.\n"
    "Who said that the baker's son walked home again? \"I don't know,\" said the baker, \"where he walked.\"\n"
    "Der Bäcker backt das Brot früh am Morgen. Das Brot ist warm, wenn der Laden öffnet; die Leute gehen über die Brücke\n"
    "zum Laden. Die Bäcker kaufen Mehl, und das Mädchen am Fluss grüßt die Bäcker jeden Morgen früh über den Fluss.\n"
    "Le boulanger prépare le pain tôt le matin. Le pain est chaud à l'ouverture de la boulangerie, près de la rivière. Les\n"
    "élèves achètent des gâteaux à la boulangerie; la boulangère prépare le café. Après l'école, les élèves marchent.\n"
    "Ο φούρναρης ψήνει το ψωμί νωρίς το πρωί. Το ψωμί είναι ζεστό και ο δρόμος είναι ήσυχος. Ο μεγάλος δρόμος δίπλα στο\n"
    "ποτάμι είναι μεγάλος· ο φούρναρης και ο γιος του ανοίγουν νωρίς.\n"
    "Fırıncı sabah erken ekmek pişirir. Ekmek sıcak, İstanbul'da nehir kenarı sakin. İstanbul'un fırıncıları erken kalkar.\n"
    "Пекарь печёт хлеб рано утром. Хлеб ещё тёплый, когда открывается магазин у реки. Люди идут к реке и покупают тёплый\n"
    "хлеб; пекари рано утром открывают магазин.\n"
    "面包师清早烤面包。面包很热，河边的人们都来买面包。清早的河边很安静，人们走过桥去买热面包。\n"
    "パン屋は朝早くパンを焼く。焼きたてのパンは温かい。川のそばの人々は朝早くパンを買う。パンを食べて、川のそばを歩く。\n"
    "빵집은 아침 일찍 빵을 굽는다. 따뜻한 빵은 맛있다. 강가의 사람들은 아침 일찍 빵을 산다. 강가에서 따뜻한 빵을 먹는다.\n"
    "يخبز الخباز الخبز في الصباح الباكر. الخبز ساخن والناس يمشون قرب النهر. في الصباح يشتري الناس الخبز الساخن.\n"
    "האופה אופה לחם בבוקר. הלחם חם והאנשים הולכים אל הנהר. בבוקר האנשים קונים לחם חם ליד הנהר.\n"
    "Bread 🍞 and coffee ☕, coffee ☕ and bread 🍞: https://www.example.org/bread/recipes?flour=500g&water=350g#step-2\n";

/* Texts it has not seen. */
static const char *const samples[][2] = {
    { "English", "The bakers walked by the river, talking." },  { "German", "Die Bäckerin grüßt früh über den Fluss." },
    { "French", "À l'école, la boulangère prépare un gâteau." }, { "Greek", "Ο ΜΕΓΑΛΟΣ ΔΡΟΜΟΣ, νωρίς." },
    { "Turkish", "İstanbul'da ekmek sıcak." },                  { "Russian", "Пекари рано утром: тёплый хлеб." },
    { "Chinese", "清早的面包很热。" },                           { "Japanese", "朝、パン屋でパンを買う。" },
    { "Korean", "아침에 따뜻한 빵을 산다." },                    { "Arabic", "الخبز ساخن في الصباح." },
    { "Hebrew", "הלחם חם בבוקר." },                             { "emoji", "warm bread 🍞 and coffee ☕ 🥐" },
    { "URL", "https://www.example.org/recipes?flour=500g&water=350g" },
};
static const char treebank[] = "`` Do n't walk home , '' said the baker 's son -LRB- again -RRB- .";
static const char question[] = "Where do the people of the town walk every morning?";
static const char passage[] = "The people walk to the shop by the river for warm bread.";
static const char story[] = "Every morning the people of the town walk to the shop by the river, where the bread is warm.";
static const char *const cuts[] = { "longest first", "only the first", "only the second", "nothing may go" };
static const char *const differ[][2] = { { "[MASK] in a text", "warm [MASK]" }, { "final capital sigma", "ΔΡΟΜΟΣ" },
    { "a word of 150 letters", NULL }, { "private use U+E000", "bread\xEE\x80\x80s" } };
enum { SAMPLES = sizeof samples / sizeof samples[0], ROOM = 8192 };

/* ---- printing: headings, columns that stay aligned in any script, colour on a terminal only ---- */

static const char *bold = "", *dim = "", *mark = "", *plain = "";

static void heading(int n, const char *text) { printf("\n%s%d  %s%s\n\n", bold, n, text, plain); }

/* Cells that a text takes on a terminal: two for East Asian characters and emoji, none for marks. */
static int cells(const char *s, size_t size)
{
    int n = 0;
    size_t i;
    for (i = 0; i < size; i++) {
        unsigned char c = (unsigned char)s[i], d = i + 1 < size ? (unsigned char)s[i + 1] : 0;
        if (c == 0xCC || (c == 0xCD && d < 0xB0)) n--;                      /* U+0300 ... U+036F: a mark */
        if (c >= 0xC0 || c < 0x80) n++;
        if ((c >= 0xE3 && c <= 0xED) || c >= 0xF0 || (c == 0xEF && d >= 0xBC)) n++;
        if (c == 0xE1 && d >= 0x85 && d <= 0x87) n += d == 0x85 && i + 2 < size && (unsigned char)s[i + 2] < 0xA0 ? 1 : -1;   /* jamo */
    }
    return n;
}
static void put(const char *s, size_t size, int width)
{
    int w = cells(s, size);
    printf("%.*s%*s", (int)size, s, w < width ? width - w : 0, "");
}

/* ---- tokens as columns ---- */

typedef struct columns {
    int32_t ids[ROOM], segments[ROOM], words[ROOM];
    size_t begin[ROOM], end[ROOM];
    bert_encoding e;
} columns;

/* Which columns we want, and their room: from row `row` on. */
static bert_encoding *rows_from(columns *c, size_t row)
{
    memset(&c->e, 0, sizeof c->e);
    c->e.ids = c->ids + row;
    c->e.segment_ids = c->segments + row;
    c->e.words = c->words + row;
    c->e.begin = c->begin + row;
    c->e.end = c->end + row;
    c->e.capacity = ROOM - row;
    return &c->e;
}
static bert_encoding *fresh(columns *c) { return rows_from(c, 0); }
static void must(bert_status st, const char *what)
{
    if (st) { fprintf(stderr, "%s: %s\n", what, bert_status_string(st)); exit(1); }
}
static void show(const bert_tokenizer *tok, const bert_encoding *e)         /* the tokens in one line */
{
    size_t i;
    int32_t unk = bert_tokenizer_special_ids(tok).unk;
    for (i = 0; i < e->count; i++) printf("%s%s%s ", e->ids[i] == unk ? mark : "", bert_tokenizer_token(tok, e->ids[i], NULL), plain);
    printf("\n");
}
static int token_cells(const bert_tokenizer *tok, int32_t id)
{
    const char *t = bert_tokenizer_token(tok, id, NULL);
    return cells(t, strlen(t));
}
static const char *explained(const bert_tokenizer *tok, const char *text)
{
    static char out[8192];
    must(bert_tokenizer_explain(tok, text, strlen(text), out, sizeof out, NULL), "explain");
    return out;
}
static int put_word(void *user, const bert_word *w) { (void)user; printf("%.*s ", (int)w->size, w->text); return 0; }

int main(void)
{
    static columns a, b, joined;
    static char text[65536];
    bert_error err = { 0 };
    bert_tokenizer_desc desc = { 0 };
    bert_tokenizer *tok, *cased, *hf;
    bert_learn_desc learn = { 0 };
    bert_learner *learner;
    const char *vocab;
    int32_t id, size, inner, same;
    bert_pair_desc pair = { 0 };
    bert_stream *stream;
    size_t i, k, n = 0, windows;
    clock_t start = clock();
    double rounds, seconds;

    if (isatty(1) && !getenv("NO_COLOR")) { bold = "\033[1m"; dim = "\033[2m"; mark = "\033[33m"; plain = "\033[0m"; }

    heading(1, "A vocabulary, learned here and now");
    desc.error = &err;
    learn.vocab_size = 900;
    learn.min_frequency = 1;                                                /* so little text has few words twice */
    learn.error = &err;
    if (bert_learner_open(&learn, &learner) || bert_learner_add(learner, corpus, sizeof corpus - 1) ||
        bert_learner_finish(learner, &vocab, &n)) { fprintf(stderr, "%s\n", err.message); return 1; }
    desc.data = vocab;
    desc.size = n;
    if (bert_tokenizer_open(&desc, &tok)) { fprintf(stderr, "%s\n", err.message); return 1; }
    size = bert_tokenizer_size(tok);
    for (id = inner = 0; id < size; id++) inner += strncmp(bert_tokenizer_token(tok, id, NULL), "##", 2) == 0;
    printf("Learned from %d bytes of text in %.1f ms: %d tokens, of which %d go on inside a word (\"##\").\nThe last ones:",
           (int)sizeof corpus - 1, (double)(clock() - start) * 1e3 / CLOCKS_PER_SEC, (int)size, (int)inner);
    for (id = size - 12; id < size; id++) printf(" %s", bert_tokenizer_token(tok, id, NULL));
    printf("\n");

    heading(2, "Every token knows its bytes");
    must(bert_tokenizer_encode(tok, samples[1][1], strlen(samples[1][1]), fresh(&a)), "encode");
    printf("%s\n\n%stoken         id  word   bytes  original%s\n", samples[1][1], dim, plain);
    for (i = 0; i < a.e.count; i++) {
        const char *t = bert_tokenizer_token(tok, a.ids[i], NULL);
        put(t, strlen(t), 10);
        printf("%6d %5d %3d-%-3d  %.*s\n", (int)a.ids[i], (int)a.words[i], (int)a.begin[i], (int)a.end[i],
               (int)(a.end[i] - a.begin[i]), samples[1][1] + a.begin[i]);
    }

    heading(3, "Many scripts");
    for (i = 0; i < SAMPLES; i++) {
        must(bert_tokenizer_encode(tok, samples[i][1], strlen(samples[i][1]), fresh(&a)), "encode");
        printf("%s%-9s%s %s\n          ", dim, samples[i][0], plain, samples[i][1]);
        show(tok, &a.e);
    }
    printf("\nLower-casing takes marks off, as Google's code does: ü becomes u, й becomes и, パ becomes ハ, and Korean syllables\n"
           "fall into their letters. A final capital sigma becomes ς, İ becomes i. One unknown character makes a word %s[UNK]%s.\n", mark, plain);

    heading(4, "Why these tokens?");
    printf("%s%s%s\n%s\n", bold, samples[11][1], plain, explained(tok, samples[11][1]));
    printf("%s%s%s\n%s", bold, treebank, plain, explained(tok, treebank));

    heading(5, "Cased or uncased");
    desc.lower_case = BERT_OFF;
    if (bert_tokenizer_open(&desc, &cased)) { fprintf(stderr, "%s\n", err.message); return 1; }
    for (i = 0; i < 6; i++) {
        printf("%suncased%s  ", dim, plain);
        must(bert_tokenizer_words(tok, samples[i][1], strlen(samples[i][1]), put_word, NULL), "words");
        printf("\n%scased%s    ", dim, plain);
        must(bert_tokenizer_words(cased, samples[i][1], strlen(samples[i][1]), put_word, NULL), "words");
        printf("\n");
    }
    must(bert_tokenizer_encode(cased, samples[0][1], strlen(samples[0][1]), fresh(&a)), "encode");
    printf("\nThis vocabulary is an uncased one, so the cased way loses words: ");
    show(cased, &a.e);

    heading(6, "Google's rules and Hugging Face's");
    desc.lower_case = BERT_DEFAULT;
    desc.mode = BERT_TOKENIZER_HF;
    if (bert_tokenizer_open(&desc, &hf)) { fprintf(stderr, "%s\n", err.message); return 1; }
    memset(text, 'a', 150);
    text[150] = 0;
    printf("%s%-23s%-40s%s%s\n", dim, "", "Google", "Hugging Face", plain);
    for (i = 0; i < 4; i++) {
        const char *it = differ[i][1] ? differ[i][1] : text;
        printf("%-23s", differ[i][0]);
        for (k = 0; k < 2; k++) {
            char line[300] = "";
            must(bert_tokenizer_encode(k ? hf : tok, it, strlen(it), fresh(&a)), "encode");
            for (n = 0; n < a.e.count && n < 5; n++)
                snprintf(line + strlen(line), 50, "%s ", bert_tokenizer_token(tok, a.ids[n], NULL));
            if (a.e.count > 5) snprintf(line + strlen(line), 50, "... (%d tokens)", (int)a.e.count);
            put(line, strlen(line), k ? 0 : 40);
        }
        printf("\n");
    }

    heading(7, "Two texts as BERT wants them, and what to cut");
    must(bert_tokenizer_encode(tok, question, sizeof question - 1, fresh(&a)), "encode");
    must(bert_tokenizer_encode(tok, passage, sizeof passage - 1, fresh(&b)), "encode");
    printf("%d and %d tokens, to be no more than 22 together with [CLS] and [SEP]:\n\n", (int)a.e.count, (int)b.e.count);
    pair.max_tokens = 22;
    pair.error = &err;
    for (k = 0; k < 4; k++) {
        pair.truncation = (bert_truncation)k;
        printf("%s%-15s%s ", dim, cuts[k], plain);
        if (bert_encoding_join(tok, &pair, &a.e, &b.e, fresh(&joined), NULL)) { printf("%s\n", err.message); continue; }
        show(tok, &joined.e);
        printf("%s%-15s ", dim, "segment ids");
        for (i = 0; i < joined.e.count; i++) printf("%-*d ", token_cells(tok, joined.ids[i]), (int)joined.segments[i]);
        printf("%s\n", plain);
    }

    heading(8, "A long text in windows of 12 that share 4 tokens");
    must(bert_tokenizer_encode(tok, story, sizeof story - 1, fresh(&a)), "encode");
    pair.truncation = BERT_TRUNCATE_LONGEST;
    pair.max_tokens = 12;
    pair.stride = 4;
    for (windows = 1; pair.window < windows; pair.window++) {
        must(bert_encoding_join(tok, &pair, &a.e, NULL, fresh(&joined), &windows), "join");
        printf("%s%d of %d%s  ", dim, (int)pair.window + 1, (int)windows, plain);
        show(tok, &joined.e);
    }

    heading(9, "In pieces, as from a socket");
    for (i = n = 0; i < SAMPLES; i++) n += (size_t)sprintf(text + n, "%s ", samples[i][1]);
    must(bert_tokenizer_encode(tok, text, n, fresh(&a)), "encode");
    must(bert_stream_open(tok, NULL, &stream), "stream");
    for (k = 1; k <= 1000; k *= 10) {
        size_t count = 0;                                                   /* each call's tokens are put behind the others */
        for (i = 0; i < n; i += k, count += b.e.count)
            must(bert_stream_feed(stream, text + i, n - i < k ? n - i : k, rows_from(&b, count)), "feed");
        must(bert_stream_finish(stream, rows_from(&b, count)), "finish");
        count += b.e.count;
        same = count == a.e.count && !memcmp(a.ids, b.ids, count * sizeof *b.ids) && !memcmp(a.end, b.end, count * sizeof *b.end);
        printf("%d bytes in pieces of %-4d  %d tokens, %s those of the whole\n", (int)n, (int)k, (int)count, same ? "exactly" : "NOT");
    }
    bert_stream_close(stream);

    heading(10, "And back to text");
    for (i = 0; i < SAMPLES; i += 4) {
        must(bert_tokenizer_encode(tok, samples[i][1], strlen(samples[i][1]), fresh(&b)), "encode");
        must(bert_tokenizer_decode(tok, b.ids, b.e.count, 1, 1, text + 32768, 1024, NULL), "decode");
        printf("%s\n", text + 32768);
    }

    start = clock();                                                        /* how fast is that here? */
    for (rounds = 0; clock() - start < CLOCKS_PER_SEC / 10; rounds++) must(bert_tokenizer_encode(tok, text, n, fresh(&b)), "encode");
    seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    printf("\n%sThe texts of part 3, again and again on one thread: %.0f MB/s, %.0f million tokens a second.%s\n", dim,
           rounds * (double)n / 1e6 / seconds, rounds * (double)a.e.count / 1e6 / seconds, plain);
    bert_tokenizer_close(tok);
    bert_tokenizer_close(cased);
    bert_tokenizer_close(hf);
    bert_learner_close(learner);                                            /* vocab was its own */
    return 0;
}
