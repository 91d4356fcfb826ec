/* unit_records.c - TFRecord files and tf.train.Example messages, made by hand and then damaged
   SPDX-License-Identifier: MIT-0 OR Unlicense
   Takes a static copy of the implementation, so that the private functions can be tested. */
#include "holes.h"
#include "test.h"
#define BERT_STATIC
#define BERT_NO_TOKENIZER
#define BERT_IMPLEMENTATION
#include "bert.h"
#include "faults.h"

#define FILE_NAME "unit_records.tmp"

static void mentions(const char *message, const char *part)
{
    if (!strstr(message, part)) TEST_FAIL("\"%s\" does not mention \"%s\"", message, part);
}

/* ---- files ---- */

/* Records of 0, 1, ... bytes, written and read again. */
static void roundtrip(void)
{
    bert_records_desc d;
    bert_error err;
    bert_record_writer *w = NULL;
    bert_records *r = NULL;
    char body[300], *bytes;
    const void *data;
    size_t size, k, places[300], place, file_size = 0;
    for (k = 0; k < sizeof body; k++) body[k] = (char)(k * 7);
    memset(&d, 0, sizeof d);
    memset(&err, 0, sizeof err);
    REQUIRE(bert_record_writer_open(FILE_NAME, NULL, &w, &err) == BERT_OK);
    for (k = 0; k < 300; k++) CHECK(bert_record_writer_add(w, body, k, &err) == BERT_OK);
    CHECK(bert_record_writer_commit(w, &err) == BERT_OK);
    CHECK(bert_record_writer_add(w, body, 1, &err) != BERT_OK);         /* it is complete */
    mentions(err.message, FILE_NAME);
    bert_record_writer_close(w);
    bytes = test_read_file(FILE_NAME, &file_size);
    REQUIRE(bytes != NULL);
    CHECK_INT(file_size, 300 * 16 + 299 * 300 / 2);
    d.path = FILE_NAME;
    d.error = &err;
    REQUIRE(bert_records_open(&d, &r) == BERT_OK);
    for (k = 0; k < 300; k++) {
        places[k] = bert_records_tell(r);
        CHECK(bert_records_next(r, &data, &size, &err) == BERT_OK && data && size == k && memcmp(data, body, k) == 0);
    }
    CHECK(bert_records_next(r, &data, &size, &err) == BERT_OK && !data && !size);
    CHECK(bert_records_next(r, &data, &size, &err) == BERT_OK && !data);        /* the end stays the end */
    for (k = 300; k--;) {
        CHECK(bert_records_seek(r, places[k], &err) == BERT_OK);
        CHECK(bert_records_next(r, &data, &size, &err) == BERT_OK && size == k);
    }
    place = bert_records_tell(r);
    CHECK(bert_records_seek(r, file_size + 1, &err) == BERT_ERROR_ARGUMENT && bert_records_tell(r) == place);
    bert_records_close(r);
    free(bytes);
    remove(FILE_NAME);
}

/* One record as the format's description has it, with checksums computed bit by bit elsewhere (Python). */
static void known_bytes(void)
{
    static const unsigned char want[] = { 3, 0, 0, 0, 0, 0, 0, 0, 176, 153, 73, 14, 'a', 'b', 'c', 110, 87, 241, 33 };
    bert_record_writer *w;
    bert_records_desc d;
    bert_records *r;
    const void *data;
    size_t size = 0;
    char *bytes;
    REQUIRE(bert_record_writer_open(FILE_NAME, NULL, &w, NULL) == BERT_OK);
    bert_record_writer_add(w, "abc", 3, NULL);
    CHECK(bert_record_writer_commit(w, NULL) == BERT_OK);
    bert_record_writer_close(w);
    bytes = test_read_file(FILE_NAME, &size);
    REQUIRE(bytes != NULL);
    CHECK_BYTES(bytes, size, want, sizeof want);
    free(bytes);
    remove(FILE_NAME);
    memset(&d, 0, sizeof d);
    d.data = want;
    d.size = sizeof want;
    REQUIRE(bert_records_open(&d, &r) == BERT_OK);
    CHECK(bert_records_next(r, &data, &size, NULL) == BERT_OK && size == 3 && memcmp(data, "abc", 3) == 0);
    bert_records_close(r);
}

/* Two records in memory; the size. */
static size_t two_records(unsigned char *out)
{
    bert_record_writer *w;
    char *bytes;
    size_t size = 0;
    if (bert_record_writer_open(FILE_NAME, NULL, &w, NULL) != BERT_OK) return 0;
    bert_record_writer_add(w, "first", 5, NULL);
    bert_record_writer_add(w, "the second", 10, NULL);
    bert_record_writer_commit(w, NULL);
    bert_record_writer_close(w);
    bytes = test_read_file(FILE_NAME, &size);
    remove(FILE_NAME);
    if (bytes) memcpy(out, bytes, size);
    free(bytes);
    return size;
}
/* Reads all; how many records came before the end or the error. */
static bert_status read_all(const unsigned char *data, size_t size, bert_flag check, int *count, bert_error *err)
{
    bert_records_desc d;
    bert_records *r;
    const void *p = data;
    bert_status s;
    size_t n;
    memset(&d, 0, sizeof d);
    memset(err, 0, sizeof *err);
    d.data = data;
    d.size = size;
    d.check = check;
    *count = 0;
    if (bert_records_open(&d, &r) != BERT_OK) return BERT_ERROR_MEMORY;
    while ((s = bert_records_next(r, &p, &n, err)) == BERT_OK && p) ++*count;
    bert_records_close(r);
    return s;
}
static void damage(void)
{
    unsigned char good[64], bad[64];
    const size_t size = two_records(good);
    bert_error err;
    size_t k;
    int n, bit;
    REQUIRE(size == 5 + 10 + 2 * 16);
    CHECK(read_all(good, size, BERT_DEFAULT, &n, &err) == BERT_OK && n == 2);
    CHECK(read_all(good, 0, BERT_DEFAULT, &n, &err) == BERT_OK && n == 0);
    for (k = 1; k < size; k++) {                                        /* cut off anywhere */
        memcpy(bad, good, size);
        if (k == 21) { CHECK(read_all(bad, k, BERT_DEFAULT, &n, &err) == BERT_OK && n == 1); continue; }
        CHECK(read_all(bad, k, BERT_DEFAULT, &n, &err) == BERT_ERROR_FORMAT && n == (k > 21));
        CHECK_INT(err.offset, k > 21 ? 21 : 0);
        mentions(err.message, "cut off");
    }
    for (k = 0; k < size; k++)                                          /* any bit wrong */
        for (bit = 0; bit < 8; bit++) {
            memcpy(bad, good, size);
            bad[k] = (unsigned char)(bad[k] ^ 1 << bit);
            CHECK(read_all(bad, size, BERT_DEFAULT, &n, &err) == BERT_ERROR_FORMAT && n == (k > 20));
            CHECK(strstr(err.message, "checksum") != NULL);
            if (k >= 12 && k < 21) CHECK(read_all(bad, size, BERT_OFF, &n, &err) == BERT_OK && n == 2);
        }
    memcpy(bad, good, size);
    bad[0] = 0x1F;
    bad[1] = 0x8B;
    CHECK(read_all(bad, size, BERT_DEFAULT, &n, &err) == BERT_ERROR_FORMAT);
    mentions(err.message, "gzip");
    CHECK(read_all((const unsigned char *)"some text that is no record", 27, BERT_DEFAULT, &n, &err) == BERT_ERROR_FORMAT);
    mentions(err.message, "not a TFRecord file");
}
/* A length with a right checksum that no file can hold. */
static void hostile_length(void)
{
    static const uint64_t lengths[] = { 5, 6, 1u << 31, UINT64_MAX, UINT64_MAX - 15, UINT64_MAX - 16, (uint64_t)1 << 63 };
    static bert__crc crc;
    unsigned char bad[20];
    bert_error err;
    size_t i;
    int n;
    bert__crc_init(&crc, BERT__CRC_CASTAGNOLI);
    memset(bad, 0, sizeof bad);
    for (i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        bert__store32(bad, (uint32_t)(lengths[i] & 0xFFFFFFFFu));
        bert__store32(bad + 4, (uint32_t)(lengths[i] >> 32));
        bert__store32(bad + 8, bert__crc_mask(bert__crc_add(&crc, 0, bad, 8)));
        CHECK(read_all(bad, sizeof bad, BERT_DEFAULT, &n, &err) == BERT_ERROR_FORMAT);
        mentions(err.message, "cut off");
        CHECK(read_all(bad, 12, BERT_DEFAULT, &n, &err) == BERT_ERROR_FORMAT);
    }
}
static void writer_gives_up(void)
{
    bert_record_writer *w = NULL;
    bert_error err;
    char *bytes;
    size_t size = 0;
    memset(&err, 0, sizeof err);
    CHECK(bert_file_write(FILE_NAME, "old", 3, NULL) == BERT_OK);
    REQUIRE(bert_record_writer_open(FILE_NAME, NULL, &w, NULL) == BERT_OK);
    CHECK(bert_record_writer_add(w, "abc", 3, NULL) == BERT_OK);
    bert_record_writer_close(w);                                        /* without commit */
    bytes = test_read_file(FILE_NAME, &size);
    REQUIRE(bytes != NULL);
    CHECK_BYTES(bytes, size, "old", 3);
    free(bytes);
    remove(FILE_NAME);
    CHECK(bert_record_writer_open("no/such/folder/file", NULL, &w, &err) == BERT_ERROR_IO);
    mentions(err.message, "no/such/folder");
    bert_record_writer_close(NULL);
    bert_records_close(NULL);
    CHECK_INT(bert_records_tell(NULL), 0);
}
/* A path of any length is named, by its end. */
static void long_paths(void)
{
    static const unsigned char none[16] = { 0x1F, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4 }, packed[16] = { 0x1F, 0x8B };
    char path[500];
    bert_records_desc d;
    bert_records *r;
    bert_error err;
    const void *p;
    size_t n;
    int k;
    for (n = 0; n < 300; n += 2) memcpy(path + n, "./", 2);
    strcpy(path + n, FILE_NAME);
    for (k = 0; k < 2; k++) {
        memset(&d, 0, sizeof d);
        memset(&err, 0, sizeof err);
        CHECK(bert_file_write(FILE_NAME, k ? packed : none, 16, NULL) == BERT_OK);
        d.path = path;
        REQUIRE(bert_records_open(&d, &r) == BERT_OK);
        CHECK(bert_records_next(r, &p, &n, &err) == BERT_ERROR_FORMAT);
        mentions(err.message, k ? "gzip" : "not a TFRecord file");
        mentions(err.message, "/" FILE_NAME);
        CHECK(strncmp(err.path, "...", 3) == 0 && strlen(err.path) > 200);
        bert_records_close(r);
        n = 300;
    }
    remove(FILE_NAME);
}

/* ---- examples ---- */

/* What a writer makes of features, without the record around it. */
static size_t as_message(const bert_feature *f, size_t count, unsigned char *out, size_t room)
{
    bert_record_writer *w;
    char *bytes;
    size_t size = 0;
    if (bert_record_writer_open(FILE_NAME, NULL, &w, NULL) != BERT_OK) return 0;
    if (bert_record_writer_add_example(w, f, count, NULL) == BERT_OK) bert_record_writer_commit(w, NULL);
    bert_record_writer_close(w);
    bytes = test_read_file(FILE_NAME, &size);
    remove(FILE_NAME);
    size = bytes && size >= 16 && size - 16 <= room ? size - 16 : 0;
    if (size) memcpy(out, bytes + 12, size);
    free(bytes);
    return size;
}
static bert_feature feature(const char *name, bert_feature_type type, size_t count, const void *values)
{
    bert_feature f;
    memset(&f, 0, sizeof f);
    f.name = name;
    f.type = type;
    f.count = count;
    if (type == BERT_FEATURE_INT64) f.ints = (const int64_t *)values;
    if (type == BERT_FEATURE_FLOAT) f.floats = (const float *)values;
    if (type == BERT_FEATURE_BYTES) f.bytes = (const bert_bytes *)values;
    return f;
}
static void write_and_parse(void)
{
    static const int64_t ints[] = { 0, 1, -1, 127, 128, INT64_MAX, INT64_MIN };
    static const float floats[] = { 0, 1.5f, -3e30f };
    /* SerializeToString(deterministic=True) of Python's protobuf for the same */
    static const unsigned char want[] = {
        10, 139, 1, 10, 13, 10, 3, 102, 101, 119, 18, 6, 26, 4, 10, 2, 0, 1, 10, 26, 10, 6, 102, 108, 111, 97, 116, 115, 18, 16, 18, 14,
        10, 12, 0, 0, 0, 0, 0, 0, 192, 63, 23, 118, 23, 242, 10, 10, 10, 4, 110, 111, 110, 101, 18, 2, 26, 0, 10, 11, 10, 7, 110, 111,
        116, 104, 105, 110, 103, 18, 0, 10, 49, 10, 7, 110, 117, 109, 98, 101, 114, 115, 18, 38, 26, 36, 10, 34, 0, 1, 255, 255, 255, 255, 255, 255,
        255, 255, 255, 1, 127, 128, 1, 255, 255, 255, 255, 255, 255, 255, 255, 127, 128, 128, 128, 128, 128, 128, 128, 128, 128, 1, 10, 18, 10, 5, 119, 111,
        114, 100, 115, 18, 9, 10, 7, 10, 3, 120, 121, 122, 10, 0,
    };
    bert_bytes bytes[2];
    bert_feature f[6];
    bert_example e;
    const bert_feature *g;
    unsigned char out[400];
    float back[3];
    int32_t small_ints[2];
    size_t n, i;
    bert_error err;
    memset(&e, 0, sizeof e);
    bytes[0].data = "xyz";
    bytes[0].size = 3;
    bytes[1].data = "";
    bytes[1].size = 0;
    f[0] = feature("numbers", BERT_FEATURE_INT64, 7, ints);
    f[1] = feature("floats", BERT_FEATURE_FLOAT, 3, floats);
    f[2] = feature("words", BERT_FEATURE_BYTES, 2, bytes);
    f[3] = feature("none", BERT_FEATURE_INT64, 0, NULL);
    f[4] = feature("nothing", BERT_FEATURE_NONE, 0, NULL);
    f[5] = feature("few", BERT_FEATURE_INT64, 2, ints);
    n = as_message(f, 6, out, sizeof out);
    CHECK_BYTES(out, n, want, sizeof want);
    for (i = 0; i < 2; i++) {                                           /* twice, into the same memory */
        REQUIRE(bert_example_parse(&e, out, n, NULL, &err) == BERT_OK);
        CHECK_INT(e.count, 6);
        g = bert_example_find(&e, "numbers");
        REQUIRE(g && g->type == BERT_FEATURE_INT64 && g->count == 7);
        CHECK(memcmp(g->ints, ints, sizeof ints) == 0);
        CHECK(bert_example_floats(&e, "floats", back, 3, &err) == BERT_OK && memcmp(back, floats, sizeof floats) == 0);
        g = bert_example_find(&e, "words");
        REQUIRE(g && g->type == BERT_FEATURE_BYTES && g->count == 2);
        CHECK_BYTES(g->bytes[0].data, g->bytes[0].size, "xyz", 3);
        CHECK_INT(g->bytes[1].size, 0);
        g = bert_example_find(&e, "none");
        CHECK(g && g->type == BERT_FEATURE_INT64 && g->count == 0);
        g = bert_example_find(&e, "nothing");
        CHECK(g && g->type == BERT_FEATURE_NONE);
        CHECK(!bert_example_find(&e, "number") && !bert_example_find(&e, "") && !bert_example_find(&e, "zzz") && !bert_example_find(&e, "a"));
    }
    CHECK(bert_example_ints(&e, "few", small_ints, 2, &err) == BERT_OK && small_ints[0] == 0 && small_ints[1] == 1);
    CHECK(bert_example_ints(&e, "few", small_ints, 1, &err) == BERT_ERROR_MISMATCH);
    mentions(err.message, "2 values");
    CHECK(bert_example_ints(&e, "floats", small_ints, 2, &err) == BERT_ERROR_MISMATCH);
    mentions(err.message, "float");
    CHECK(bert_example_ints(&e, "zzz", small_ints, 2, &err) == BERT_ERROR_MISMATCH);
    mentions(err.message, "zzz");
    CHECK(bert_example_ints(&e, "numbers", (int32_t[7]){ 0 }, 7, &err) == BERT_ERROR_MISMATCH);    /* too large for an id */
    CHECK(bert_example_ints(&e, "few", NULL, 2, &err) == BERT_ERROR_ARGUMENT);
    CHECK(bert_example_ints(&e, "none", NULL, 0, &err) == BERT_OK);
    f[0] = feature("low", BERT_FEATURE_INT64, 1, ints + 6);
    f[1] = feature("two", BERT_FEATURE_INT64, 1, ints + 1);             /* of two of one name the last counts */
    f[2] = feature("two", BERT_FEATURE_INT64, 1, ints + 3);
    f[3] = feature("no floats", BERT_FEATURE_FLOAT, 0, NULL);
    n = as_message(f, 4, out, sizeof out);
    REQUIRE(bert_example_parse(&e, out, n, NULL, &err) == BERT_OK && e.count == 3);
    CHECK(bert_example_ints(&e, "low", small_ints, 1, &err) == BERT_ERROR_MISMATCH);
    mentions(err.message, "is no id");
    CHECK(bert_example_ints(&e, "two", small_ints, 1, &err) == BERT_OK && small_ints[0] == 127);
    CHECK(bert_example_floats(&e, "no floats", NULL, 0, &err) == BERT_OK);
    bert_example_free(&e);
    CHECK(!e.count && !e.memory);
    bert_example_free(&e);
}

/* Valid messages that look otherwise. */
static void parse_any(void)
{
    /* three ways to write {"a": [1, 2]}: packed; one by one; split over two lists, with the name behind, a field 9 and a group */
    static const unsigned char packed[] = { 10, 13, 10, 11, 10, 1, 'a', 18, 6, 26, 4, 10, 2, 1, 2 };
    static const unsigned char single[] = { 10, 13, 10, 11, 10, 1, 'a', 18, 6, 26, 4, 8, 1, 8, 2 };
    static const unsigned char split[] = { 72, 5, 10, 28, 10, 26, 18, 5, 26, 3, 10, 1, 1, 91, 8, 7, 99, 104, 1, 100, 92, 18, 4, 26, 2, 8, 2, 10, 0, 10, 1, 'a' };
    /* {"a": [9]} and then {"a": [1, 2]} in another Features; a float list before the ints in the same Feature */
    static const unsigned char twice[] = { 10, 12, 10, 10, 10, 1, 'a', 18, 5, 26, 3, 10, 1, 9, 10, 13, 10, 11, 10, 1, 'a', 18, 6, 26, 4, 10, 2, 1, 2 };
    static const unsigned char kinds[] = { 10, 21, 10, 19, 10, 1, 'a', 18, 14, 18, 6, 10, 4, 0, 0, 0, 0, 26, 4, 10, 2, 1, 2 };
    /* a varint where a float must be is no value; entries without name or value */
    static const unsigned char odd[] = { 10, 13, 10, 9, 10, 1, 'f', 18, 4, 18, 2, 8, 1, 10, 0 };
    /* what nobody knows at every level: fields of other numbers and kinds are no part of it */
    static const unsigned char strange[] = { 8, 5, 10, 26, 18, 0, 8, 1, 10, 20, 10, 1, 'a', 24, 1, 18, 13, 8, 1, 34, 0, 26, 7, 16, 5, 8, 1, 10, 1, 2 };
    /* floats one by one; a list of bytes with a number in it */
    static const unsigned char one_float[] = { 10, 14, 10, 12, 10, 1, 'f', 18, 7, 18, 5, 13, 0, 0, 192, 63 };
    static const unsigned char one_text[] = { 10, 14, 10, 12, 10, 1, 'b', 18, 7, 10, 5, 8, 1, 10, 1, 'x' };
    static const struct { const unsigned char *data; size_t size; } same[] = {
        { packed, sizeof packed }, { single, sizeof single }, { split, sizeof split }, { twice, sizeof twice }, { kinds, sizeof kinds }, { strange, sizeof strange },
    };
    float number = 0;
    bert_example e;
    bert_error err;
    size_t i, cut;
    memset(&e, 0, sizeof e);
    for (i = 0; i < sizeof same / sizeof *same; i++) {
        int32_t v[2] = { 0, 0 };
        if (bert_example_parse(&e, same[i].data, same[i].size, NULL, &err) != BERT_OK) { TEST_FAIL("message %lu: %s", (unsigned long)i, err.message); continue; }
        CHECK_INT(e.count, 1);
        CHECK(bert_example_ints(&e, "a", v, 2, &err) == BERT_OK && v[0] == 1 && v[1] == 2);
        if (i != 3) {                                                   /* cut between two fields of Example it is whole */
            for (cut = 1; cut < same[i].size; cut++) {
                if ((i == 2 || i == 5) && cut == 2) continue;
                CHECK(bert_example_parse(&e, same[i].data, cut, NULL, &err) == BERT_ERROR_FORMAT && !e.count);
            }
        }
    }
    CHECK(bert_example_parse(&e, odd, sizeof odd, NULL, &err) == BERT_OK && e.count == 2);
    CHECK(bert_example_find(&e, "f") && bert_example_find(&e, "f")->type == BERT_FEATURE_FLOAT && !bert_example_find(&e, "f")->count);
    CHECK(bert_example_find(&e, "") && bert_example_find(&e, "")->type == BERT_FEATURE_NONE);
    CHECK(bert_example_parse(&e, one_float, sizeof one_float, NULL, &err) == BERT_OK && bert_example_floats(&e, "f", &number, 1, &err) == BERT_OK && number == 1.5f);
    CHECK(bert_example_floats(&e, "f", NULL, 1, &err) == BERT_ERROR_ARGUMENT);
    CHECK(bert_example_parse(&e, one_text, sizeof one_text, NULL, &err) == BERT_OK && bert_example_find(&e, "b") && bert_example_find(&e, "b")->count == 1);
    CHECK_BYTES(bert_example_find(&e, "b")->bytes[0].data, bert_example_find(&e, "b")->bytes[0].size, "x", 1);
    CHECK(bert_example_find(&e, NULL) == NULL && bert_example_find(NULL, "b") == NULL);
    CHECK(bert_example_parse(&e, "", 0, NULL, &err) == BERT_OK && !e.count);
    CHECK(bert_example_parse(&e, NULL, 0, NULL, &err) == BERT_OK && !e.count);
    bert_example_free(&e);
}
static void parse_refused(void)
{
    static const struct { const char *what; unsigned char data[24]; size_t size; } bad[] = {
        { "a name that is not UTF-8", { 10, 5, 10, 3, 10, 1, 0xFF }, 7 },
        { "floats of three bytes", { 10, 11, 10, 9, 18, 7, 18, 5, 10, 3, 0, 0, 0 }, 13 },
        { "floats that are cut", { 10, 9, 10, 7, 18, 5, 18, 3, 10, 3, 0 }, 11 },
        { "a packed number that is cut", { 10, 12, 10, 10, 10, 1, 'a', 18, 5, 26, 3, 10, 1, 128 }, 14 },
        { "an entry with a field of kind 7", { 10, 6, 10, 4, 10, 1, 'a', 15 }, 8 },
        { "a feature with a field of kind 7", { 10, 8, 10, 6, 10, 1, 'a', 18, 1, 15 }, 10 },
        { "a list with a field of kind 7", { 10, 10, 10, 8, 10, 1, 'a', 18, 3, 26, 1, 15 }, 12 },
        { "a group of a field number beyond all", { 131, 128, 128, 128, 16, 132, 128, 128, 128, 16 }, 10 },
        { "a group's end without a group", { 12 }, 1 },
        { "a group that does not end", { 11, 8, 1 }, 3 },
        { "a group with another's end", { 11, 20 }, 2 },
        { "field 0", { 0, 0 }, 2 },
        { "kind 7", { 15 }, 1 },
        { "a number of 11 bytes", { 72, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1 }, 12 },
        { "a size past the end", { 10, 5, 10, 1, 0 }, 5 },
    };
    bert_example e;
    bert_error err;
    size_t i;
    unsigned char deep[300];
    memset(&e, 0, sizeof e);
    for (i = 0; i < sizeof bad / sizeof *bad; i++)
        if (bert_example_parse(&e, bad[i].data, bad[i].size, NULL, &err) != BERT_ERROR_FORMAT || e.count) TEST_FAIL("accepted: %s", bad[i].what);
    memset(deep, 11, sizeof deep);                                      /* groups in groups, but not without end */
    CHECK(bert_example_parse(&e, deep, sizeof deep, NULL, &err) == BERT_ERROR_FORMAT);
    memset(deep + 100, 12, 100);
    CHECK(bert_example_parse(&e, deep, 200, NULL, &err) == BERT_OK);
    bert_example_free(&e);
}

/* Many features of few names: the last of each counts, and it does not take time squared. */
static void parse_many(void)
{
    const size_t entries = 200000;
    unsigned char *m = (unsigned char *)malloc(entries * 14 + 20), *p;
    bert_example e;
    bert_error err;
    size_t i, n;
    int32_t v = 0;
    memset(&e, 0, sizeof e);
    REQUIRE(m != NULL);
    p = m;
    *p++ = 10;
    p += bert__varint_put(p, entries * 14);
    for (i = 0; i < entries; i++) {
        static const unsigned char entry[] = { 10, 12, 10, 1, 'a', 18, 7, 26, 5, 10, 3, 128, 128, 0 };
        memcpy(p, entry, sizeof entry);
        p[4] = (unsigned char)('a' + i % 26);
        p[11] = (unsigned char)(128 | (i & 127));
        p[12] = (unsigned char)(128 | (i >> 7 & 127));
        p[13] = (unsigned char)(i >> 14);
        p += sizeof entry;
    }
    n = (size_t)(p - m);
    REQUIRE(bert_example_parse(&e, m, n, NULL, &err) == BERT_OK);
    CHECK_INT(e.count, 26);
    CHECK(bert_example_ints(&e, "a", &v, 1, &err) == BERT_OK);
    CHECK_INT(v, (entries - 1) / 26 * 26);
    bert_example_free(&e);
    free(m);
}

/* Features that are none; and what is added to a file that is complete. */
static void writer_refuses(void)
{
    const bert_feature good = feature("a", BERT_FEATURE_NONE, 0, NULL);
    bert_record_writer *w = NULL;
    bert_error err;
    int k;
    REQUIRE(bert_record_writer_open(FILE_NAME, NULL, &w, NULL) == BERT_OK);
    for (k = 0; k < 6; k++) {
        bert_feature f = good;
        memset(&err, 0, sizeof err);
        if (k == 0) f.name = NULL;
        if (k == 1) f.type = (bert_feature_type)4;
        if (k > 1) f.count = 1;
        if (k > 2) f.type = (bert_feature_type)(k - 2);
        CHECK(bert_record_writer_add_example(w, &f, 1, &err) == BERT_ERROR_ARGUMENT);
        mentions(err.message, "needs a name, a type and values");
    }
    CHECK(bert_record_writer_add_example(w, &good, ((size_t)1 << 20) + 1, &err) == BERT_ERROR_ARGUMENT);
    CHECK(bert_record_writer_add_example(w, NULL, 0, &err) == BERT_OK); /* an empty example, an empty record */
    CHECK(bert_record_writer_add(w, NULL, 0, &err) == BERT_OK);
    CHECK(bert_record_writer_add(w, NULL, 1, &err) == BERT_ERROR_ARGUMENT);
    CHECK(bert_record_writer_commit(w, &err) == BERT_OK);
    memset(&err, 0, sizeof err);
    CHECK(bert_record_writer_add(w, "a", 1, NULL) != BERT_OK && bert_record_writer_commit(w, &err) != BERT_OK);
    mentions(err.message, "already complete, or given up");
    bert_record_writer_close(w);
    remove(FILE_NAME);
}
/* Every allocation fails once. */
static void without_memory(void)
{
    static const int64_t ints[] = { 1, 2, 3 };
    static const unsigned char message[] = { 10, 13, 10, 11, 10, 1, 'a', 18, 6, 26, 4, 10, 2, 1, 2 };
    long n;
    int done = 0;
    for (n = 1; n < 100 && !done; n++) {
        test_faults f;
        bert_allocator a;
        bert_error err;
        bert_example e;
        bert_record_writer *w = NULL;
        bert_records *r = NULL;
        bert_records_desc d;
        bert_feature g = feature("a", BERT_FEATURE_INT64, 3, ints);
        bert_status s, t, u;
        memset(&f, 0, sizeof f);
        memset(&e, 0, sizeof e);
        memset(&d, 0, sizeof d);
        memset(&err, 0, sizeof err);
        f.fail_at = n;
        f.once = 1;
        a = test_faults_allocator(&f);
        s = bert_example_parse(&e, message, sizeof message, &a, &err);
        CHECK(s == BERT_OK || (s == BERT_ERROR_MEMORY && !e.count && err.message[0]));
        if (s != BERT_OK) CHECK(bert_example_parse(&e, message, sizeof message, &a, &err) == BERT_OK && e.count == 1);
        bert_example_free(&e);
        t = bert_record_writer_open(FILE_NAME, &a, &w, &err);
        CHECK(t == BERT_OK || (t == BERT_ERROR_MEMORY && !w));
        if (w) {
            t = bert_record_writer_add_example(w, &g, 1, &err);
            CHECK(t == BERT_OK || t == BERT_ERROR_MEMORY);
            bert_record_writer_close(w);
        }
        d.data = message;
        d.allocator = a;
        u = bert_records_open(&d, &r);
        CHECK(u == BERT_OK || (u == BERT_ERROR_MEMORY && !r));
        bert_records_close(r);
        CHECK_INT(f.live, 0);
        done = s == BERT_OK && t == BERT_OK && u == BERT_OK;
        if (done) CHECK(f.count < n);
    }
    CHECK(done);
    CHECK(n > 8);
}

/* A record of 2^32 + 16 bytes, nearly all of them a hole, and a small one behind it. */
static void huge(void)
{
    static bert__crc crc;
    unsigned char head[12], tail[21];
    const uint64_t many = ((uint64_t)1 << 32) + 16;
    holes_part parts[3];
    bert_records_desc d;
    bert_records *r = NULL;
    bert_error err;
    const void *data = NULL;
    const char *why;
    size_t size = 0;
    int i;
    bert__crc_init(&crc, BERT__CRC_CASTAGNOLI);
    for (i = 0; i < 8; i++) { head[i] = (unsigned char)(many >> 8 * i); tail[i] = (unsigned char)((uint64_t)5 >> 8 * i); }
    bert__store32(head + 8, bert__crc_mask(bert__crc_add(&crc, 0, head, 8)));
    bert__store32(tail + 8, bert__crc_mask(bert__crc_add(&crc, 0, tail, 8)));
    memcpy(tail + 12, "small", 5);
    bert__store32(tail + 17, bert__crc_mask(bert__crc_add(&crc, 0, tail + 12, 5)));
    parts[0].at = 0;                     parts[0].data = head;  parts[0].size = 12;
    parts[1].at = 12 + (int64_t)many - 1;  parts[1].data = "z";   parts[1].size = 1;
    parts[2].at = 16 + (int64_t)many;      parts[2].data = tail;  parts[2].size = 21;
    if ((why = holes_make(FILE_NAME, parts, 3)) != NULL) { test_skip("%s", why); return; }
    memset(&d, 0, sizeof d);
    d.path = FILE_NAME;
    d.check = BERT_OFF;                                                 /* of 4 GB: it takes seconds */
    d.error = &err;
    if (bert_records_open(&d, &r)) TEST_FAIL("%s", err.message);
    else {
        CHECK(bert_records_next(r, &data, &size, &err) == BERT_OK && size == many && ((const char *)data)[many - 1] == 'z' && ((const char *)data)[0] == 0);
        CHECK(bert_records_tell(r) == many + 16);
        CHECK(bert_records_next(r, &data, &size, &err) == BERT_OK && size == 5 && memcmp(data, "small", 5) == 0);
        CHECK(bert_records_next(r, &data, &size, &err) == BERT_OK && !data);
        CHECK(bert_records_seek(r, (size_t)many + 16, &err) == BERT_OK && bert_records_next(r, &data, &size, &err) == BERT_OK && size == 5);
        bert_records_close(r);
    }
    remove(FILE_NAME);
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(roundtrip);
    TEST(known_bytes);
    TEST(damage);
    TEST(hostile_length);
    TEST(huge);
    TEST(writer_gives_up);
    TEST(writer_refuses);
    TEST(long_paths);
    TEST(write_and_parse);
    TEST(parse_any);
    TEST(parse_refused);
    TEST(parse_many);
    TEST(without_memory);
    return test_end();
}
