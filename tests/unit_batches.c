/* unit_batches - tests of the reader of pre-training data: order, sharing, places, new masks, what it refuses.
   SPDX-License-Identifier: MIT-0 OR Unlicense */
#include "bert.h"
#include "test.h"
#include "faults.h"

enum { FILES = 3, LENGTH = 24, PREDICTIONS = 4, VOCABULARY = 5 + 26 + 6, MOST = 400 };

/* The data: instances of letters as words and a few pieces, in FILES files, dealt out in turn. */
typedef struct instance { int32_t ids[LENGTH], positions[PREDICTIONS], before[PREDICTIONS], length, first, masked, random; } instance;
static instance made[MOST];             /* in the order of the output */
static int64_t made_count;
static bert_tokenizer *tokenizer;
static bert_bytes files[FILES];
static bert_file opened[FILES];
static const char *const names[FILES] = { "batches.tmp.0", "batches.tmp.1", "batches.tmp.2" };

static int keep(void *user, const bert_instance *in)
{
    instance *m = made + in->index;
    (void)user;
    if (in->index >= MOST) return 1;
    made_count = in->index + 1;
    memcpy(m->ids, in->ids, (size_t)in->length * sizeof *in->ids);
    memcpy(m->positions, in->masked_positions, (size_t)in->masked * sizeof *in->ids);
    memcpy(m->before, in->masked_ids, (size_t)in->masked * sizeof *in->ids);
    m->length = in->length;
    m->first = in->first;
    m->masked = in->masked;
    m->random = in->is_random_next;
    return 0;
}
static int make_data(void)
{
    static char vocab[400], text[20000];
    bert_tokenizer_desc td;
    bert_pretraining_desc d;
    bert_bytes whole;
    bert_error err;
    size_t n = 0, i;
    uint64_t seed = 4;
    int k, s, w;
    memset(&err, 0, sizeof err);
    memset(&td, 0, sizeof td);
    memset(&d, 0, sizeof d);
    n += (size_t)snprintf(vocab, sizeof vocab, "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n");
    for (k = 0; k < 26; k++) n += (size_t)snprintf(vocab + n, sizeof vocab - n, "%c\n", 'a' + k);
    for (k = 0; k < 6; k++) n += (size_t)snprintf(vocab + n, sizeof vocab - n, "##%c\n", 'a' + k);
    td.data = vocab;
    td.size = n;
    td.error = &err;
    if (bert_tokenizer_open(&td, &tokenizer) != BERT_OK) { fprintf(stderr, "%s\n", err.message); return 0; }
    for (k = 0, n = 0; k < 40; k++, text[n++] = '\n')
        for (s = (int)(test_random(&seed) % 5); s >= 0; s--, text[n++] = '\n')
            for (w = 1 + (int)(test_random(&seed) % 8); w > 0; w--) {
                text[n++] = (char)('a' + test_random(&seed) % 26);
                if (test_random(&seed) % 2) text[n++] = (char)('a' + test_random(&seed) % 6);
                text[n++] = ' ';
            }
    whole.data = text;
    whole.size = n;
    d.tokenizer = tokenizer;
    d.texts = &whole;
    d.text_count = 1;
    d.outputs = names;
    d.output_count = FILES;
    d.each = keep;
    d.max_seq_length = LENGTH;
    d.max_predictions = PREDICTIONS;
    d.dupe_factor = 2;
    d.error = &err;
    if (bert_pretraining_data(&d, NULL) != BERT_OK || made_count < 100 || made_count % FILES == 0) { fprintf(stderr, "%d instances: %s\n", (int)made_count, err.message); return 0; }
    for (i = 0; i < FILES; i++) {
        if (bert_file_open(names[i], NULL, &opened[i], &err) != BERT_OK) { fprintf(stderr, "%s\n", err.message); return 0; }
        files[i].data = (const char *)opened[i].data;
        files[i].size = opened[i].size;
    }
    return 1;
}
static bert_instances_desc start(bert_error *err)
{
    bert_instances_desc d;
    memset(&d, 0, sizeof d);
    memset(err, 0, sizeof *err);
    d.files = files;
    d.file_count = FILES;
    d.vocab_size = VOCABULARY;
    d.error = err;
    return d;
}
static bert_instances *open_desc(const bert_instances_desc *d)
{
    bert_instances *r = NULL;
    if (bert_instances_open(d, &r) != BERT_OK) TEST_FAIL("%s", d->error->message);
    return r;
}
/* Sequence i of a batch: which of the instances made it is, -1: none. Unmasked: compared by what stood there before. */
static int64_t which(const bert_instances_batch *b, int64_t i, int unmasked)
{
    const int64_t from = b->batch.offsets[i], n = b->batch.offsets[i + 1] - from;
    int32_t ids[LENGTH], mine[LENGTH];
    int64_t k, j, count = 0;
    if (n > LENGTH) return -1;
    memcpy(ids, b->batch.ids + from, (size_t)n * sizeof *ids);
    for (k = 0; k < b->masked_count && unmasked; k++) if (b->masked_rows[k] >= from && b->masked_rows[k] < from + n) ids[b->masked_rows[k] - from] = b->masked_ids[k];
    for (k = 0; k < made_count; k++) {
        const instance *m = made + k;
        int same = m->length == n && m->random == b->next_sentence[i];
        memcpy(mine, m->ids, sizeof mine);
        for (j = 0; j < m->masked && unmasked; j++) mine[m->positions[j]] = m->before[j];
        same = same && memcmp(mine, ids, (size_t)n * sizeof *ids) == 0;
        for (j = 0; j < n && same; j++) same = b->batch.segment_ids[from + j] == (j >= m->first);
        if (!same) continue;
        for (j = 0, count = 0; j < b->masked_count && !unmasked; j++)
            if (b->masked_rows[j] >= from && b->masked_rows[j] < from + n) {
                if (count >= m->masked || b->masked_rows[j] - from != m->positions[count] || b->masked_ids[j] != m->before[count] || b->masked_weights[j] != 1) same = 0;
                count++;
            }
        if (same && (unmasked || count == m->masked)) return k;
    }
    return -1;
}
/* The instances of `rounds` times `size`, by number; -2 at the end. */
static int64_t take(bert_instances *r, int64_t size, int64_t *out, int64_t most)
{
    bert_instances_batch b;
    bert_error err;
    int64_t n = 0, i;
    while (n + size <= most) {
        if (bert_instances_next(r, size, 0, size, &b, &err) != BERT_OK) { TEST_FAIL("%s", err.message); return n; }
        if (!b.read) break;
        CHECK_INT(b.read, b.batch.sequences);
        for (i = 0; i < b.read; i++) out[n++] = which(&b, i, 0);
    }
    return n;
}
/* Instance k of a file is made[k * FILES + file]: reading file by file gives this order. */
static int64_t standing(int64_t k)
{
    int file;
    for (file = 0; file < FILES; file++) {
        const int64_t n = (made_count - file + FILES - 1) / FILES;
        if (k < n) return k * FILES + file;
        k -= n;
    }
    return -1;
}

static void as_they_stand(void)
{
    static int64_t got[2 * MOST + 20];
    bert_error err;
    bert_instances_desc d = start(&err);
    bert_instances *r;
    bert_instances_batch b;
    bert_instances_facts facts;
    int64_t n, i;
    r = open_desc(&d);
    REQUIRE(r != NULL);
    n = take(r, 7, got, 2 * MOST);
    CHECK_INT(n, made_count);
    for (i = 0; i < n; i++) CHECK_INT(got[i], standing(i));
    CHECK(bert_instances_next(r, 5, 0, 5, &b, &err) == BERT_OK && b.read == 0 && b.batch.sequences == 0);
    CHECK(bert_instances_next(r, 5, 6, 0, &b, &err) == BERT_ERROR_ARGUMENT && bert_instances_next(r, 5, 3, 3, &b, &err) == BERT_ERROR_ARGUMENT);
    facts = bert_instances_look(r);
    CHECK(facts.max_seq_length == LENGTH && facts.max_predictions == PREDICTIONS && facts.instances > 50 && facts.masked > facts.instances && facts.tokens < facts.instances * LENGTH);
    bert_instances_close(r);
    d.repeat = 1;                                                       /* from the begin again, in the middle of a batch */
    r = open_desc(&d);
    REQUIRE(r != NULL);
    n = take(r, 5, got, made_count + 20);
    CHECK(n > made_count + 10);
    for (i = 0; i < n; i++) CHECK_INT(got[i], standing(i % made_count));
    bert_instances_close(r);
    d.file_count = 0;                                                   /* from files, and through a part of the batch */
    d.paths = names;
    d.path_count = FILES;
    d.max_seq_length = LENGTH;
    d.max_predictions = PREDICTIONS;
    r = open_desc(&d);
    REQUIRE(r != NULL);
    CHECK(bert_instances_next(r, 9, 4, 3, &b, &err) == BERT_OK && b.read == 9 && b.batch.sequences == 3);
    for (i = 0; i < 3; i++) CHECK_INT(which(&b, i, 0), standing(4 + i));
    CHECK(bert_instances_next(r, 2, 0, 0, &b, &err) == BERT_OK && b.read == 2 && b.batch.sequences == 0 && b.batch.offsets[0] == 0);
    CHECK(bert_instances_next(r, 1, 0, 1, &b, &err) == BERT_OK && which(&b, 0, 0) == standing(11));
    bert_instances_close(r);
}
static int is_permutation(const int64_t *v, int64_t n)
{
    static char seen[MOST];
    int64_t i;
    memset(seen, 0, sizeof seen);
    for (i = 0; i < n; i++) if (v[i] < 0 || v[i] >= made_count || seen[v[i]]++) return 0;
    return n == made_count;
}
static void shuffled(void)
{
    static int64_t got[3 * MOST], again[3 * MOST];
    static const int64_t sizes[] = { 1, 5, 40, 1000 };
    bert_error err;
    bert_instances_place place;
    int64_t i, n, moved;
    size_t k;
    for (k = 0; k < 4; k++) {
        bert_instances_desc d = start(&err);
        bert_instances *r, *other;
        d.shuffle = sizes[k];
        d.seed = 7;
        d.repeat = 1;
        d.interleave = k == 1 ? 2 : 0;
        r = open_desc(&d);
        other = open_desc(&d);
        REQUIRE(r && other);
        n = take(r, 1, got, 3 * made_count);
        CHECK_INT(n, 3 * made_count);
        for (i = 0; i < 3; i++) CHECK(is_permutation(got + i * made_count, made_count));
        if (k) CHECK(memcmp(got, got + made_count, (size_t)made_count * sizeof *got) != 0);
        for (i = moved = 0; i < made_count; i++) moved += got[i] != standing(i);
        CHECK(moved > made_count / 2);
        CHECK_INT(take(other, 11, again, n) > 0, 1);                    /* the same whatever the batches */
        CHECK(memcmp(got, again, (size_t)made_count * 2 * sizeof *got) == 0);
        for (i = 0; i < n; i += 1 + i / 3) {                            /* from any place on */
            place.round = i / made_count;
            place.index = i % made_count;
            CHECK(bert_instances_seek(other, &place, &err) == BERT_OK);
            CHECK(bert_instances_tell(other).round == place.round && bert_instances_tell(other).index == place.index);
            CHECK(take(other, 1, again, n - i > 30 ? 30 : n - i) > 0 && memcmp(again, got + i, (size_t)(n - i > 30 ? 30 : n - i) * sizeof *got) == 0);
        }
        place.round = 1;
        place.index = made_count;                                       /* after the last of a time round comes the first of the next */
        CHECK(bert_instances_seek(other, &place, &err) == BERT_OK && take(other, 1, again, 1) == 1 && again[0] == got[2 * made_count]);
        place.index = made_count + 1;
        CHECK(bert_instances_seek(other, &place, &err) == BERT_ERROR_MISMATCH && strstr(err.message, "not the data"));
        {
            bert_instances_batch b;
            CHECK(bert_instances_next(other, 1, 0, 1, &b, &err) != BERT_OK);
            place.index = 0;
            CHECK(bert_instances_seek(other, &place, &err) == BERT_OK && bert_instances_next(other, 1, 0, 1, &b, &err) == BERT_OK);
        }
        bert_instances_close(r);
        d.seed = 8;
        r = open_desc(&d);
        REQUIRE(r != NULL);
        take(r, 1, again, made_count);
        CHECK(memcmp(got, again, (size_t)made_count * sizeof *got) != 0);
        bert_instances_close(r);
        bert_instances_close(other);
    }
}
/* Readers that share the data have all of it between them, and nothing twice. */
static void shared(void)
{
    static const int32_t ranks[] = { 2, 3, 5 };
    static int64_t got[MOST];
    bert_error err;
    int64_t n, round;
    int32_t rank;
    size_t k;
    for (k = 0; k < 3; k++)
        for (round = 0; round < 2; round++) {
            for (rank = 0, n = 0; rank < ranks[k]; rank++) {
                bert_instances_desc d = start(&err);
                bert_instances_place place;
                bert_instances *r;
                int64_t more;
                d.shuffle = 20;
                d.rank = rank;
                d.ranks = ranks[k];
                r = open_desc(&d);
                REQUIRE(r != NULL);
                place.round = round;
                place.index = 0;
                CHECK(bert_instances_seek(r, &place, &err) == BERT_OK);
                more = take(r, 1, got + n, MOST - n);
                CHECK(more >= made_count / (ranks[k] < 3 ? 3 : ranks[k]) - 1 && more <= made_count * 2 / 3 + 1);
                n += more;
                bert_instances_close(r);
            }
            CHECK(is_permutation(got, n));
        }
}
static void new_masks(void)
{
    bert_error err;
    bert_instances_batch b;
    int words;
    for (words = 0; words < 2; words++) {
        bert_instances_desc d = start(&err);
        bert_instances *r;
        int64_t i, k, kept = 0, covered = 0, random = 0, bad = 0, same = 0, halves = 0, round;
        d.tokenizer = tokenizer;
        d.masking = words ? BERT_MASKING_WORDS : BERT_MASKING_PIECES;
        d.repeat = 1;
        d.seed = 5;
        r = open_desc(&d);
        REQUIRE(r != NULL);
        for (round = 0; round < 8; round++) {
            REQUIRE(bert_instances_next(r, made_count, 0, made_count, &b, &err) == BERT_OK);
            CHECK_INT(b.batch.sequences, made_count);
            for (i = 0; i < made_count; i++) {
                const int64_t from = b.batch.offsets[i], n = b.batch.offsets[i + 1] - from, m = standing(i);
                const double want = bert_python_round((double)n * 0.15);
                int64_t count = 0;
                bad += which(&b, i, 1) < 0;                             /* what stood there before is untouched */
                for (k = 0; k < b.masked_count; k++) {
                    const int64_t row = b.masked_rows[k];
                    if (row < from || row >= from + n) continue;
                    count++;
                    covered += b.batch.ids[row] == 4;
                    kept += b.batch.ids[row] == b.masked_ids[k];
                    random += b.batch.ids[row] != 4 && b.batch.ids[row] != b.masked_ids[k];
                    bad += b.masked_ids[k] == 2 || b.masked_ids[k] == 3;
                    if (b.masked_ids[k] >= 31) halves += row == from || !(k && b.masked_rows[k - 1] == row - 1);   /* a piece without its begin */
                }
                bad += words ? count > (want < 1 ? 1 : want) : count != (want < 1 ? 1 : want < PREDICTIONS ? want : PREDICTIONS);
                same += which(&b, i, 0) == m;
            }
        }
        CHECK_INT(bad, 0);
        CHECK(same < made_count);                                       /* of eight times as many */
        CHECK(fabs((double)covered / (double)(covered + kept + random) - 0.8) < 0.04 && fabs((double)kept / (double)(covered + kept + random) - 0.1) < 0.03);
        CHECK(words ? halves < covered / 10 : halves > covered / 10);   /* (those after [SEP] join what is before it) */
        {                                                               /* the same place, the same masks */
            bert_instances_place place = { 5, 17 };
            static int32_t ids[LENGTH], first[LENGTH];
            int64_t n;
            CHECK(bert_instances_seek(r, &place, &err) == BERT_OK && bert_instances_next(r, 3, 2, 1, &b, &err) == BERT_OK);
            n = b.batch.offsets[1];
            memcpy(first, b.batch.ids, (size_t)n * sizeof *ids);
            place.index = 19;
            CHECK(bert_instances_seek(r, &place, &err) == BERT_OK && bert_instances_next(r, 1, 0, 1, &b, &err) == BERT_OK);
            CHECK(b.batch.offsets[1] == n && memcmp(first, b.batch.ids, (size_t)n * sizeof *ids) == 0);
        }
        bert_instances_close(r);
    }
}

/* ---- what is refused ---- */

/* One file of one record, by hand: lengths, mask, ids. Freed by remove. */
static int lacking = -1;                /* a list that the second record lacks (10 and more: has as floats); 20, 21: the first */
static const char *odd_file(int32_t length, int32_t predictions, int64_t mask_at, int64_t id, int64_t position, int64_t label, float weight, int64_t next)
{
    static const char name[] = "batches.tmp.odd";
    int64_t ids[64], mask[64], segments[64], positions[64], labels[64];
    float weights[64];
    bert_feature f[7];
    bert_record_writer *w = NULL;
    bert_error err;
    int k;
    memset(f, 0, sizeof f);
    for (k = 0; k < 64; k++) { ids[k] = 5 + k % 20; mask[k] = k < 10; segments[k] = k >= 5 && k < 10; positions[k] = k + 1; labels[k] = 7; weights[k] = k < 2 ? 1.0f : 0.0f; }
    if (mask_at >= 0) mask[mask_at] = !mask[mask_at];
    ids[1] = id;
    positions[0] = position;
    labels[0] = label;
    weights[0] = weight;
    f[0].name = "input_ids"; f[0].ints = ids;
    f[1].name = "input_mask"; f[1].ints = mask;
    f[2].name = "segment_ids"; f[2].ints = segments;
    f[3].name = "masked_lm_positions"; f[3].ints = positions;
    f[4].name = "masked_lm_ids"; f[4].ints = labels;
    f[5].name = "masked_lm_weights"; f[5].floats = weights;
    f[6].name = "next_sentence_labels"; f[6].ints = &next;
    for (k = 0; k < 7; k++) { f[k].type = k == 5 ? BERT_FEATURE_FLOAT : BERT_FEATURE_INT64; f[k].count = (size_t)(k < 3 ? length : k < 6 ? predictions : 1); }
    if (lacking >= 20) { f[0].type = lacking == 20 ? BERT_FEATURE_NONE : BERT_FEATURE_FLOAT; f[0].floats = weights; if (lacking == 20) f[0].count = 0; }
    if (bert_record_writer_open(name, NULL, &w, &err) || bert_record_writer_add_example(w, f, 7, &err)) TEST_FAIL("%s", err.message);
    if (lacking >= 0 && lacking < 20) {
        bert_feature *g = f + lacking % 10;
        if (lacking < 10) g->name = "nothing";
        else { g->type = g->type == BERT_FEATURE_FLOAT ? BERT_FEATURE_INT64 : BERT_FEATURE_FLOAT; g->floats = weights; g->ints = ids; }
        if (bert_record_writer_add_example(w, f, 7, &err)) TEST_FAIL("%s", err.message);
    }
    if (bert_record_writer_commit(w, &err)) TEST_FAIL("%s", err.message);
    bert_record_writer_close(w);
    return name;
}
static void refused(const char *path, int also, bert_status status, const char *words)
{
    bert_error err;
    bert_instances_desc d = start(&err);
    const char *paths[2];
    bert_instances *r = NULL;
    bert_status st;
    d.file_count = 0;
    d.paths = paths;
    paths[0] = also ? names[0] : path;
    paths[1] = path;
    d.path_count = also ? 2 : 1;
    st = bert_instances_open(&d, &r);
    if (st != status || !r != (st != BERT_OK) || !strstr(err.message, words) || (st && !strstr(err.message, path))) TEST_FAIL("status %d, not %d; \"%s\", not \"%s\"", (int)st, (int)status, err.message, words);
    bert_instances_close(r);
}
static void refusing(void)
{
    bert_error err;
    bert_instances_desc d;
    bert_instances *r = NULL;
    const char *odd = odd_file(LENGTH, PREDICTIONS, -1, 6, 1, 7, 1, 0);
    int k;
    d = start(&err);
    d.file_count = 0;
    d.paths = &odd;
    d.path_count = 1;
    CHECK(bert_instances_open(&d, &r) == BERT_OK);                      /* as it is, it is good */
    bert_instances_close(r);
    r = NULL;
    refused(odd_file(LENGTH, PREDICTIONS, -1, VOCABULARY, 1, 7, 1, 0), 0, BERT_ERROR_MISMATCH, "has the id 37; the vocabulary ends before 37");
    refused(odd_file(LENGTH, PREDICTIONS, -1, 6, 1, VOCABULARY + 5, 1, 0), 0, BERT_ERROR_MISMATCH, "masked_lm_ids has the id 42");
    refused(odd_file(LENGTH, PREDICTIONS, -1, -1, 1, 7, 1, 0), 1, BERT_ERROR_MISMATCH, "has the id -1");
    refused(odd_file(LENGTH, PREDICTIONS, 3, 6, 1, 7, 1, 0), 0, BERT_ERROR_MISMATCH, "ones followed by zeros");
    refused(odd_file(LENGTH, PREDICTIONS, 20, 6, 1, 7, 1, 0), 0, BERT_ERROR_MISMATCH, "ones followed by zeros");
    refused(odd_file(LENGTH, PREDICTIONS, -1, 6, 10, 7, 1, 0), 0, BERT_ERROR_MISMATCH, "masked_lm_positions has 10, the instance 10 tokens");
    refused(odd_file(LENGTH, PREDICTIONS, -1, 6, -1, 7, 1, 0), 0, BERT_ERROR_MISMATCH, "masked_lm_positions has -1");
    refused(odd_file(LENGTH, PREDICTIONS, -1, 6, 1, 7, -1, 0), 0, BERT_ERROR_MISMATCH, "masked_lm_weights has a number below 0");
    refused(odd_file(LENGTH, PREDICTIONS, -1, 6, 1, 7, 1, 2), 0, BERT_ERROR_MISMATCH, "next_sentence_labels is 2");
    refused(odd_file(LENGTH, PREDICTIONS, -1, 6, 1, 7, 1, -1), 0, BERT_ERROR_MISMATCH, "next_sentence_labels is -1");
    refused(odd_file(LENGTH, PREDICTIONS, -1, 6, 1, -1, 1, 0), 0, BERT_ERROR_MISMATCH, "masked_lm_ids has the id -1");
    refused(odd_file(LENGTH, PREDICTIONS, 0, 6, 1, 7, 1, 0), 0, BERT_ERROR_MISMATCH, "ones followed by zeros");
    for (k = 0; k < 7; k++) {                                           /* a second record that lacks one of the lists, or has it of another kind */
        static const char *const lists[] = { "input_ids", "input_mask", "segment_ids", "masked_lm_positions", "masked_lm_ids", "masked_lm_weights", "next_sentence_labels" };
        lacking = k;
        refused(odd_file(LENGTH, PREDICTIONS, -1, 6, 1, 7, 1, 0), 0, BERT_ERROR_MISMATCH, lists[k]);
        lacking = k + 10;
        refused(odd_file(LENGTH, PREDICTIONS, -1, 6, 1, 7, 1, 0), 0, BERT_ERROR_MISMATCH, lists[k]);
    }
    lacking = 20;                                                       /* the first record has no ids; ids of another kind; none */
    refused(odd_file(LENGTH, PREDICTIONS, -1, 6, 1, 7, 1, 0), 0, BERT_ERROR_MISMATCH, "its records have no input_ids");
    lacking = 21;
    refused(odd_file(LENGTH, PREDICTIONS, -1, 6, 1, 7, 1, 0), 0, BERT_ERROR_MISMATCH, "its records have no input_ids");
    lacking = -1;
    refused(odd_file(0, PREDICTIONS, -1, 6, 1, 7, 1, 0), 0, BERT_ERROR_MISMATCH, "its records have no input_ids");
    refused(odd_file(LENGTH * 2, PREDICTIONS, -1, 6, 1, 7, 1, 0), 1, BERT_ERROR_MISMATCH, "made with max_seq_length 48, not with 24 as the files before it");
    refused(odd_file(LENGTH, PREDICTIONS + 1, -1, 6, 1, 7, 1, 0), 1, BERT_ERROR_MISMATCH, "made with max_predictions_per_seq 5, not with 4 as the files before it");
    CHECK(bert_file_write(odd, "no records at all, but a text", 29, NULL) == BERT_OK);
    refused(odd, 0, BERT_ERROR_FORMAT, "not a TFRecord file");
    CHECK(bert_file_write(odd, "", 0, NULL) == BERT_OK);
    refused(odd, 0, BERT_ERROR_MISMATCH, "holds no instance");
    refused(odd, 1, BERT_OK, "");
    remove(odd);
    refused(odd, 1, BERT_ERROR_IO, "");
    d = start(&err);
    d.max_seq_length = 2 * LENGTH;
    CHECK(bert_instances_open(&d, &r) == BERT_ERROR_MISMATCH && strstr(err.message, "max_seq_length 24, not with 48: ask for 24"));
    d = start(&err);
    d.max_predictions = 3;
    CHECK(bert_instances_open(&d, &r) == BERT_ERROR_MISMATCH && strstr(err.message, "max_predictions_per_seq 4, not with 3"));
    d = start(&err);
    d.ranks = 2;
    d.rank = 2;
    CHECK(bert_instances_open(&d, &r) == BERT_ERROR_ARGUMENT && strstr(err.message, "rank is 2 of 2"));
    d = start(&err);
    d.tokenizer = tokenizer;
    d.masking = BERT_MASKING_SEGMENTED;
    CHECK(bert_instances_open(&d, &r) == BERT_ERROR_ARGUMENT);
    d = start(&err);
    d.file_count = 0;
    CHECK(bert_instances_open(&d, &r) == BERT_ERROR_ARGUMENT);
    for (k = 0; k < 13; k++) {
        static const char *const says[] = { "paths or files", "paths or files", "paths or files", "rank is -1 of 1", "rank is 0 of -1", "no number in the desc is below 0", "no number in the desc is below 0",
            "no number in the desc is below 0", "no number in the desc is below 0", "no number in the desc is below 0", "shuffle goes to", "interleave to 65535", "[MASK]" };
        bert_tokenizer *poor = NULL;
        bert_tokenizer_desc td;
        d = start(&err);
        switch (k) {
        case 0: d.paths = names; d.path_count = FILES; break;
        case 1: d.file_count = 0; d.path_count = FILES; break;
        case 2: d.files = NULL; break;
        case 3: d.rank = -1; break;
        case 4: d.ranks = -1; break;
        case 5: d.vocab_size = -1; break;
        case 6: d.max_seq_length = -1; break;
        case 7: d.max_predictions = -1; break;
        case 8: d.shuffle = -1; break;
        case 9: d.interleave = -1; break;
        case 10: d.shuffle = (int64_t)1 << 32; break;
        case 11: d.interleave = 65536; break;
        default:                                                        /* a vocabulary that is too small, for the data or for masks */
            memset(&td, 0, sizeof td);
            td.data = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\n";
            td.size = strlen((const char *)td.data);
            REQUIRE(bert_tokenizer_open(&td, &poor) == BERT_OK);
            d.tokenizer = poor;
            CHECK(bert_instances_open(&d, &r) == BERT_ERROR_MISMATCH && strstr(err.message, "the vocabulary ends before 7"));
            bert_tokenizer_close(poor);
            td.data = "[PAD]\n[UNK]\n[CLS]\n[SEP]\na\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\nm\nn\no\np\nq\nr\ns\nt\nu\nv\nw\nx\ny\nz\n1\n2\n3\n4\n5\n6\n7\n8\n9\n";
            td.size = strlen((const char *)td.data);
            REQUIRE(bert_tokenizer_open(&td, &poor) == BERT_OK);
            d.tokenizer = poor;
            break;
        }
        CHECK(bert_instances_open(&d, &r) != BERT_OK && !r);
        if (!strstr(err.message, says[k])) TEST_FAIL("case %d: %s", k, err.message);
        bert_tokenizer_close(poor);
    }
    {
        const bert_bytes none[2] = { { NULL, 0 }, { NULL, 0 } };
        d = start(&err);
        d.files = none;
        d.file_count = 2;
        CHECK(bert_instances_open(&d, &r) == BERT_ERROR_MISMATCH && strstr(err.message, "neither this file nor the others hold an instance"));
    }
    d = start(&err);                                                    /* parts that lie in no batch, places that are none */
    d.tokenizer = tokenizer;
    d.masked_lm_prob = 0.4;
    REQUIRE(bert_instances_open(&d, &r) == BERT_OK);
    for (k = 0; k < 7; k++) {
        static const int64_t bad[7][3] = { { -1, 0, 0 }, { 4, -1, 1 }, { 4, 0, -1 }, { 4, 5, 0 }, { 4, 2, 3 }, { 0, 0, 0 }, { 0, 0, 0 } };
        bert_instances_batch b;
        bert_instances_place place = { 0, 0 };
        memset(&err, 0, sizeof err);
        if (k == 5) place.round = -1;
        if (k == 6) place.index = -1;
        CHECK((k < 5 ? bert_instances_next(r, bad[k][0], bad[k][1], bad[k][2], &b, &err) : bert_instances_seek(r, &place, &err)) == BERT_ERROR_ARGUMENT && err.message[0]);
    }
    {
        bert_instances_place place = { 0, 0 };
        bert_instances_batch b;
        place.index = made_count + 5;                                   /* behind the last: an error, and the reader is of use again */
        memset(&err, 0, sizeof err);
        CHECK(bert_instances_seek(r, &place, &err) != BERT_OK && err.message[0]);
        place.index = 2;
        CHECK(bert_instances_seek(r, &place, &err) == BERT_OK && bert_instances_next(r, 3, 0, 3, &b, &err) == BERT_OK && b.read == 3 && which(&b, 0, 1) == standing(2));
    }
    bert_instances_close(r);
    r = NULL;
    d = start(&err);                                                    /* more readers than instances */
    d.ranks = MOST;
    d.rank = MOST - 1;
    d.repeat = 1;
    CHECK(bert_instances_open(&d, &r) == BERT_OK);
    if (r) {
        bert_instances_batch b;
        CHECK(bert_instances_next(r, 1, 0, 1, &b, &err) == BERT_ERROR_ARGUMENT && strstr(err.message, "for this one of the readers"));
    }
    bert_instances_close(r);
}
/* Damage behind what open looked at is found when it is read. */
static void damage_later(void)
{
    bert_error err;
    bert_instances_desc d = start(&err);
    bert_bytes bad = files[1];
    bert_instances *r = NULL;
    bert_instances_batch b;
    char *copy = (char *)malloc(bad.size);
    REQUIRE(copy != NULL);
    memcpy(copy, bad.data, bad.size);
    copy[bad.size - 30] ^= 4;
    bad.data = copy;
    d.files = &bad;
    d.file_count = 1;
    if (bert_instances_open(&d, &r) == BERT_OK) CHECK(bert_instances_next(r, MOST, 0, MOST, &b, &err) != BERT_OK);   /* open looks at 256 */
    CHECK(err.code == BERT_ERROR_FORMAT && strstr(err.message, "checksum of a record's data"));
    bert_instances_close(r);
    free(copy);
}
static void without_memory(void)
{
    bert_instances_place place = { 1, 3 };
    long n;
    int done = 0;
    for (n = 1; n < 2000 && !done; n++) {
        test_faults f;
        bert_error err;
        bert_instances_desc d = start(&err);
        bert_instances *r = NULL;
        bert_instances_batch b;
        bert_status st;
        memset(&f, 0, sizeof f);
        f.fail_at = n;
        f.once = 1;
        d.file_count = 0;
        d.paths = names;
        d.path_count = FILES;
        d.shuffle = 9;
        d.repeat = 1;
        d.tokenizer = tokenizer;
        d.allocator = test_faults_allocator(&f);
        st = bert_instances_open(&d, &r);
        CHECK(st == BERT_OK || (st == BERT_ERROR_MEMORY && !r && err.message[0]));
        if (st == BERT_OK) st = bert_instances_next(r, 60, 10, 40, &b, &err);
        CHECK(st == BERT_OK || (st == BERT_ERROR_MEMORY && err.message[0]));
        if (r && st != BERT_OK) CHECK(bert_instances_seek(r, &place, &err) == BERT_OK && bert_instances_next(r, 60, 0, 60, &b, &err) == BERT_OK && b.batch.sequences == 60);
        if (st == BERT_OK) done = f.count < n;
        bert_instances_close(r);
        CHECK_INT(f.live, 0);
    }
    CHECK(done && n > 30);
}

int main(int argc, char **argv)
{
    size_t i;
    test_begin(argc, argv);
    if (!make_data()) return 1;
    TEST(as_they_stand);
    TEST(shuffled);
    TEST(shared);
    TEST(new_masks);
    TEST(refusing);
    TEST(damage_later);
    TEST(without_memory);
    for (i = 0; i < FILES; i++) { bert_file_close(&opened[i]); remove(names[i]); }
    bert_tokenizer_close(tokenizer);
    return test_end();
}
