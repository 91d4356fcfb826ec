/* unit_bundle.c - TensorFlow's bundles: our own, made by the writer or by hand, and then damaged
   SPDX-License-Identifier: MIT-0 OR Unlicense
   Takes a static copy of the implementation, so that the private functions can be tested. */
#include "holes.h"
#include "test.h"
#define BERT_STATIC
#define BERT_NO_TOKENIZER
#define BERT_IMPLEMENTATION
#include "bert.h"
#include "faults.h"
#include "bundle_make.h"

#define PREFIX "unit_bundle.tmp"
#define INDEX PREFIX ".index"
#define DATA PREFIX ".data-00000-of-00001"

static void mentions(const char *message, const char *part)
{
    if (!strstr(message, part)) TEST_FAIL("\"%s\" does not mention \"%s\"", message, part);
}
static void clean_up(void) { remove(INDEX); remove(DATA); }

/* ---- checksums and varints ---- */

static void checksums(void)
{
    static bert__crc t;
    unsigned char text[300];
    size_t n, from, cut;
    uint64_t seed = 1;
    bert__crc_init(&t, BERT__CRC_CASTAGNOLI);
    CHECK_INT(bert__crc_add(&t, 0, "123456789", 9), 0xE3069283);
    CHECK_INT(bert__crc_add(&t, 0, "", 0), 0);
    CHECK_INT(bert__crc_mask(0), 0xA282EAD8);
    memset(text, 0, 32);
    CHECK_INT(bert__crc_add(&t, 0, text, 32), 0x8A9136AA);              /* RFC 3720 */
    for (n = 0; n < sizeof text; n++) text[n] = (unsigned char)test_random(&seed);
    for (n = 0; n < 200; n++) {
        from = (size_t)(test_random(&seed) % 20);
        cut = n ? (size_t)(test_random(&seed) % n) : 0;
        CHECK_INT(bert__crc_add(&t, 0, text + from, n), made_plain_crc(text + from, n));
        CHECK_INT(bert__crc_add(&t, bert__crc_add(&t, 0, text + from, cut), text + from + cut, n - cut), made_plain_crc(text + from, n));
    }
}
static void varints(void)
{
    static const uint64_t values[] = { 0, 1, 127, 128, 300, 16383, 16384, 0xFFFFFFFFu, (uint64_t)1 << 63, UINT64_MAX };
    unsigned char b[16];
    const unsigned char *p;
    uint64_t v;
    size_t i, n, cut;
    for (i = 0; i < sizeof values / sizeof *values; i++) {
        n = bert__varint_put(b, values[i]);
        p = b;
        CHECK(bert__varint(&p, b + n, &v) && p == b + n && v == values[i]);
        for (cut = 0; cut < n; cut++) { p = b; CHECK(!bert__varint(&p, b + cut, &v)); }
    }
    memset(b, 0xFF, sizeof b);
    b[9] = 2;                                                           /* the 65th bit */
    p = b;
    CHECK(!bert__varint(&p, b + 10, &v));
    b[9] = 0x81;
    p = b;
    CHECK(!bert__varint(&p, b + 16, &v));
}

/* ---- what TensorFlow makes of the same tensors ---- */

static bert_output output(const char *name, bert_dtype dtype, const void *data, const int64_t *shape, int32_t rank)
{
    bert_output o;
    memset(&o, 0, sizeof o);
    o.name = name;
    o.dtype = dtype;
    o.data = data;
    o.shape = shape;
    o.rank = rank;
    return o;
}
/* The writer itself; names that are no UTF-8, which TensorFlow allows, get past it. */
static bert_status write_outputs(const char *prefix, const bert_output *o, size_t n, const bert_allocator *allocator, bert_error *error)
{
    bert_write_desc d;
    memset(&d, 0, sizeof d);
    d.path = prefix;
    d.tensors = o;
    d.count = n;
    if (allocator) d.allocator = *allocator;
    d.error = error;
    return bert__write_bundle(&d);                                      /* names of all bytes, which bert_checkpoint_write refuses */
}
static bert_checkpoint *open_prefix(const char *prefix, const bert_allocator *allocator, int all, bert_status *status, bert_error *error)
{
    bert__files_from from = bert__from_directory();
    return made_open(prefix, &from, allocator, all, status, error);
}

static const float small_floats[6] = { 1, 2, 3, -1, -2, 0.5f };
static const int64_t small_step = -2, small_shape[2] = { 2, 3 }, small_zero[1] = { 0 };

static size_t small_outputs(bert_output *o)
{
    o[0] = output("step", BERT_I64, &small_step, NULL, 0);              /* the writer sorts them */
    o[1] = output("a/b", BERT_F16, NULL, small_zero, 1);
    o[2] = output("a", BERT_F32, small_floats, small_shape, 2);
    return 3;
}
/* As written by TensorFlow 2.21: [2,3] floats, no halves, a scalar. */
static const unsigned char small_index[] = {
    0x00, 0x00, 0x06, 0x08, 0x01, 0x1a, 0x02, 0x08, 0x01, 0x00, 0x01, 0x13, 0x61, 0x08, 0x01, 0x12, 0x08, 0x12, 0x02, 0x08, 0x02, 0x12, 0x02, 0x08, 0x03, 0x28, 0x18, 0x35,
    0xc3, 0x82, 0x44, 0xc4, 0x01, 0x02, 0x0d, 0x2f, 0x62, 0x08, 0x13, 0x12, 0x02, 0x12, 0x00, 0x20, 0x18, 0x35, 0xd8, 0xea, 0x82, 0xa2, 0x00, 0x04, 0x0d, 0x73, 0x74, 0x65,
    0x70, 0x08, 0x09, 0x12, 0x00, 0x20, 0x18, 0x28, 0x08, 0x35, 0x8e, 0xed, 0x42, 0x10, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x48, 0x79, 0xf8, 0xf8, 0x00,
    0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0xc0, 0xf2, 0xa1, 0xb0, 0x00, 0x01, 0x02, 0x74, 0x00, 0x4e, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x94,
    0x29, 0xd5, 0x7a, 0x53, 0x08, 0x60, 0x0e, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb
};
static const unsigned char small_data[] = {
    0x00, 0x00, 0x80, 0x3f, 0x00, 0x00, 0x00, 0x40, 0x00, 0x00, 0x40, 0x40, 0x00, 0x00, 0x80, 0xbf, 0x00, 0x00, 0x00, 0xc0, 0x00, 0x00, 0x00, 0x3f,
    0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff
};

static void bytes_of_tensorflow(void)
{
    bert_output o[3];
    bert_error error;
    size_t n = small_outputs(o), size;
    char *bytes;
    memset(&error, 0, sizeof error);
    if (write_outputs(PREFIX, o, n, NULL, &error) != BERT_OK) { TEST_FAIL("%s", error.message); return; }
    bytes = test_read_file(INDEX, &size);
    REQUIRE(bytes != NULL);
    CHECK_BYTES(bytes, size, small_index, sizeof small_index);
    CHECK(bert__is_bundle_index((unsigned char *)bytes, size));
    CHECK(!bert__is_bundle_index((unsigned char *)bytes, size - 1));
    CHECK(!bert__is_bundle_index((unsigned char *)bytes + size - 47, 47));
    free(bytes);
    bytes = test_read_file(DATA, &size);
    REQUIRE(bytes != NULL);
    CHECK_BYTES(bytes, size, small_data, sizeof small_data);
    free(bytes);
    clean_up();
}

/* ---- there and back ---- */

static void every_type(void)
{
    static const bert_dtype types[] = { BERT_F32, BERT_F64, BERT_F16, BERT_BF16, BERT_I64, BERT_I32, BERT_I16, BERT_I8, BERT_U64, BERT_U32, BERT_U16, BERT_U8, BERT_BOOL,
                                        BERT_F8_E4M3, BERT_F8_E5M2, BERT_C64 };
    enum { N = sizeof types / sizeof *types };
    static unsigned char values[N][24 * 8], back[24 * 8];
    static const int64_t shape[4] = { 2, 1, 3, 4 };
    bert_output o[N];
    bert_error error;
    bert_status status;
    bert_checkpoint *c;
    uint64_t seed = 3;
    size_t i, k;
    memset(&error, 0, sizeof error);
    for (i = 0; i < N; i++) {
        for (k = 0; k < sizeof *values; k++) values[i][k] = types[i] == BERT_BOOL ? test_random(&seed) & 1 : (unsigned char)test_random(&seed);
        o[i] = output(bert_dtype_name(types[i]), types[i], values[i], shape, 4);
    }
    CHECK_INT(write_outputs(PREFIX, o, N, NULL, &error), BERT_OK);
    c = open_prefix(PREFIX, NULL, 1, &status, &error);
    if (!c) { TEST_FAIL("%s", error.message); return; }
    CHECK_STR(bert_checkpoint_format(c), "TensorFlow bundle");
    CHECK_INT(bert_checkpoint_count(c), N);
    for (i = 0; i < N; i++) {
        const bert_tensor *t = bert_checkpoint_find(c, bert_dtype_name(types[i]));
        REQUIRE(t != NULL);
        CHECK_INT(t->dtype, types[i]);
        CHECK(t->rank == 4 && memcmp(t->shape, shape, sizeof shape) == 0 && t->count == 24);
        CHECK_INT(bert_tensor_read(t, types[i], back, 24, &error), BERT_OK);
        CHECK_BYTES(back, 24 * bert_dtype_size(types[i]), values[i], 24 * bert_dtype_size(types[i]));
    }
    bert_checkpoint_close(c);
    clean_up();
}
/* 9000 tensors: three blocks, many restart points; names of all bytes, and names that begin as others end. */
static void many_tensors(void)
{
    enum { N = 9000 };
    static char names[N][64];
    static float values[N];
    static bert_output o[N];
    static const char odd[] = "\xFF\xFE\xC3\xA9zZ/_ \x01";
    bert_error error;
    bert_status status;
    bert_checkpoint *c;
    uint64_t seed = 5;
    size_t i, k, n;
    memset(&error, 0, sizeof error);
    for (i = 0; i < N; i++) {
        n = (size_t)snprintf(names[i], sizeof names[i], "%s%lu", i % 7 ? "layer/with/a/long/common/prefix/" : "", (unsigned long)i * 7919 % 90001);
        for (k = (size_t)(test_random(&seed) % 20); k; k--) names[i][n++] = odd[test_random(&seed) % (sizeof odd - 1)];
        names[i][n] = 0;
        if (i == 4000) memcpy(names[i], "\xFF\xFF\xFF", 4);
        if (i == 4001) memcpy(names[i], "\xFF\xFF\xFF\xFF", 5);
        values[i] = (float)i;
        o[i] = output(names[i], BERT_F32, &values[i], NULL, 0);
    }
    if (write_outputs(PREFIX, o, N, NULL, &error) != BERT_OK) { TEST_FAIL("%s", error.message); return; }
    c = open_prefix(PREFIX, NULL, 1, &status, &error);
    if (!c) { TEST_FAIL("%s", error.message); return; }
    CHECK_INT(bert_checkpoint_count(c), N);
    for (i = 0; i < N; i++) {
        const bert_tensor *t = bert_checkpoint_find(c, names[i]);
        float v = -1;
        REQUIRE(t != NULL && bert_tensor_read(t, BERT_F32, &v, 1, NULL) == BERT_OK);
        if (v != (float)i) { TEST_FAIL("%lu became %g", (unsigned long)i, (double)v); break; }
    }
    for (i = 1; i < N; i++) CHECK(strcmp(bert_checkpoint_tensor(c, (int64_t)i - 1)->name, bert_checkpoint_tensor(c, (int64_t)i)->name) < 0);
    bert_checkpoint_close(c);
    clean_up();
}
static void nothing_in_it(void)
{
    bert_error error;
    bert_status status;
    bert_checkpoint *c;
    memset(&error, 0, sizeof error);
    CHECK_INT(write_outputs(PREFIX, NULL, 0, NULL, &error), BERT_OK);
    c = open_prefix(PREFIX, NULL, 1, &status, &error);
    if (!c) { TEST_FAIL("%s", error.message); return; }
    CHECK_INT(bert_checkpoint_count(c), 0);
    bert_checkpoint_close(c);
    clean_up();
}

/* ---- damage ---- */

static made_files small_files(void)
{
    made_files f;
    memset(&f, 0, sizeof f);
    f.index = small_index;
    f.index_size = sizeof small_index;
    f.data[0] = small_data;
    f.data_size[0] = sizeof small_data;
    return f;
}
/* A copy in a block of its own, so that a read past its end is seen. */
static unsigned char *copy_of(const unsigned char *data, size_t size)
{
    unsigned char *copy = (unsigned char *)malloc(size ? size : 1);
    if (!copy) abort();
    if (size) memcpy(copy, data, size);
    return copy;
}
static void every_prefix(void)
{
    made_files f = small_files();
    bert_error error;
    bert_status status;
    size_t n;
    for (n = 0; n < sizeof small_index; n++) {
        unsigned char *copy = copy_of(small_index, n);
        f.index = copy;
        f.index_size = n;
        if (made_open_files(&f, NULL, &status, &error)) TEST_FAIL("%lu bytes of the index open", (unsigned long)n);
        CHECK(status == BERT_ERROR_FORMAT && strstr(error.message, "made/model.ckpt.index"));
        free(copy);
    }
    f = small_files();
    for (n = 0; n < sizeof small_data; n++) {
        unsigned char *copy = copy_of(small_data, n);
        f.data[0] = copy;
        f.data_size[0] = n;
        if (made_open_files(&f, NULL, &status, &error)) TEST_FAIL("%lu bytes of the values open", (unsigned long)n);
        CHECK(status == BERT_ERROR_FORMAT && strstr(error.message, "made/model.ckpt.data-00000-of-00001") && (strcmp(error.tensor, "a") == 0 || strcmp(error.tensor, "step") == 0));
        free(copy);
    }
    CHECK(f.asked > 0);
}
/* Every bit of both files: seen, but for the footer's padding and the handle of the meta block, which nobody needs. */
static void every_bit(void)
{
    bert_error error;
    bert_status status;
    bert_checkpoint *c;
    size_t n;
    for (n = 0; n < 8 * sizeof small_index; n++) {
        unsigned char *copy = copy_of(small_index, sizeof small_index);
        made_files f = small_files();
        const size_t at = n / 8;
        copy[at] = (unsigned char)(copy[at] ^ (1 << n % 8));
        f.index = copy;
        c = made_open_files(&f, NULL, &status, &error);
        if (c && (at < 83 || (at >= 96 && at < sizeof small_index - 48) || at >= sizeof small_index - 8)) TEST_FAIL("bit %lu makes no difference", (unsigned long)n);
        if (!c) CHECK(status == BERT_ERROR_FORMAT);
        bert_checkpoint_close(c);
        free(copy);
    }
    for (n = 0; n < 8 * sizeof small_data; n++) {
        unsigned char *copy = copy_of(small_data, sizeof small_data);
        made_files f = small_files();
        copy[n / 8] = (unsigned char)(copy[n / 8] ^ (1 << n % 8));
        f.data[0] = copy;
        CHECK(made_open_files(&f, NULL, &status, &error) == NULL && status == BERT_ERROR_FORMAT);
        mentions(error.message, "checksum");
        CHECK_STR(error.tensor, n / 8 < 24 ? "a" : "step");
        CHECK_INT(error.offset, n / 8 < 24 ? 0 : 24);
        free(copy);
    }
}
/* A large tensor is not read when it is opened, but by bert__bundle_verify. */
static void verify(void)
{
    static float values[3000];
    static const int64_t shape[1] = { 3000 };
    bert_output o = output("large", BERT_F32, values, shape, 1);
    bert_error error;
    bert_status status;
    bert_checkpoint *c;
    size_t size;
    char *bytes;
    FILE *f;
    memset(&error, 0, sizeof error);
    CHECK_INT(write_outputs(PREFIX, &o, 1, NULL, &error), BERT_OK);
    c = open_prefix(PREFIX, NULL, 1, &status, &error);
    CHECK(c != NULL);
    bert_checkpoint_close(c);
    bytes = test_read_file(DATA, &size);
    REQUIRE(bytes != NULL && size == sizeof values);
    bytes[7777] = 1;
    f = fopen(DATA, "wb");
    REQUIRE(f != NULL && fwrite(bytes, 1, size, f) == size);
    fclose(f);
    free(bytes);
    c = open_prefix(PREFIX, NULL, 0, &status, &error);
    CHECK(c != NULL);
    bert_checkpoint_close(c);
    c = open_prefix(PREFIX, NULL, 1, &status, &error);
    CHECK(c == NULL && status == BERT_ERROR_FORMAT);
    CHECK_STR(error.tensor, "large");
    mentions(error.message, DATA ": large: its values do not match their checksum");
    clean_up();
}
static void missing_files(void)
{
    bert_error error;
    bert_status status;
    bert_output o[3];
    clean_up();
    CHECK(open_prefix(PREFIX, NULL, 0, &status, &error) == NULL && status == BERT_ERROR_IO);
    mentions(error.message, INDEX ": ");
    CHECK_INT(write_outputs(PREFIX, o, small_outputs(o), NULL, &error), BERT_OK);
    remove(DATA);
    CHECK(open_prefix(PREFIX, NULL, 0, &status, &error) == NULL && status == BERT_ERROR_IO);
    mentions(error.message, DATA ": ");
    clean_up();
}

/* ---- blocks by hand ---- */

static made hand, hand_index;
static unsigned char hand_values[64];

static void hand_begin(void)
{
    static const unsigned char header[] = { 8, 2, 26, 2, 8, 1 };
    size_t k;
    hand.size = 0;
    made_entry(&hand, 0, "", 0, header, sizeof header);
    for (k = 0; k < sizeof hand_values; k++) hand_values[k] = (unsigned char)(k * 5);
}
static void hand_name(size_t shared, const char *fresh, const void *value, size_t size) { made_entry(&hand, shared, fresh, strlen(fresh), value, size); }

/* The record of a tensor: at most two dimensions, both below 128; `more` are further fields. */
static size_t hand_record(unsigned char *out, int type, int rank, int d0, int d1, unsigned offset, unsigned size, const char *more, size_t more_size)
{
    size_t n = 0;
    uint32_t crc = offset + size <= sizeof hand_values ? made_crc(hand_values + offset, size) : 0;
    int k;
    out[n++] = 8; out[n++] = (unsigned char)type;
    out[n++] = 18; out[n++] = (unsigned char)(4 * rank);
    for (k = 0; k < rank; k++) { out[n++] = 18; out[n++] = 2; out[n++] = 8; out[n++] = (unsigned char)(k ? d1 : d0); }
    out[n++] = 32; out[n++] = (unsigned char)offset;
    out[n++] = 40; out[n++] = (unsigned char)size;
    out[n++] = 53;
    for (k = 0; k < 4; k++) out[n++] = (unsigned char)(crc >> 8 * k);
    if (more_size) memcpy(out + n, more, more_size);
    return n + more_size;
}
static void hand_tensor(size_t shared, const char *fresh, int type, int rank, int d0, int d1, unsigned offset, unsigned size)
{
    unsigned char record[64];
    hand_name(shared, fresh, record, hand_record(record, type, rank, d0, d1, offset, size, NULL, 0));
}
/* One restart point at 0 ends the block. */
static void hand_end(void) { made_u32(&hand, 0); made_u32(&hand, 1); }

static bert_checkpoint *hand_open(unsigned char packed, int twice, bert_status *status, bert_error *error)
{
    made_files f;
    memset(&f, 0, sizeof f);
    memset(error, 0, sizeof *error);
    made_index(&hand_index, &hand, packed, twice);
    f.index = hand_index.bytes;
    f.index_size = hand_index.size;
    f.data[0] = hand_values;
    f.data_size[0] = 40;
    f.data[1] = hand_values + 40;
    f.data_size[1] = 24;
    return made_open_files(&f, NULL, status, error);
}
static void hand_fails(bert_status want, const char *part)
{
    bert_status status;
    bert_error error;
    bert_checkpoint *c = hand_open(0, 0, &status, &error);
    CHECK(c == NULL);
    CHECK_INT(status, want);
    if (!strstr(error.message, part)) TEST_FAIL("\"%s\", not \"%s\"", error.message, part);
    bert_checkpoint_close(c);
}
static void by_hand(void)
{
    static const char unknown[] = "\x82\x01\x03" "abc" "\x88\x01\x96\x01" "\x91\x01" "12345678" "\x95\x01" "1234";     /* fields 16, 17, 18, 18 */
    static const unsigned char graph[] = { 8, 7, 18, 0, 32, 0, 40, 171, 1 };
    unsigned char record[128];
    bert_status status;
    bert_error error;
    bert_checkpoint *c;
    const bert_tensor *t;
    float v[2] = { 0, 0 }, want;
    size_t second, n, k;
    uint32_t crc;
    hand_begin();
    n = hand_record(record, 1, 2, 1, 2, 0, 8, unknown, sizeof unknown - 1);
    hand_name(0, "layer/a", record, n);
    second = hand.size;
    hand_tensor(0, "layer/b", 19, 1, 3, 0, 8, 6);
    hand_tensor(7, "/kernel", 1, 0, 0, 0, 16, 4);
    hand_tensor(3, "z", 23, 1, 2, 0, 16, 16);                           /* "layz" */
    n = hand_record(record, 9, 0, 0, 0, 0, 8, "\x18\x01", 2);           /* in data file 1 */
    crc = made_crc(hand_values + 40, 8);
    for (k = 0; k < 4; k++) record[n - 6 + k] = (unsigned char)(crc >> 8 * k);
    hand_name(0, "step", record, n);
    hand_name(4, "_graph", graph, sizeof graph);                        /* a string: listed */
    hand_name(5, "resource", "\x08\x14", 2);
    made_u32(&hand, 0);
    made_u32(&hand, (uint32_t)second);
    made_u32(&hand, 2);
    c = hand_open(0, 0, &status, &error);
    if (!c) { TEST_FAIL("%s", error.message); return; }
    CHECK_STR(bert_checkpoint_format(c), "sharded TensorFlow bundle");
    CHECK_INT(bert_checkpoint_count(c), 7);
    t = bert_checkpoint_find(c, "layer/a");
    REQUIRE(t && t->rank == 2 && t->shape[0] == 1 && t->shape[1] == 2 && bert_tensor_read(t, BERT_F32, v, 2, NULL) == BERT_OK);
    want = bert__bits_to_float(bert__load32(hand_values + 4));
    CHECK(v[1] == want);
    CHECK((t = bert_checkpoint_find(c, "layer/b/kernel")) != NULL && t->rank == 0);
    CHECK((t = bert_checkpoint_find(c, "layer/b")) != NULL && t->dtype == BERT_F16);
    CHECK((t = bert_checkpoint_find(c, "layz")) != NULL && t->dtype == BERT_U64 && t->count == 2);
    CHECK((t = bert_checkpoint_find(c, "step")) != NULL && t->data == hand_values + 40);
    t = bert_checkpoint_find(c, "step_graph");
    REQUIRE(t && t->dtype == BERT_STRING && t->count == 1);
    CHECK(bert_tensor_view(t) == NULL);
    memset(&error, 0, sizeof error);
    CHECK_INT(bert_tensor_read(t, BERT_STRING, record, 1, &error), BERT_ERROR_UNSUPPORTED);
    CHECK_STR(error.tensor, "step_graph");
    CHECK_INT(bert_tensor_read(t, BERT_F32, record, 1, &error), BERT_ERROR_UNSUPPORTED);
    CHECK((t = bert_checkpoint_find(c, "step_resource")) != NULL && t->dtype == BERT_STRING);
    bert_checkpoint_close(c);
}

static void hostile_blocks(void)
{
    static const unsigned char v1[] = { 10, 2, 1, 2 }, new_version[] = { 8, 1, 26, 2, 16, 2 }, no_shards[] = { 26, 2, 8, 1 }, many_shards[] = { 8, 0xA0, 0x8D, 6 };
    static const unsigned char negative[] = { 8, 1, 18, 13, 18, 11, 8, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1 };
    static const unsigned char huge[] = { 8, 1, 18, 24, 18, 10, 8, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40, 18, 10, 8, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40 };
    static const unsigned char far_away[] = { 8, 1, 18, 0, 32, 0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 40, 4 };
    unsigned char record[128];
    static char name[70000];
    bert_status status;
    bert_error error;
    size_t n, k;
    hand.size = 0; hand_name(0, "a", "", 0); hand_end(); hand_fails(BERT_ERROR_FORMAT, "no header");
    hand.size = 0; hand_end(); hand_fails(BERT_ERROR_FORMAT, "no header");
    hand.size = 0; hand_name(0, "", v1, sizeof v1); hand_end(); hand_fails(BERT_ERROR_UNSUPPORTED, "V1");
    hand.size = 0; hand_name(0, "", new_version, sizeof new_version); hand_end(); hand_fails(BERT_ERROR_UNSUPPORTED, "version 2");
    hand.size = 0; hand_name(0, "", no_shards, sizeof no_shards); hand_end(); hand_fails(BERT_ERROR_FORMAT, "0 data files");
    hand.size = 0; hand_name(0, "", many_shards, sizeof many_shards); hand_end(); hand_fails(BERT_ERROR_FORMAT, "100000 data files");
    hand.size = 0; hand_name(0, "", "\x08", 1); hand_end(); hand_fails(BERT_ERROR_FORMAT, "header of the bundle is damaged");
    hand.size = 0; hand_name(0, "", "\x1A\x01\x08", 3); hand_end(); hand_fails(BERT_ERROR_FORMAT, "header of the bundle is damaged");

    hand_begin(); hand_tensor(0, "b", 1, 0, 0, 0, 0, 4); hand_tensor(0, "a", 1, 0, 0, 0, 0, 4); hand_end(); hand_fails(BERT_ERROR_FORMAT, "not in order");
    hand_begin(); hand_tensor(0, "b", 1, 0, 0, 0, 0, 4); hand_tensor(1, "", 1, 0, 0, 0, 0, 4); hand_end(); hand_fails(BERT_ERROR_FORMAT, "not in order");
    hand_begin(); hand_tensor(1, "b", 1, 0, 0, 0, 0, 4); hand_end(); hand_fails(BERT_ERROR_FORMAT, "shares more of its name");
    hand_begin(); hand_tensor(0, "b", 1, 0, 0, 0, 0, 4); made_u32(&hand, 0); hand_fails(BERT_ERROR_FORMAT, "restart points");
    hand_begin(); made_u32(&hand, 0); made_u32(&hand, 0xFFFFFFFFu); hand_fails(BERT_ERROR_FORMAT, "restart points");
    hand_begin(); made_u32(&hand, 0); made_u32(&hand, 3); made_u32(&hand, 2); hand_fails(BERT_ERROR_FORMAT, "restart points");
    hand_begin(); made_u32(&hand, 3); made_u32(&hand, 1); hand_fails(BERT_ERROR_FORMAT, "restart points");
    hand_begin(); made_raw(&hand, "\x00\x05\x01" "ab", 5); hand_end(); hand_fails(BERT_ERROR_FORMAT, "leaves the block");
    hand_begin(); made_raw(&hand, "\x00\x01\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01" "a", 13); hand_end(); hand_fails(BERT_ERROR_FORMAT, "leaves the block");
    hand_begin(); made_raw(&hand, "\x00\x80", 2); hand_end(); hand_fails(BERT_ERROR_FORMAT, "cut off");
    hand_begin(); made_raw(&hand, "\x80", 1); hand_end(); hand_fails(BERT_ERROR_FORMAT, "cut off");
    hand_begin(); made_raw(&hand, "\x00\x01\x80", 3); hand_end(); hand_fails(BERT_ERROR_FORMAT, "cut off");
    hand.size = 0; made_raw(&hand, "abc", 3); hand_fails(BERT_ERROR_FORMAT, "restart points");

    hand_begin(); hand_tensor(0, "w", 1, 2, 2, 2, 0, 8); hand_end(); hand_fails(BERT_ERROR_FORMAT, "w: has 8 bytes, but its shape and type (F32) need 16");
    hand_begin(); hand_tensor(0, "w", 1, 1, 5, 0, 24, 20); hand_end(); hand_fails(BERT_ERROR_FORMAT, "w: lies at byte 24, 20 bytes long, but the file has only 40");
    hand_begin(); n = hand_record(record, 1, 0, 0, 0, 0, 4, "\x18\x02", 2); hand_name(0, "w", record, n); hand_end(); hand_fails(BERT_ERROR_FORMAT, "w: lies in data file 2 of 2");
    hand_begin(); n = hand_record(record, 1, 0, 0, 0, 0, 4, "\x3A\x04\x0A\x02\x10\x02", 6); hand_name(0, "w", record, n); hand_end(); hand_fails(BERT_ERROR_UNSUPPORTED, "w: is stored in slices");
    hand_begin(); hand_tensor(0, "v", 1, 1, 8, 0, 0, 32); hand_tensor(0, "w", 1, 1, 3, 0, 4, 12); hand_end(); hand_fails(BERT_ERROR_FORMAT, "w: lies over other tensors");
    hand_begin(); hand_name(0, "w", negative, sizeof negative); hand_end(); hand_fails(BERT_ERROR_FORMAT, "w: ");
    hand_begin(); hand_name(0, "w", huge, sizeof huge); hand_end(); hand_fails(BERT_ERROR_FORMAT, "w: ");
    for (k = 0; k < 2; k++) {                                           /* 66 dimensions, of 1; of a string, whose bytes nobody compares */
        static unsigned char deep[400];
        size_t i;
        n = 0;
        deep[n++] = 8; deep[n++] = k ? 7 : 1;
        deep[n++] = 18; deep[n++] = 0x88; deep[n++] = 2;                /* 264 bytes */
        for (i = 0; i < 66; i++) { deep[n++] = 18; deep[n++] = 2; deep[n++] = 8; deep[n++] = 1; }
        deep[n++] = 40; deep[n++] = 4; deep[n++] = 53;
        hand_begin();
        for (i = 0; i < 4; i++) deep[n++] = (unsigned char)(made_crc(hand_values, 4) >> 8 * i & 255);
        hand_name(0, "w", deep, n); hand_end(); hand_fails(BERT_ERROR_UNSUPPORTED, "66 dimensions");
    }
    hand_begin(); hand_tensor(0, "w", 1, 2, 3, 0, 0, 4); hand_end(); hand_fails(BERT_ERROR_FORMAT, "need 0");     /* a dimension of 0 */
    hand_begin(); hand_name(0, "w", far_away, sizeof far_away); hand_end(); hand_fails(BERT_ERROR_FORMAT, "w: lies at byte 18446744073709551614");
    hand_begin(); n = hand_record(record, 1, 0, 0, 0, 0, 4, NULL, 0); record[n - 1] ^= 1; hand_name(0, "w", record, n); hand_end(); hand_fails(BERT_ERROR_FORMAT, "w: its values do not match their checksum");
    for (k = 1; k < n; k++) {                                           /* a record that is cut off: an error, or one that needs no more */
        hand_begin(); hand_name(0, "w", record, k); hand_end();
        CHECK(hand_open(0, 0, &status, &error) == NULL || k == 2 || k == 4);
    }
    hand_begin(); hand_tensor(0, "w", 1, 0, 0, 0, 0, 4); hand_end();
    CHECK(hand_open(0, 1, &status, &error) == NULL);                    /* the same block twice */
    mentions(error.message, "index block is damaged");
    CHECK(hand_open(2, 0, &status, &error) == NULL && status == BERT_ERROR_UNSUPPORTED);
    mentions(error.message, "packed by method 2");

    memset(name, 'n', sizeof name);
    hand_begin(); made_entry(&hand, 0, name, 65536, "\x08\x07", 2); hand_end(); hand_fails(BERT_ERROR_FORMAT, "65535");
}
/* Names that share 60000 bytes and cost 8 each: refused before they fill the memory. */
static void names_unfold(void)
{
    static char name[60000];
    test_faults faults;
    bert_allocator allocator;
    bert_status status;
    bert_error error;
    made_files f;
    unsigned k;
    memset(name, 'n', sizeof name);
    hand_begin();
    made_entry(&hand, 0, name, sizeof name, "\x08\x07", 2);
    for (k = 0; k < 15000; k++) {
        char fresh[2];
        fresh[0] = (char)(unsigned char)(1 + k / 250);
        fresh[1] = (char)(unsigned char)(1 + k % 250);
        made_entry(&hand, sizeof name, fresh, 2, "\x08\x07", 2);
    }
    hand_end();
    memset(&faults, 0, sizeof faults);
    memset(&f, 0, sizeof f);
    allocator = test_faults_allocator(&faults);
    made_index(&hand_index, &hand, 0, 0);
    f.index = hand_index.bytes;
    f.index_size = hand_index.size;
    CHECK(made_open_files(&f, &allocator, &status, &error) == NULL && status == BERT_ERROR_UNSUPPORTED);
    mentions(error.message, "names of the tensors unfold");
    CHECK(faults.peak < hand_index.size * 70 + 300000);
    CHECK_INT(faults.live, 0);
}

/* ---- snappy ---- */

static void snappy(void)
{
    made plain;
    bert_status status;
    bert_error error;
    bert_checkpoint *c;
    const bert_tensor *t;
    size_t k, cut, n;
    unsigned char out[300];
    static const struct { const char *in; size_t size; const char *out; } cases[] = {
        { "\x08" "abc", 4, "abc" },
        { "\x08" "abc" "\x01\x03", 6, "abcabca" },                      /* 1 byte of offset: 4 bytes from 3 back */
        { "\x08" "abc" "\x15\x01", 6, "abcccccccccc" },                 /* overlapping: 9 times the last */
        { "\x08" "abc" "\x0A\x02\x00", 7, "abcbcb" },                   /* 2 bytes of offset */
        { "\x08" "abc" "\x0B\x03\x00\x00\x00", 9, "abcabc" },           /* 4 bytes of offset */
        { "\xF0\x02" "abc", 5, "abc" },                                 /* a literal with its length in 1, 2, 3, 4 bytes */
        { "\xF4\x02\x00" "abc", 6, "abc" },
        { "\xF8\x02\x00\x00" "abc", 7, "abc" },
        { "\xFC\x02\x00\x00\x00" "abc", 8, "abc" },
        { "", 0, "" },
    };
    for (k = 0; k < sizeof cases / sizeof *cases; k++) {
        n = strlen(cases[k].out);
        CHECK(bert__snappy((const unsigned char *)cases[k].in, cases[k].size, out, n) == NULL);
        CHECK_BYTES(out, n, cases[k].out, n);
        for (cut = 0; cut < n; cut++) CHECK(bert__snappy((const unsigned char *)cases[k].in, cases[k].size, out, cut) != NULL);
        CHECK(bert__snappy((const unsigned char *)cases[k].in, cases[k].size, out, n + 1) != NULL);
        for (cut = 0; cut < cases[k].size; cut++) {
            unsigned char *copy = copy_of((const unsigned char *)cases[k].in, cut);
            CHECK(bert__snappy(copy, cut, out, n) != NULL || !n);
            free(copy);
        }
    }
    CHECK(bert__snappy((const unsigned char *)"\x00" "a\x01\x00", 4, out, 5) != NULL);        /* from 0 back */
    CHECK(bert__snappy((const unsigned char *)"\x00" "a\x01\x02", 4, out, 5) != NULL);        /* from before the start */
    CHECK(bert__snappy((const unsigned char *)"\x00" "a\x03\xFF\xFF\xFF\xFF", 7, out, 2) != NULL);
    CHECK(bert__snappy((const unsigned char *)"\xFC\xFF\xFF\xFF\xFF" "abc", 8, out, 3) != NULL);

    /* a whole block: literals, and one copy of the four floats "abababab..." it needs as a name */
    hand_begin();
    hand_tensor(0, "abababababababab", 1, 1, 2, 0, 0, 8);
    hand_end();
    plain = hand;
    hand.size = 0;
    made_varint(&hand, plain.size);
    for (k = 0; k < plain.size && memcmp(plain.bytes + k, "abab", 4) != 0; k++) {}
    made_varint(&hand, (k + 2 - 1) << 2);                               /* up to the first "ab" (fewer than 31 bytes: one byte) */
    made_raw(&hand, plain.bytes, k + 2);
    made_raw(&hand, "\x36\x02\x00", 3);                                 /* 14 more from 2 back */
    made_varint(&hand, 60 << 2);                                        /* the rest: a literal with a byte of length; tag F0 */
    hand.size -= 2;
    made_raw(&hand, "\xF0", 1);
    { unsigned char left = (unsigned char)(plain.size - k - 16 - 1); made_raw(&hand, &left, 1); }
    made_raw(&hand, plain.bytes + k + 16, plain.size - k - 16);
    c = hand_open(1, 0, &status, &error);
    if (!c) { TEST_FAIL("%s", error.message); return; }
    CHECK((t = bert_checkpoint_find(c, "abababababababab")) != NULL && t->count == 2);
    bert_checkpoint_close(c);
    for (k = 0; k < hand.size; k++) {                                   /* damaged behind right checksums */
        made whole = hand;
        int bit;
        for (bit = 0; bit < 8; bit++) {
            hand.bytes[k] = (unsigned char)(hand.bytes[k] ^ (1 << bit));
            c = hand_open(1, 0, &status, &error);
            if (!c) CHECK(status == BERT_ERROR_FORMAT || status == BERT_ERROR_UNSUPPORTED || status == BERT_ERROR_IO);
            bert_checkpoint_close(c);
            hand = whole;
        }
        hand.size = k;
        c = hand_open(1, 0, &status, &error);
        CHECK(c == NULL);
        bert_checkpoint_close(c);
        hand = whole;
    }
    hand.size = 0;                                                      /* says it holds 2^40 bytes */
    made_varint(&hand, (uint64_t)1 << 40);
    made_raw(&hand, "\x00" "a", 2);
    CHECK(hand_open(1, 0, &status, &error) == NULL && status == BERT_ERROR_FORMAT);
    mentions(error.message, "impossible length");
}

/* ---- byte order ---- */

static void big_endian(void)
{
    static const unsigned char header[] = { 8, 1, 16, 1, 26, 2, 8, 1 }, order[8] = { 0x3F, 0x80, 0, 0, 0xC0, 0, 0, 0 };
    bert_status status;
    bert_error error;
    bert_checkpoint *c;
    const bert_tensor *t;
    float v[2] = { 0, 0 };
    int16_t h[4] = { 0, 0, 0, 0 };
    hand.size = 0;
    memcpy(hand_values, order, 8);
    made_entry(&hand, 0, "", 0, header, sizeof header);
    hand_tensor(0, "f", 1, 1, 2, 0, 0, 8);
    hand_tensor(0, "h", 5, 1, 4, 0, 0, 8);
    hand_tensor(0, "z", 8, 1, 1, 0, 0, 8);
    hand_end();
    c = hand_open(0, 0, &status, &error);
    if (!c) { TEST_FAIL("%s", error.message); return; }
    CHECK((t = bert_checkpoint_find(c, "f")) != NULL && bert_tensor_read(t, BERT_F32, v, 2, &error) == BERT_OK);
    CHECK(v[0] == 1 && v[1] == -2);
    CHECK((t = bert_checkpoint_find(c, "h")) != NULL && bert_tensor_read(t, BERT_I16, h, 4, &error) == BERT_OK);
    CHECK(h[0] == 0x3F80 && h[1] == 0 && h[2] == -0x4000 && h[3] == 0);
    v[0] = v[1] = 0;
    CHECK((t = bert_checkpoint_find(c, "z")) != NULL && bert_tensor_read(t, BERT_C64, v, 1, &error) == BERT_OK);
    CHECK(v[0] == 1 && v[1] == -2);
    bert_checkpoint_close(c);
}

/* ---- writing that fails ---- */

static void refused(void)
{
    static const int64_t negative[1] = { -1 }, huge[3] = { (int64_t)1 << 40, (int64_t)1 << 40, 2 };
    static char name[65537];
    bert_output o[3];
    bert_write_desc d;
    bert_error error;
    size_t k;
    FILE *f;
    clean_up();
    memset(name, 'a', 65536);
    memset(&d, 0, sizeof d);
    d.path = PREFIX;
    d.count = 3;
    d.error = &error;
    for (k = 0; k < 9; k++) {
        static const char *const parts[] = { "b: two tensors have this name", "UTF-8 and not empty", "STRING", "dimension 0 is -1", "has no values", "memory", "its rank is 65", "65535", "UTF-8 and not empty" };
        memset(&error, 0, sizeof error);
        o[0] = output("a", BERT_F32, small_floats, small_shape, 2);
        o[1] = output("b", BERT_F32, small_floats, small_shape, 2);
        o[2] = output("c", BERT_F32, small_floats, small_shape, 2);
        if (k == 0) o[0].name = "b";
        if (k == 1) o[1].name = "";
        if (k == 2) o[1].dtype = BERT_STRING;
        if (k == 3) { o[1].shape = negative; o[1].rank = 1; }
        if (k == 4) o[1].data = NULL;
        if (k == 5) { o[1].shape = huge; o[1].rank = 3; }
        if (k == 6) o[1].rank = 65;
        if (k == 7) o[1].name = name;
        if (k == 8) o[1].name = NULL;
        d.tensors = o;
        CHECK(bert_checkpoint_write(&d) != BERT_OK);
        if (!strstr(error.message, parts[k])) TEST_FAIL("%s", error.message);
    }
    f = fopen(INDEX, "rb");
    CHECK(f == NULL);
    if (f) fclose(f);
    d.count = 1;
    d.path = "no/such/folder/" PREFIX;
    CHECK_INT(bert_checkpoint_write(&d), BERT_ERROR_IO);
    d.path = NULL;
    CHECK_INT(bert_checkpoint_write(&d), BERT_ERROR_ARGUMENT);
}
static void out_of_memory(void)
{
    bert_output o[3];
    bert_status status = BERT_OK;
    bert_error error;
    test_faults faults;
    bert_allocator allocator;
    bert_checkpoint *c = NULL;
    long at;
    size_t n = small_outputs(o);
    clean_up();
    for (at = 1; at < 200; at++) {
        FILE *f;
        memset(&faults, 0, sizeof faults);
        memset(&error, 0, sizeof error);
        faults.fail_at = at;
        allocator = test_faults_allocator(&faults);
        status = write_outputs(PREFIX, o, n, &allocator, &error);
        CHECK_INT(faults.live, 0);
        if (status == BERT_OK) break;
        CHECK(status == BERT_ERROR_MEMORY && error.message[0]);
        f = fopen(INDEX, "rb");
        CHECK(f == NULL);
        if (f) fclose(f);
    }
    CHECK(status == BERT_OK && at > 5);
    for (at = 1; at < 200 && !c; at++) {
        memset(&faults, 0, sizeof faults);
        memset(&error, 0, sizeof error);
        faults.fail_at = at;
        allocator = test_faults_allocator(&faults);
        c = open_prefix(PREFIX, &allocator, 1, &status, &error);
        if (!c) CHECK(status == BERT_ERROR_MEMORY && error.message[0] && faults.live == 0);
    }
    CHECK(c != NULL && at > 3);
    bert_checkpoint_close(c);
    CHECK_INT(faults.live, 0);
    clean_up();
}

/* ---- the file `checkpoint` ---- */

static void state_file(void)
{
    static const struct { const char *text, *want; } cases[] = {
        { "model_checkpoint_path: \"model.ckpt-8\"\nall_model_checkpoint_paths: \"model.ckpt-8\"\n", "model.ckpt-8" },
        { "all_model_checkpoint_paths: \"x\"\nmodel_checkpoint_path: \"/a b/c\"", "/a b/c" },
        { "model_checkpoint_path : 'it\\'s' # note \"no\"\n", "it's" },
        { "# model_checkpoint_path: \"no\"\nmodel_checkpoint_path:\"a\" 'b'\n\"c\"", "abc" },
        { "model_checkpoint_path: \"\\303\\251\\x41\\102\\u00e9\\U0001F600\\\\\\\"\\t\"", "\xC3\xA9" "AB\xC3\xA9\xF0\x9F\x98\x80\\\"\t" },
        { "model_checkpoint_path: \"old\"\nlast_preserved_timestamp: 1.5e+09\nmodel_checkpoint_path: \"new\"", "new" },
        { "all_model_checkpoint_timestamps: 1 model_checkpoint_path: \"a\"", "a" },
        { "model_checkpoint_path: \"\xE4\xB8\xAD\"", "\xE4\xB8\xAD" },
        { "model_checkpoint_path: \"\\X4A\\x4a\\u004F\\u00fF\\18\"", "JJO\xC3\xBF\1" "8" },
        { "Z9_a: \"no\" [{~ model_checkpoint_path: 'b' # the end", "b" },
        { "model_checkpoint_path", NULL }, { "model_checkpoint_path: \"\\x", NULL }, { "model_checkpoint_path: \"\\x4", NULL }, { "model_checkpoint_path: \"\\ug\"", NULL },
        { "", NULL }, { "model_checkpoint_path: \"\"", NULL }, { "model_checkpoint_path: \"a", NULL }, { "model_checkpoint_path: \"a\n\"", NULL },
        { "model_checkpoint_path: \"a\\", NULL }, { "model_checkpoint_path: \"\\x\"", NULL }, { "model_checkpoint_path: \"\\u12\"", NULL },
        { "model_checkpoint_path: \"\\UFFFFFFFF\"", NULL }, { "model_checkpoint_path: \"a\\0b\"", NULL }, { "all_model_checkpoint_paths: \"a\"", NULL },
        { "xmodel_checkpoint_path: \"a\"", NULL },
    };
#ifdef _WIN32                                                           /* a backslash there ends a folder */
    static const char *const names[] = { "model.ckpt-12", "it's \"a\"", "\xC3\xA9\xE4\xB8\xAD \x7F" };
#else
    static const char *const names[] = { "model.ckpt-12", "it's \"a\\b\"", "\xC3\xA9\xE4\xB8\xAD \x7F" };
#endif
    bert_error error;
    bert__buf name;
    size_t k;
    bert__buf_init(&name, NULL);
    for (k = 0; k < sizeof cases / sizeof *cases; k++) {
        bert_status status;
        memset(&error, 0, sizeof error);
        status = bert__parse_state("checkpoint", cases[k].text, strlen(cases[k].text), &name, &error);
        if (cases[k].want) { if (status == BERT_OK) CHECK_STR(name.data, cases[k].want); else TEST_FAIL("%s", error.message); }
        else CHECK(status == BERT_ERROR_FORMAT && error.message[0]);
    }
    for (k = 0; k < sizeof names / sizeof *names; k++) {
        CHECK_INT(bert__write_state(names[k], NULL, &error), BERT_OK);
        CHECK_INT(bert__read_state("checkpoint", NULL, &name, &error), BERT_OK);
        CHECK_STR(name.data, names[k]);
    }
    CHECK_INT(bert__write_state("./" PREFIX, NULL, &error), BERT_OK);
    {
        size_t size = 0;
        char *text = test_read_file("checkpoint", &size);
        CHECK_STR(text, "model_checkpoint_path: \"" PREFIX "\"\nall_model_checkpoint_paths: \"" PREFIX "\"\n");
        free(text);
    }
    remove("checkpoint");
    CHECK_INT(bert__read_state("checkpoint", NULL, &name, &error), BERT_ERROR_IO);
    CHECK_INT(bert__write_state("no/such/folder/x", NULL, &error), BERT_ERROR_IO);
    bert__buf_free(&name);
}

/* ---- behind 2^32: a tensor of 2^32 + 16 bytes, nearly all a hole, and three floats behind it ---- */

#define DATA_OF_TWO PREFIX ".data-00000-of-00002"
static void huge(void)
{
    static const unsigned char three[12] = { 0, 0, 0x80, 0x3F, 0, 0, 0, 0x40, 0, 0, 0x40, 0x40 };
    const int64_t many = ((int64_t)1 << 32) + 16;
    static made record, dim, shape;
    const bert_tensor *t;
    bert_checkpoint_desc d;
    bert_checkpoint *c = NULL;
    bert_error error;
    holes_part parts[2];
    const char *why;
    float got[3];
    int i;
    hand_begin();
    for (i = 0; i < 2; i++) {
        record.size = dim.size = shape.size = 0;
        made_raw(&dim, "\x08", 1);
        made_varint(&dim, i ? 3 : (uint64_t)many);
        made_raw(&shape, "\x12", 1);
        made_varint(&shape, dim.size);
        made_raw(&shape, dim.bytes, dim.size);
        made_raw(&record, i ? "\x08\1\x12" : "\x08\4\x12", 3);         /* float, uint8 */
        made_varint(&record, shape.size);
        made_raw(&record, shape.bytes, shape.size);
        made_raw(&record, "\x20", 1);
        made_varint(&record, i ? (uint64_t)many : 0);
        made_raw(&record, "\x28", 1);
        made_varint(&record, i ? 12 : (uint64_t)many);
        made_raw(&record, "\x35", 1);
        made_u32(&record, i ? made_crc(three, 12) : 0);                 /* (what is large is not read when a bundle is opened) */
        made_entry(&hand, 0, i ? "b" : "a", 1, record.bytes, record.size);
    }
    hand_end();
    made_index(&hand_index, &hand, 0, 0);
    parts[0].at = many - 1;  parts[0].data = "\7";   parts[0].size = 1;
    parts[1].at = many;      parts[1].data = three;  parts[1].size = 12;
    if ((why = holes_make(DATA_OF_TWO, parts, 2)) != NULL) { test_skip("%s", why); return; }
    memset(&d, 0, sizeof d);
    d.path = PREFIX;
    d.error = &error;
    if (bert_file_write(INDEX, hand_index.bytes, hand_index.size, &error) || bert_checkpoint_open(&d, &c)) TEST_FAIL("%s", error.message);
    else {
        CHECK((t = bert_checkpoint_find(c, "a")) != NULL && t->count == many && bert_tensor_bytes(t) == (size_t)many && t->data[many - 1] == 7);
        CHECK((t = bert_checkpoint_find(c, "b")) != NULL && bert_tensor_read(t, BERT_F32, got, 3, &error) == BERT_OK && got[0] == 1 && got[1] == 2 && got[2] == 3);
        bert_checkpoint_close(c);
    }
    remove(INDEX);
    remove(DATA_OF_TWO);
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(checksums);
    TEST(varints);
    TEST(bytes_of_tensorflow);
    TEST(every_type);
    TEST(many_tensors);
    TEST(nothing_in_it);
    TEST(every_prefix);
    TEST(every_bit);
    TEST(verify);
    TEST(missing_files);
    TEST(by_hand);
    TEST(hostile_blocks);
    TEST(names_unfold);
    TEST(snappy);
    TEST(big_endian);
    TEST(huge);
    TEST(refused);
    TEST(out_of_memory);
    TEST(state_file);
    return test_end();
}
