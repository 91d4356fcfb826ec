/* unit_model.c - configs, names, and models written and opened again in every format and spelling; files beside; random models
   SPDX-License-Identifier: MIT-0 OR Unlicense */
#include "bert.h"
#include "test.h"
#include "faults.h"
#include "archive_make.h"

#include <sys/stat.h>
#ifdef _WIN32
#include <direct.h>
#define make_folder(path) _mkdir(path)
#define remove_folder(path) _rmdir(path)
#else
#include <unistd.h>
#define make_folder(path) mkdir(path, 0755)
#define remove_folder(path) rmdir(path)
#endif

/* ---- configs ---- */

static const char google_config[] =
    "{\"hidden_size\": 40, \"num_hidden_layers\": 2, \"num_attention_heads\": 5, \"intermediate_size\": 70, \"vocab_size\": 57,"
    " \"max_position_embeddings\": 33, \"type_vocab_size\": 3, \"hidden_act\": \"gelu\", \"hidden_dropout_prob\": 0.25, \"a_new_one\": [1, {}]}";

static bert_status parse(const char *text, bert_config *c, bert_error *e) { return bert_config_parse(text, strlen(text), "c.json", c, e); }

static void configs(void)
{
    bert_config c;
    bert_error e;
    REQUIRE(parse(google_config, &c, &e) == BERT_OK);
    CHECK_INT(c.hidden_size, 40);
    CHECK_INT(c.layers, 2);
    CHECK_INT(c.heads, 5);
    CHECK_INT(c.intermediate_size, 70);
    CHECK_INT(c.vocab_size, 57);
    CHECK_INT(c.max_positions, 33);
    CHECK_INT(c.type_vocab_size, 3);
    CHECK(c.hidden_dropout == 0.25 && c.attention_dropout == 0.1 && c.layer_norm_eps == 1e-12);
    CHECK_INT(c.activation, BERT_ACTIVATION_DEFAULT);                   /* the source decides: Google's or an old PyTorch model */
    CHECK_STR(c.unknown, "a_new_one");
    CHECK_INT(c.max_relative_position, 0);
    REQUIRE(parse("{\"model_type\":\"bert\",\"hidden_size\":8,\"num_hidden_layers\":1,\"num_attention_heads\":2,\"intermediate_size\":9,\"vocab_size\":5,\"hidden_act\":\"gelu\",\"id2label\":{\"0\":\"a\",\"1\":\"b\",\"2\":\"c\"}}", &c, &e) == BERT_OK);
    CHECK_INT(c.activation, BERT_GELU_ERF);
    CHECK_INT(c.labels, 3);
    REQUIRE(parse("{\"hidden_size\":8,\"num_hidden_layers\":1,\"num_attention_heads\":2,\"intermediate_size\":9,\"vocab_size\":5,\"use_relative_position\":true,\"hidden_act\":\"gelu\"}", &c, &e) == BERT_OK);
    CHECK_INT(c.max_relative_position, 64);
    CHECK_INT(c.activation, BERT_GELU_TANH);
}
static void config_errors(void)
{
    static const struct { const char *text, *says; } bad[] = {
        { "[]", "object" }, { "{}", "hidden_size" }, { "{\"hidden_size\":", "c.json" },
        { "{\"hidden_size\":0,\"num_hidden_layers\":1,\"num_attention_heads\":2,\"intermediate_size\":9,\"vocab_size\":5}", "hidden_size" },
        { "{\"hidden_size\":8,\"num_hidden_layers\":1,\"num_attention_heads\":0,\"intermediate_size\":9,\"vocab_size\":5}", "num_attention_heads" },
        { "{\"hidden_size\":8,\"num_hidden_layers\":1,\"num_attention_heads\":3,\"intermediate_size\":9,\"vocab_size\":5}", "multiple" },
        { "{\"hidden_size\":8,\"num_hidden_layers\":1,\"num_attention_heads\":2,\"intermediate_size\":9,\"vocab_size\":2147483648}", "vocab_size" },
        { "{\"hidden_size\":8,\"num_hidden_layers\":1,\"num_attention_heads\":2,\"intermediate_size\":9,\"vocab_size\":2147483647}", "vocab_size" },
        { "{\"hidden_size\":8.5,\"num_hidden_layers\":1,\"num_attention_heads\":2,\"intermediate_size\":9,\"vocab_size\":5}", "hidden_size" },
        { "{\"hidden_size\":8,\"num_hidden_layers\":-1,\"num_attention_heads\":2,\"intermediate_size\":9,\"vocab_size\":5}", "num_hidden_layers" },
        { "{\"hidden_size\":8,\"num_hidden_layers\":1,\"num_attention_heads\":2,\"intermediate_size\":9,\"vocab_size\":5,\"hidden_act\":\"mish\"}", "mish" },
        { "{\"hidden_size\":8,\"num_hidden_layers\":1,\"num_attention_heads\":2,\"intermediate_size\":9,\"vocab_size\":5,\"hidden_dropout_prob\":1.5}", "hidden_dropout_prob" },
        { "{\"hidden_size\":8,\"num_hidden_layers\":1,\"num_attention_heads\":2,\"intermediate_size\":9,\"vocab_size\":5,\"layer_norm_eps\":NaN}", "layer_norm_eps" },
        { "{\"hidden_size\":8,\"num_hidden_layers\":1,\"num_attention_heads\":2,\"intermediate_size\":9,\"vocab_size\":5,\"model_type\":\"roberta\"}", "roberta" },
        { "{\"hidden_size\":8,\"num_hidden_layers\":1,\"num_attention_heads\":2,\"intermediate_size\":9,\"vocab_size\":5,\"position_embedding_type\":\"relative_key\"}", "relative_key" },
        { "{\"hidden_size\":8,\"num_hidden_layers\":1,\"num_attention_heads\":2,\"intermediate_size\":9,\"vocab_size\":5,\"use_relative_position\":true,\"max_relative_position\":2000000000}", "max_relative_position" },
        { "{\"hidden_size\":8,\"num_hidden_layers\":1,\"num_attention_heads\":2,\"intermediate_size\":9,\"vocab_size\":5,\"use_relative_position\":true,\"max_relative_position\":-3}", "max_relative_position" },
        { "{\"hidden_size\":8,\"num_hidden_layers\":1,\"num_attention_heads\":2,\"intermediate_size\":9,\"vocab_size\":5,\"num_labels\":-1}", "num_labels" },
        { "{\"hidden_size\":8,\"num_hidden_layers\":1,\"num_attention_heads\":2,\"intermediate_size\":9,\"vocab_size\":5,\"num_labels\":99999999}", "num_labels" } };
    size_t i;
    for (i = 0; i < sizeof bad / sizeof *bad; i++) {
        bert_config c;
        bert_error e = { 0 };
        memset(&c, 7, sizeof c);
        CHECK(parse(bad[i].text, &c, &e) != BERT_OK);
        if (!strstr(e.message, bad[i].says)) TEST_FAIL("%s does not say %s: %s", bad[i].text, bad[i].says, e.message);
        CHECK(strncmp(e.message, "c.json:", 7) == 0);
        CHECK_INT(c.hidden_size, 0x07070707);                           /* untouched */
    }
}
static void config_names(void)
{
    bert_config c;
    bert_error e;
    int l, h;
    char name[40];
    REQUIRE(bert_config_named("base", &c, &e) == BERT_OK);
    CHECK(c.layers == 12 && c.hidden_size == 768 && c.heads == 12 && c.intermediate_size == 3072 && c.vocab_size == 30522);
    REQUIRE(bert_config_named("bert-large-cased", &c, &e) == BERT_OK);
    CHECK(c.layers == 24 && c.hidden_size == 1024 && c.heads == 16 && c.vocab_size == 28996);
    REQUIRE(bert_config_named("nezha-base", &c, &e) == BERT_OK);
    CHECK_INT(c.max_relative_position, 64);
    for (l = 2; l <= 12; l += 2)
        for (h = 128; h <= 768; h += h < 256 ? 128 : 256) {
            snprintf(name, sizeof name, "L-%d_H-%d", l, h);
            CHECK(bert_config_named(name, &c, &e) == BERT_OK && c.layers == l && c.hidden_size == h && bert_config_check(&c, NULL, &e) == BERT_OK);
        }
    CHECK_INT(bert_config_named("L-3_H-128", &c, &e), BERT_ERROR_ARGUMENT);
    CHECK(strstr(e.message, "L-3_H-128") != NULL);
}

/* ---- names ---- */

static void names(void)
{
    static const struct { const char *stored, *name, *google; int layer, slot; } rows[] = {
        { "bert/embeddings/word_embeddings", "bert.embeddings.word_embeddings.weight", "bert/embeddings/word_embeddings", -1, 0 },
        { "embeddings.word_embeddings.weight", "bert.embeddings.word_embeddings.weight", "bert/embeddings/word_embeddings", -1, 0 },
        { "module.bert.embeddings.LayerNorm.gamma", "bert.embeddings.LayerNorm.weight", "bert/embeddings/LayerNorm/gamma", -1, 0 },
        { "model.bert.encoder.layer.11.output.LayerNorm.beta", "bert.encoder.layer.11.output.LayerNorm.bias", "bert/encoder/layer_11/output/LayerNorm/beta", 11, 0 },
        { "encoder.layer.0.intermediate.dense_act.weight", "bert.encoder.layer.0.intermediate.dense.weight", "bert/encoder/layer_0/intermediate/dense/kernel", 0, 0 },
        { "bert.pooler.dense_act.bias", "bert.pooler.dense.bias", "bert/pooler/dense/bias", -1, 0 },
        { "cls.predictions.transform.dense_act.weight", "cls.predictions.transform.dense.weight", "cls/predictions/transform/dense/kernel", -1, 0 },
        { "bert/encoder/layer_3/attention/self/key/kernel/adam_v", "bert.encoder.layer.3.attention.self.key.weight/adam_v", "bert/encoder/layer_3/attention/self/key/kernel/adam_v", 3, 2 },
        { "bert.encoder.layer.3.attention.self.key.weight/adam_m", "bert.encoder.layer.3.attention.self.key.weight/adam_m", "bert/encoder/layer_3/attention/self/key/kernel/adam_m", 3, 1 },
        { "output_weights", "classifier.weight", "output_weights", -1, 0 },
        { "output_bias/adam_m", "classifier.bias/adam_m", "output_bias/adam_m", -1, 1 },
        { "cls/squad/output_weights", "qa_outputs.weight", "cls/squad/output_weights", -1, 0 },
        { "module.qa_outputs.bias", "qa_outputs.bias", "cls/squad/output_bias", -1, 0 } };
    static const char *const strange[] = { "", "global_step", "bert", "bert.encoder.layer.x.output.dense.bias", "bert.encoder.layer.01.output.dense.bias", "bert.embeddings.position_ids", "bert.encoder.layer.99999999999.output.dense.bias",
                                           "bert/encoder/layer_/output/dense/bias", "/adam_m", "distilbert.embeddings.word_embeddings.weight", "bert.encoder.layer.1.output.dense.bias.extra" };
    bert_tensor_role r;
    char big[400];
    size_t i;
    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!bert_tensor_recognise(rows[i].stored, &r)) { TEST_FAIL("%s is not recognised", rows[i].stored); continue; }
        CHECK_STR(r.name, rows[i].name);
        CHECK_STR(r.google, rows[i].google);
        CHECK_INT(r.layer, rows[i].layer);
        CHECK_INT(r.slot, rows[i].slot);
    }
    for (i = 0; i < sizeof strange / sizeof *strange; i++) {
        if (bert_tensor_recognise(strange[i], &r)) TEST_FAIL("%s is taken for %s", strange[i], r.name);
        CHECK_STR(r.name, strange[i]);
        CHECK_INT(r.row, -1);
    }
    memset(big, 'm', sizeof big);
    big[sizeof big - 1] = 0;
    CHECK(!bert_tensor_recognise(big, &r));
}

/* ---- models ---- */

enum { C = 40, F = 70, V = 57, P = 33, K = 3, L = 2, N = 3 };

/* All tensors of a small model in one spelling; `skip` leaves out the one of that (Hugging Face) name, `bend` makes its last
   dimension one larger. */
typedef struct made { bert_output out[128]; char names[128][160]; int64_t shapes[128][2]; float *data[128]; size_t count; } made;

static void make(made *m, int google, const char *skip, const char *bend)
{
    static const struct { const char *name; int a, b; } rows[] = {
        { "bert.embeddings.word_embeddings.weight", V, C }, { "bert.embeddings.position_embeddings.weight", P, C }, { "bert.embeddings.token_type_embeddings.weight", K, C },
        { "bert.embeddings.LayerNorm.weight", C, 0 }, { "bert.embeddings.LayerNorm.bias", C, 0 },
        { "bert.encoder.layer.%d.attention.self.query.weight", C, C }, { "bert.encoder.layer.%d.attention.self.query.bias", C, 0 },
        { "bert.encoder.layer.%d.attention.self.key.weight", C, C }, { "bert.encoder.layer.%d.attention.self.key.bias", C, 0 },
        { "bert.encoder.layer.%d.attention.self.value.weight", C, C }, { "bert.encoder.layer.%d.attention.self.value.bias", C, 0 },
        { "bert.encoder.layer.%d.attention.output.dense.weight", C, C }, { "bert.encoder.layer.%d.attention.output.dense.bias", C, 0 },
        { "bert.encoder.layer.%d.attention.output.LayerNorm.weight", C, 0 }, { "bert.encoder.layer.%d.attention.output.LayerNorm.bias", C, 0 },
        { "bert.encoder.layer.%d.intermediate.dense.weight", F, C }, { "bert.encoder.layer.%d.intermediate.dense.bias", F, 0 },
        { "bert.encoder.layer.%d.output.dense.weight", C, F }, { "bert.encoder.layer.%d.output.dense.bias", C, 0 },
        { "bert.encoder.layer.%d.output.LayerNorm.weight", C, 0 }, { "bert.encoder.layer.%d.output.LayerNorm.bias", C, 0 },
        { "bert.pooler.dense.weight", C, C }, { "bert.pooler.dense.bias", C, 0 }, { "classifier.weight", N, C }, { "classifier.bias", N, 0 } };
    size_t r;
    int layer, k;
    memset(m, 0, sizeof *m);
    for (r = 0; r < sizeof rows / sizeof *rows; r++)
        for (layer = 0; layer < (strchr(rows[r].name, '%') ? L : 1); layer++) {
            bert_output *o = m->out + m->count;
            bert_tensor_role role;
            char name[160];
            int a = rows[r].a, b = rows[r].b, i;
            snprintf(name, sizeof name, rows[r].name, layer);
            if (skip && strcmp(skip, name) == 0) continue;
            if (bend && strcmp(bend, name) == 0) { if (b) b++; else a++; }
            if (!bert_tensor_recognise(name, &role)) { TEST_FAIL("%s", name); return; }
            snprintf(m->names[m->count], 160, "%s", google ? role.google : role.name);
            m->data[m->count] = (float *)malloc((size_t)(a * (b ? b : 1)) * sizeof(float));
            for (i = 0; i < a; i++)
                for (k = 0; k < (b ? b : 1); k++)                       /* element [i][k] of the table's layout says where it is */
                    m->data[m->count][google && role.matrix ? k * a + i : i * (b ? b : 1) + k] = (float)(role.row * 10000 + layer * 5000 + i * 40 + k);
            o->name = m->names[m->count];
            o->data = m->data[m->count];
            o->shape = m->shapes[m->count];
            m->shapes[m->count][0] = google && role.matrix ? b : a;
            m->shapes[m->count][1] = google && role.matrix ? a : b;
            o->rank = b ? 2 : 1;
            o->dtype = BERT_F32;
            m->count++;
        }
}
static void unmake(made *m) { size_t i; for (i = 0; i < m->count; i++) free(m->data[i]); }

static bert_status save(const made *m, bert_format format, const char *path, bert_error *e)
{
    bert_write_desc w = { 0 };
    w.path = path;
    w.tensors = m->out;
    w.count = m->count;
    w.format = format;
    w.error = e;
    return bert_checkpoint_write(&w);
}
static const char *const paths[] = { NULL, "unit_model.safetensors", "unit_model.bin", "unit_model.ckpt" };
static void clean(void)
{
    remove("unit_model.safetensors"); remove("unit_model.bin");
    remove("unit_model.ckpt.index"); remove("unit_model.ckpt.data-00000-of-00001"); remove("checkpoint");
}

static void models(void)
{
    bert_config config;
    bert_error e = { 0 };
    int format, google;
    REQUIRE(parse(google_config, &config, &e) == BERT_OK);
    for (format = 1; format <= 3; format++)
        for (google = 0; google < 2; google++) {
            made m;
            bert_model_desc d = { 0 };
            bert_model *model;
            const bert_parameter *p;
            float values[F * C];
            int i, k;
            make(&m, google, NULL, NULL);
            if (save(&m, (bert_format)format, paths[format], &e)) { TEST_FAIL("%s", e.message); unmake(&m); continue; }
            d.path = paths[format];
            d.config = &config;
            d.error = &e;
            d.heads = BERT_HEAD_POOLER | BERT_HEAD_CLASSIFIER;
            if (bert_model_open(&d, &model)) { TEST_FAIL("%s", e.message); unmake(&m); continue; }
            CHECK_INT(bert_model_heads(model), BERT_HEAD_POOLER | BERT_HEAD_CLASSIFIER);
            CHECK_INT(bert_model_config(model)->labels, N);
            CHECK_INT(bert_model_config(model)->activation, google ? BERT_GELU_TANH : BERT_GELU_ERF);
            CHECK_INT(bert_model_parameter_count(model), (int64_t)m.count);
            p = bert_model_find(model, "bert.encoder.layer.1.intermediate.dense.weight");
            REQUIRE(p != NULL);
            CHECK(p->shape[0] == F && p->shape[1] == C && p->layer == 1 && p->decay == 1);
            REQUIRE(bert_parameter_read(p, values, F * C, &e) == BERT_OK);
            for (i = 0; i < F; i++)
                for (k = 0; k < C; k++)
                    if (values[i * C + k] != (float)(15 * 10000 + 5000 + i * 40 + k)) { TEST_FAIL("element %d,%d is %g", i, k, values[i * C + k]); i = F; break; }
            CHECK_INT(bert_parameter_read(p, values, F, &e), BERT_ERROR_ARGUMENT);
            bert_model_close(model);
            d.heads = BERT_HEAD_MLM;
            CHECK_INT(bert_model_open(&d, &model), BERT_ERROR_MISMATCH);
            CHECK(strstr(e.message, "cls.predictions.") != NULL && strstr(e.message, "masked language model") != NULL);
            unmake(&m);
        }
    clean();
}
static void broken_models(void)
{
    static const char *const victims[] = { "bert.embeddings.word_embeddings.weight", "bert.embeddings.position_embeddings.weight", "bert.encoder.layer.0.attention.self.query.weight",
                                           "bert.encoder.layer.1.output.dense.bias", "bert.encoder.layer.1.output.LayerNorm.weight", "bert.encoder.layer.0.intermediate.dense.weight" };
    bert_config config;
    bert_error e = { 0 };
    size_t v;
    int bend;
    REQUIRE(parse(google_config, &config, &e) == BERT_OK);
    for (v = 0; v < sizeof victims / sizeof *victims; v++)
        for (bend = 0; bend < 2; bend++) {
            made m;
            bert_model_desc d = { 0 };
            bert_model *model = NULL;
            make(&m, 0, bend ? NULL : victims[v], bend ? victims[v] : NULL);
            if (save(&m, BERT_FORMAT_SAFETENSORS, paths[1], &e)) { TEST_FAIL("%s", e.message); unmake(&m); continue; }
            d.path = paths[1];
            d.config = &config;
            d.error = &e;
            CHECK_INT(bert_model_open(&d, &model), BERT_ERROR_MISMATCH);
            CHECK(model == NULL);
            if (!strstr(e.message, victims[v])) TEST_FAIL("%s %s: %s", victims[v], bend ? "bent" : "missing", e.message);
            CHECK(strstr(e.message, paths[1]) != NULL);
            unmake(&m);
        }
    {                                                                   /* another config than the weights' */
        made m;
        bert_model_desc d = { 0 };
        bert_model *model = NULL;
        make(&m, 0, NULL, NULL);
        REQUIRE(save(&m, BERT_FORMAT_SAFETENSORS, paths[1], &e) == BERT_OK);
        d.path = paths[1];
        d.config = &config;
        d.error = &e;
        config.layers = 3;
        CHECK_INT(bert_model_open(&d, &model), BERT_ERROR_MISMATCH);
        CHECK(strstr(e.message, "layer.2") != NULL);
        config.layers = 1;
        CHECK_INT(bert_model_open(&d, &model), BERT_ERROR_MISMATCH);
        CHECK(strstr(e.message, "2 layers") != NULL);
        config.layers = 2;
        config.max_relative_position = 64;
        CHECK_INT(bert_model_open(&d, &model), BERT_ERROR_MISMATCH);
        CHECK(strstr(e.message, "relative") != NULL);
        unmake(&m);
    }
    clean();
}

/* ---- what lies beside a checkpoint: folders and archives ---- */

/* What a config may say, one member at a time, and what it then is. */
static void config_members(void)
{
#define WITH(more) "{\"hidden_size\":8,\"num_hidden_layers\":1,\"num_attention_heads\":2,\"intermediate_size\":9,\"vocab_size\":5," more "}"
    static const struct { const char *text, *says; } bad[] = {
        { WITH("\"layer_norm_eps\":-1"), "layer_norm_eps: must lie in [0, 1)" }, { WITH("\"layer_norm_eps\":1"), "layer_norm_eps" }, { WITH("\"hidden_dropout_prob\":-0.1"), "hidden_dropout_prob" },
        { WITH("\"attention_probs_dropout_prob\":1"), "attention_probs_dropout_prob" }, { WITH("\"attention_probs_dropout_prob\":-1"), "attention_probs_dropout_prob" },
        { WITH("\"initializer_range\":-0.5"), "initializer_range: must lie in [0, 100)" }, { WITH("\"initializer_range\":100"), "initializer_range" },
        { WITH("\"initializer_range\":\"0.1\""), "initializer_range: is no number" }, { WITH("\"hidden_act\":7"), "(not a string)\" is none of gelu" }, { WITH("\"is_decoder\":true"), "This library runs encoders" },
        { WITH("\"num_labels\":-2147483649"), "num_labels: is no whole number of 32 bits" }, { WITH("\"num_labels\":true"), "num_labels" }, { "7", "a config is a JSON object" } };
    static const struct { const char *text; bert_source source; bert_activation activation; int labels, relative; } good[] = {
        { WITH("\"id2label\":{\"0\":\"a\"},\"num_labels\":7"), BERT_SOURCE_UNKNOWN, BERT_ACTIVATION_DEFAULT, 7, 0 }, { WITH("\"id2label\":[1, 2],\"is_decoder\":false"), BERT_SOURCE_UNKNOWN, BERT_ACTIVATION_DEFAULT, 0, 0 },
        { WITH("\"use_relative_position\":false,\"max_relative_position\":9"), BERT_SOURCE_UNKNOWN, BERT_ACTIVATION_DEFAULT, 0, 0 },
        { WITH("\"use_relative_position\":true,\"max_relative_position\":9"), BERT_SOURCE_NEZHA, BERT_GELU_TANH, 0, 9 },
        { WITH("\"model_type\":\"nezha\""), BERT_SOURCE_HF, BERT_GELU_ERF, 0, 64 }, { WITH("\"model_type\":5"), BERT_SOURCE_HF, BERT_GELU_ERF, 0, 0 },
        { WITH("\"architectures\":[]"), BERT_SOURCE_HF, BERT_GELU_ERF, 0, 0 }, { WITH("\"transformers_version\":\"4\""), BERT_SOURCE_HF, BERT_GELU_ERF, 0, 0 },
        { WITH("\"position_embedding_type\":\"absolute\",\"hidden_act\":\"swish\""), BERT_SOURCE_UNKNOWN, BERT_SILU, 0, 0 }, { WITH("\"position_embedding_type\":3,\"hidden_act\":null"), BERT_SOURCE_UNKNOWN, BERT_ACTIVATION_DEFAULT, 0, 0 } };
#undef WITH
    bert_config c;
    bert_error e;
    size_t i;
    char *large;
    for (i = 0; i < sizeof bad / sizeof *bad; i++) {
        memset(&e, 0, sizeof e);
        CHECK(parse(bad[i].text, &c, &e) != BERT_OK);
        if (!strstr(e.message, bad[i].says)) TEST_FAIL("%s: %s", bad[i].text, e.message);
    }
    for (i = 0; i < sizeof good / sizeof *good; i++) {
        if (parse(good[i].text, &c, &e) != BERT_OK) { TEST_FAIL("%s: %s", good[i].text, e.message); continue; }
        if (c.source != good[i].source || c.activation != good[i].activation || c.labels != good[i].labels || c.max_relative_position != good[i].relative)
            TEST_FAIL("%s: source %d, activation %d, %d labels, %d", good[i].text, (int)c.source, (int)c.activation, (int)c.labels, (int)c.max_relative_position);
    }
    CHECK(bert_config_parse("{\"hidden_size\":8,\"num_hidden_layers\":1,\"num_attention_heads\":3,\"intermediate_size\":9,\"vocab_size\":5}", 98, NULL, &c, NULL) != BERT_OK);
    CHECK_STR(bert_activation_name(BERT_SILU), "silu");
    CHECK_STR(bert_activation_name((bert_activation)99), "unknown");
    CHECK_INT(bert_config_check_vocabulary(NULL, 1, "v", &e), BERT_ERROR_ARGUMENT);
    large = (char *)malloc((1 << 24) + 1);                              /* more than is parsed on the stack; more than is read at all */
    REQUIRE(large);
    memset(large, ' ', (1 << 24) + 1);
    i = sizeof google_config - 2;                                       /* where its last brace was */
    memcpy(large, google_config, i);
    memcpy(large + i, ", \"pad\": \"", 10);
    memset(large + i + 10, 'x', 20000);
    memcpy(large + i + 20010, "\"}", 2);
    CHECK_INT(bert_config_parse(large, i + 20012, "large", &c, &e), BERT_OK);
    CHECK_STR(c.unknown, "a_new_one, pad");
    CHECK_INT(c.hidden_size, 40);
    CHECK_INT(bert_config_parse(large, (1 << 24) + 1, "large", &c, &e), BERT_ERROR_UNSUPPORTED);
    CHECK(strstr(e.message, "16777217 bytes are too many for a config") != NULL);
    free(large);
}

static bert_output *out_of(made *m, const char *name)
{
    size_t i;
    for (i = 0; i < m->count; i++) if (strcmp(m->out[i].name, name) == 0) return m->out + i;
    abort();
}
/* Opens what was made, with this config or none, and closes it; `says` of the refusal, NULL: it opens, and *got is its config. */
static void opens_as(const made *m, const bert_config *config, const char *says, bert_config *got)
{
    bert_model_desc d = { 0 };
    bert_model *model = NULL;
    bert_error e = { 0 };
    bert_status st;
    if (save(m, BERT_FORMAT_SAFETENSORS, paths[1], &e)) { TEST_FAIL("%s", e.message); return; }
    d.path = paths[1];
    d.config = config;
    d.error = &e;
    st = bert_model_open(&d, &model);
    if (says && (st != BERT_ERROR_MISMATCH || model || !strstr(e.message, says))) TEST_FAIL("status %d; not \"%s\": %s", (int)st, says, e.message);
    if (!says && st) TEST_FAIL("%s", e.message);
    if (!says && !st && got) *got = *bert_model_config(model);
    bert_model_close(model);
}
/* Without a config the shapes tell it, as far as they can. */
static void configs_from_shapes(void)
{
    bert_config c;
    bert_output *o;
    made m;
    memset(&c, 0, sizeof c);
    make(&m, 0, NULL, NULL);
    opens_as(&m, NULL, NULL, &c);
    CHECK(c.vocab_size == V && c.hidden_size == C && c.layers == L && c.max_positions == P && c.type_vocab_size == K && c.intermediate_size == F && c.heads == 0 && c.labels == N);
    {                                                                   /* it can be looked at, but how many heads it has nobody knows */
        bert_model_desc d = { 0 };
        bert_packed_desc pd = { 0 };
        bert_model *model = NULL;
        bert_packed *packed = NULL;
        bert_error e = { 0 };
        size_t size = 5;
        d.path = paths[1];
        REQUIRE(bert_model_open(&d, &model) == BERT_OK);
        CHECK(bert_model_parameter(model, -1) == NULL && bert_model_parameter(model, bert_model_parameter_count(model)) == NULL && bert_model_parameter(model, 0) != NULL);
        CHECK(bert_model_config_text(model, NULL) == NULL && bert_model_config_text(model, &size) == NULL && size == 0);
        pd.model = model;
        pd.error = &e;
        CHECK_INT(bert_packed_open(&pd, &packed), BERT_ERROR_MISMATCH);
        CHECK(strstr(e.message, "the number of attention heads is not known") != NULL);
        bert_model_close(model);
    }
    snprintf((char *)(uintptr_t)out_of(&m, "bert.pooler.dense.weight")->name, 160, "bert.pooler.dense_act.weight");     /* NVIDIA's name for it tells whose it is */
    snprintf((char *)(uintptr_t)out_of(&m, "bert.pooler.dense.bias")->name, 160, "bert.pooler.dense_act.bias");
    opens_as(&m, NULL, NULL, &c);
    CHECK_INT(c.source, BERT_SOURCE_NVIDIA);
    unmake(&m);
    make(&m, 0, "bert.embeddings.word_embeddings.weight", NULL);
    opens_as(&m, NULL, "word_embeddings.weight: is missing", NULL);
    unmake(&m);
    make(&m, 0, "bert.embeddings.position_embeddings.weight", NULL);
    opens_as(&m, NULL, "if this is NEZHA with relative positions", NULL);
    unmake(&m);
    make(&m, 0, "bert.embeddings.token_type_embeddings.weight", NULL);
    opens_as(&m, NULL, "token_type_embeddings.weight: is missing", NULL);
    unmake(&m);
    make(&m, 0, "bert.encoder.layer.0.intermediate.dense.bias", NULL);
    opens_as(&m, NULL, "the intermediate size cannot be told", NULL);
    unmake(&m);
    make(&m, 0, NULL, NULL);
    o = out_of(&m, "bert.embeddings.word_embeddings.weight");
    o->rank = 1;
    opens_as(&m, NULL, "word_embeddings.weight: is missing", NULL);
    o->rank = 2;
    o = out_of(&m, "bert.embeddings.position_embeddings.weight");
    o->rank = 1;
    opens_as(&m, NULL, "has 1 dimensions instead of 2", NULL);
    o->rank = 2;
    o = out_of(&m, "bert.embeddings.token_type_embeddings.weight");
    o->rank = 1;
    opens_as(&m, NULL, "has 1 dimensions instead of 2", NULL);
    o->rank = 2;
    o = out_of(&m, "bert.encoder.layer.0.intermediate.dense.bias");
    o->rank = 2;
    m.shapes[o - m.out][1] = 1;
    opens_as(&m, NULL, "the intermediate size cannot be told", NULL);
    unmake(&m);
    clean();
}
/* Each dimension is called by the config's name for it; a vocabulary may be padded to a multiple of eight. */
static void misshapen_models(void)
{
    static const struct { const char *name; int dimension, size; const char *says; } rows[] = {
        { "bert.embeddings.word_embeddings.weight", 0, V - 1, "dimension 0 is 56 instead of 57 (vocab_size)" }, { "bert.embeddings.position_embeddings.weight", 0, P - 1, "(max_position_embeddings)" },
        { "bert.embeddings.token_type_embeddings.weight", 0, K - 1, "(type_vocab_size)" }, { "bert.encoder.layer.1.intermediate.dense.bias", 0, F - 1, "(intermediate_size)" },
        { "bert.pooler.dense.bias", 0, C - 1, "dimension 0 is 39 instead of 40 (hidden_size)" }, { "classifier.bias", 0, N - 1, "dimension 0 is 2 instead of 3 (labels)" }, { "classifier.weight", 0, 0, "is for 0 labels" } };
    bert_config config, c, got;
    bert_error e = { 0 };
    bert_output *o;
    made m;
    size_t i;
    REQUIRE(parse(google_config, &config, &e) == BERT_OK);
    make(&m, 0, NULL, NULL);
    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t *shape;
        o = out_of(&m, rows[i].name);
        shape = m.shapes[o - m.out] + rows[i].dimension;
        *shape = rows[i].size;
        opens_as(&m, &config, rows[i].says, NULL);
        *shape = i == 0 ? V : i == 1 ? P : i == 2 ? K : i == 3 ? F : i == 4 ? C : N;
    }
    o = out_of(&m, "bert.embeddings.word_embeddings.weight");
    m.shapes[o - m.out][0] = 56;
    c = config;
    c.vocab_size = 50;
    memset(&got, 0, sizeof got);
    opens_as(&m, &c, NULL, &got);
    CHECK_INT(got.vocab_size, 50);
    c.vocab_size = 49;
    m.shapes[o - m.out][0] = 57;
    opens_as(&m, &c, "dimension 0 is 57 instead of 49 (vocab_size)", NULL);
    o = out_of(&m, "bert.encoder.layer.0.output.dense.bias");
    o->dtype = BERT_I32;
    opens_as(&m, &config, "holds I32; weights are floating point numbers", NULL);
    {
        const void *own = o->data;
        o->dtype = BERT_C64;
        o->data = out_of(&m, "bert.encoder.layer.0.output.dense.weight")->data;       /* there is room for so many bytes */
        opens_as(&m, &config, "holds C64; weights are floating point numbers", NULL);
        o->dtype = BERT_F8_E4M3;
        o->data = own;
        m.shapes[out_of(&m, "bert.embeddings.word_embeddings.weight") - m.out][0] = V;
        opens_as(&m, &config, NULL, NULL);                              /* these are */
        o->dtype = BERT_F32;
        o = m.out + m.count;
        o->name = "qa_outputs.weight";
        o->data = own;
        o->shape = m.shapes[m.count];
        m.shapes[m.count][0] = 3;
        m.shapes[m.count][1] = 1;
        o->rank = 2;
        o->dtype = BERT_F32;
        m.count++;
        opens_as(&m, &config, "dimension 0 is 3 instead of 2 (the head's)", NULL);
        m.count--;
    }
    unmake(&m);
    make(&m, 1, NULL, NULL);                                            /* Google's matrices lie the other way round */
    o = out_of(&m, "bert/encoder/layer_0/intermediate/dense/kernel");
    m.shapes[o - m.out][1] = F - 1;
    opens_as(&m, &config, "dimension 1 is 69 instead of 70 (intermediate_size)", NULL);
    unmake(&m);
    clean();
}
/* A model that lies nowhere has no vocabulary beside it; from a file's bytes or a config's path it opens all the same. */
static void models_of_no_place(void)
{
    static const char vocab[] = "[UNK]\na\n";
    bert_model_desc d = { 0 };
    bert_tokenizer_desc td = { 0 };
    bert_tokenizer *tok = NULL;
    bert_model *model = NULL;
    bert_error e = { 0 };
    made m;
    size_t size = 0;
    char *bytes;
    make(&m, 0, NULL, NULL);
    REQUIRE(save(&m, BERT_FORMAT_SAFETENSORS, paths[1], &e) == BERT_OK);
    unmake(&m);
    bytes = test_read_file(paths[1], &size);
    REQUIRE(bytes != NULL);
    d.data = bytes;
    d.size = size;
    d.error = td.error = &e;
    REQUIRE(bert_model_open(&d, &model) == BERT_OK);
    CHECK_INT(bert_model_tokenizer(model, &td, BERT_DEFAULT, &tok), BERT_ERROR_IO);
    CHECK(strstr(e.message, "no vocabulary lies beside the checkpoint") != NULL);
    td.data = vocab;
    td.size = sizeof vocab - 1;
    CHECK_INT(bert_model_tokenizer(model, &td, BERT_DEFAULT, &tok), BERT_OK);
    CHECK_INT(bert_tokenizer_desc_resolved(tok).lower_case, BERT_ON);   /* no name says otherwise */
    bert_tokenizer_close(tok);
    td.data = "\xFF\n";
    td.size = 2;
    CHECK_INT(bert_model_tokenizer(model, &td, BERT_DEFAULT, &tok), BERT_ERROR_FORMAT);
    bert_model_close(model);
    free(bytes);
    CHECK(bert_file_write("unit_model.config.json", google_config, sizeof google_config - 1, NULL) == BERT_OK);
    memset(&d, 0, sizeof d);
    memset(&td, 0, sizeof td);
    d.config_path = "unit_model.config.json";
    d.init_missing = BERT_ON;
    d.error = td.error = &e;
    if (bert_model_open(&d, &model) == BERT_OK) {
        CHECK_STR(bert_model_config_path(model), "unit_model.config.json");
        CHECK_INT(bert_model_tokenizer(model, &td, BERT_DEFAULT, &tok), BERT_ERROR_IO);
        CHECK(strstr(e.message, "no vocabulary comes with a model made from a config") != NULL);
        CHECK_INT(bert_model_tokenizer(model, NULL, BERT_DEFAULT, &tok), BERT_ERROR_IO);
        bert_model_close(model);
    } else TEST_FAIL("%s", e.message);
    remove("unit_model.config.json");
    clean();
}
/* Files that are no BERT, and descs that ask for what cannot be. */
static void no_models(void)
{
    static const float one = 1;
    static const int64_t shape = 1;
    bert_model_desc d = { 0 };
    bert_write_desc w = { 0 };
    bert_output o;
    bert_config config;
    bert_error e = { 0 };
    bert_model *model = NULL;
    REQUIRE(parse(google_config, &config, &e) == BERT_OK);
    memset(&o, 0, sizeof o);
    o.name = "bert.encoder.layer.2000.output.dense.bias";
    o.data = &one;
    o.shape = &shape;
    o.rank = 1;
    o.dtype = BERT_F32;
    w.path = paths[1];
    w.tensors = &o;
    w.count = 1;
    REQUIRE(bert_checkpoint_write(&w) == BERT_OK);
    d.path = paths[1];
    d.error = &e;
    CHECK_INT(bert_model_open(&d, &model), BERT_ERROR_UNSUPPORTED);
    CHECK(strstr(e.message, "it has a layer 2000; up to 1024 layers") != NULL);
    o.name = "x";
    REQUIRE(bert_checkpoint_write(&w) == BERT_OK);
    CHECK_INT(bert_model_open(&d, &model), BERT_ERROR_MISMATCH);
    CHECK(strstr(e.message, "it has 1 tensors, the first is x") != NULL);
    w.count = 0;
    REQUIRE(bert_checkpoint_write(&w) == BERT_OK);
    CHECK_INT(bert_model_open(&d, &model), BERT_ERROR_MISMATCH);
    CHECK(strstr(e.message, "it has 0 tensors") != NULL && !strstr(e.message, "the first"));
    d.labels = -1;
    CHECK_INT(bert_model_open(&d, &model), BERT_ERROR_ARGUMENT);
    d.labels = (1 << 20) + 1;
    CHECK_INT(bert_model_open(&d, &model), BERT_ERROR_ARGUMENT);
    CHECK(strstr(e.message, "labels is 1048577") != NULL);
    d.labels = 0;
    d.init_missing = (bert_flag)3;
    CHECK_INT(bert_model_open(&d, &model), BERT_ERROR_ARGUMENT);
    CHECK(strstr(e.message, "init_missing is none") != NULL);
    d.path = NULL;
    d.init_missing = BERT_ON;                                           /* neither a file nor a config */
    CHECK_INT(bert_model_open(&d, &model), BERT_ERROR_ARGUMENT);
    d.init_missing = BERT_DEFAULT;
    d.config = &config;
    CHECK_INT(bert_model_open(&d, &model), BERT_ERROR_ARGUMENT);
    CHECK(strstr(e.message, "needs a path or the bytes of a file") != NULL && model == NULL);
    clean();
}

static const char vocab_text[] = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\ndog\nThe\n##s\n";

/* Files that a case made, and folders, which are removed in the opposite order. */
static char made_paths[64][200];
static int made_count;
static void put(const char *path, const void *data, size_t size)
{
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(data, 1, size, f) != size || fclose(f)) TEST_FAIL("cannot write %s", path);
    snprintf(made_paths[made_count++], sizeof made_paths[0], "%s", path);
}
static void put_text(const char *path, const char *text) { put(path, text, strlen(text)); }
static void put_folder(const char *path) { make_folder(path); snprintf(made_paths[made_count++], sizeof made_paths[0], "%s", path); }
static void remove_made(void)
{
    while (made_count) { made_count--; if (remove(made_paths[made_count])) remove_folder(made_paths[made_count]); }
}
/* The tensors as files of the names PATH..., which remove_made takes away. */
static void put_model(int google, bert_format format, const char *path)
{
    made m;
    bert_error e = { 0 };
    make(&m, google, NULL, NULL);
    if (save(&m, format, path, &e)) TEST_FAIL("%s", e.message);
    unmake(&m);
    if (format == BERT_FORMAT_TF) {
        snprintf(made_paths[made_count++], sizeof made_paths[0], "%s.index", path);
        snprintf(made_paths[made_count++], sizeof made_paths[0], "%s.data-00000-of-00001", path);
    } else snprintf(made_paths[made_count++], sizeof made_paths[0], "%s", path);
}

static void archive_write(archive *a, const char *path) { archive_end(a); if (path) put(path, a->data, a->size); }

/* Opens a model by path alone and its tokenizer; the config must come from `config`, the casing be `lower`. */
static void open_all(const char *path, const char *config, bert_flag lower)
{
    bert_model_desc d = { 0 };
    bert_tokenizer_desc td = { 0 };
    bert_model *m = NULL;
    bert_tokenizer *tok = NULL;
    bert_error e = { 0 };
    const bert_parameter *p;
    const char *text;
    float values[N * C];
    size_t size = 0;
    d.path = path;
    d.error = td.error = &e;
    if (bert_model_open(&d, &m)) { TEST_FAIL("%s", e.message); return; }
    CHECK(bert_model_config_path(m) != NULL && strcmp(bert_model_config_path(m), config) == 0);
    text = bert_model_config_text(m, &size);
    CHECK(text != NULL && text[size] == 0 && strlen(text) == size && strchr(text, '{') != NULL);
    CHECK_INT(bert_model_config(m)->heads, 5);
    p = bert_model_find(m, "classifier.weight");
    CHECK(p != NULL && !p->made && bert_parameter_read(p, values, N * C, &e) == BERT_OK && values[C + 3] == (float)(30 * 10000 + 40 + 3));
    if (bert_model_tokenizer(m, &td, BERT_DEFAULT, &tok)) TEST_FAIL("%s: %s", path, e.message);
    else {
        CHECK_INT(bert_tokenizer_size(tok), 9);
        CHECK_INT(bert_tokenizer_desc_resolved(tok).lower_case, lower);
    }
    bert_tokenizer_close(tok);
    tok = NULL;
    CHECK(bert_model_tokenizer(m, NULL, BERT_DEFAULT, &tok) == BERT_OK);    /* no desc, no error */
    bert_tokenizer_close(tok);
    bert_model_close(m);
}
/* What bert_model_tokenizer says when it must fail. */
static void no_tokenizer(const char *path, const bert_tokenizer_desc *given, bert_flag check, bert_status status, const char *says)
{
    bert_model_desc d = { 0 };
    bert_tokenizer_desc td = { 0 };
    bert_model *m = NULL;
    bert_tokenizer *tok = NULL;
    bert_error e = { 0 };
    d.path = path;
    if (given) td = *given;
    td.error = d.error = &e;
    if (bert_model_open(&d, &m)) { TEST_FAIL("%s", e.message); return; }
    CHECK_INT(bert_model_tokenizer(m, &td, check, &tok), status);
    if (status != BERT_OK) CHECK(tok == NULL && e.code == status);
    if (says && !strstr(e.message, says)) TEST_FAIL("does not say %s: %s", says, e.message);
    bert_tokenizer_close(tok);
    bert_model_close(m);
}

#define GOOGLE "beside/uncased_L-12_H-768_A-12/"
#define CASED "beside/multi_cased_L-12_H-768_A-12/"
#define HF "beside/hf-cased/"
#define HUB "beside/hub/"

static void folders(void)
{
    bert_checkpoint_desc cd = { 0 };
    bert_checkpoint *c = NULL;
    bert_tokenizer_desc td = { 0 };
    bert_file file = { 0 };
    bert_error e = { 0 };
    char where[300] = "";
    remove_made();
    put_folder("beside");
    put_folder("beside/uncased_L-12_H-768_A-12");
    put_model(1, BERT_FORMAT_TF, GOOGLE "bert_model.ckpt");
    put_text(GOOGLE "bert_config.json", google_config);
    put_text(GOOGLE "vocab.txt", vocab_text);
    open_all(GOOGLE "bert_model.ckpt", GOOGLE "bert_config.json", BERT_ON);
    open_all("beside/uncased_L-12_H-768_A-12", GOOGLE "bert_config.json", BERT_ON);
    open_all(GOOGLE "bert_model.ckpt.index", GOOGLE "bert_config.json", BERT_ON);
    td.lower_case = BERT_OFF;                                           /* against the folder's name */
    no_tokenizer(GOOGLE "bert_model.ckpt", &td, BERT_DEFAULT, BERT_ERROR_MISMATCH, "You passed in `--do_lower_case=False` with `--init_checkpoint=" GOOGLE "bert_model.ckpt`. However, `uncased_L-12_H-768_A-12` seems to be a lowercased model");
    no_tokenizer(GOOGLE "bert_model.ckpt", &td, BERT_OFF, BERT_OK, NULL);
    td.path = "beside/long.txt";
    put_text("beside/long.txt", "[UNK]\na\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\nm\nn\no\np\nq\nr\ns\nt\nu\nv\nw\nx\ny\nz\n0\n1\n2\n3\n4\n5\n6\n7\n8\n9\nA\nB\nC\nD\nE\nF\nG\nH\nI\nJ\nK\nL\nM\nN\nO\nP\nQ\nR\nS\nT\nU\n");
    no_tokenizer(GOOGLE "bert_model.ckpt", &td, BERT_OFF, BERT_ERROR_MISMATCH, "beside/long.txt: vocab_size: the vocabulary has 58 tokens, the model only 57");
    put_text(GOOGLE "tokenizer_config.json", "{\"do_lower_case\": false}");
    no_tokenizer(GOOGLE "bert_model.ckpt", NULL, BERT_DEFAULT, BERT_ERROR_MISMATCH, "lowercased");
    put_text(GOOGLE "tokenizer_config.json", "{\"do_lower_case\": ");
    no_tokenizer(GOOGLE "bert_model.ckpt", NULL, BERT_DEFAULT, BERT_ERROR_FORMAT, GOOGLE "tokenizer_config.json");
    remove(GOOGLE "tokenizer_config.json");
    put_text(GOOGLE "vocab.txt", "a\n\xFF\n");
    no_tokenizer(GOOGLE "bert_model.ckpt", NULL, BERT_DEFAULT, BERT_ERROR_FORMAT, GOOGLE "vocab.txt");
    remove(GOOGLE "vocab.txt");
    no_tokenizer(GOOGLE "bert_model.ckpt", NULL, BERT_DEFAULT, BERT_ERROR_IO, "vocab.txt");

    put_folder("beside/multi_cased_L-12_H-768_A-12");
    put_model(1, BERT_FORMAT_TF, CASED "bert_model.ckpt");
    put_text(CASED "bert_config.json", google_config);
    put_text(CASED "vocab.txt", vocab_text);
    open_all(CASED "bert_model.ckpt", CASED "bert_config.json", BERT_OFF);
    td.path = "beside/mine.txt";                                    /* another vocabulary: cased all the same */
    td.lower_case = BERT_DEFAULT;
    put_text("beside/mine.txt", vocab_text);
    no_tokenizer(CASED "bert_model.ckpt", &td, BERT_DEFAULT, BERT_OK, NULL);
    td.path = NULL;
    td.data = vocab_text;
    td.size = sizeof vocab_text - 1;
    no_tokenizer(CASED "bert_model.ckpt", &td, BERT_DEFAULT, BERT_OK, NULL);
    td.data = NULL;
    td.path = "beside/nothing.txt";
    no_tokenizer(CASED "bert_model.ckpt", &td, BERT_DEFAULT, BERT_ERROR_IO, "beside/nothing.txt");
    td.path = NULL;
    td.lower_case = BERT_ON;
    no_tokenizer(CASED "bert_model.ckpt", &td, BERT_DEFAULT, BERT_ERROR_MISMATCH, "seems to be a cased model");

    put_folder("beside/hf-cased");
    put_model(0, BERT_FORMAT_SAFETENSORS, HF "model.safetensors");
    put_text(HF "config.json", google_config);
    put_text(HF "vocab.txt", vocab_text);
    open_all("beside/hf-cased", HF "config.json", BERT_OFF);  /* by the name */
    put_text(HF "tokenizer_config.json", "{\"do_lower_case\": true}");
    open_all(HF "model.safetensors", HF "config.json", BERT_ON);        /* by its file */

    put_folder("beside/hub");                                 /* as a hub module or SavedModel */
    put_folder(HUB "variables");
    put_folder(HUB "assets");
    put_model(1, BERT_FORMAT_TF, HUB "variables/variables");
    put_text(HUB "saved_model.pb", "x");
    put_text(HUB "assets/vocab.txt", vocab_text);
    put_text(HUB "bert_config.json", google_config);
    open_all("beside/hub", HUB "bert_config.json", BERT_ON);
    open_all(HUB "saved_model.pb", HUB "bert_config.json", BERT_ON);
    open_all(HUB "variables/variables", HUB "bert_config.json", BERT_ON);

    cd.path = "beside/hub";
    cd.error = &e;
    REQUIRE(bert_checkpoint_open(&cd, &c) == BERT_OK);
    CHECK(bert_checkpoint_beside(c, "vocab.txt", where, sizeof where, &file, &e) == BERT_OK);
    CHECK_STR(where, HUB "assets/vocab.txt");
    CHECK(file.size == sizeof vocab_text - 1 && memcmp(file.data, vocab_text, file.size) == 0);
    bert_file_close(&file);
    CHECK_INT(bert_checkpoint_beside(c, "nothing.txt", NULL, 0, &file, &e), BERT_ERROR_IO);
    CHECK(strstr(e.message, "nothing.txt") != NULL && file.data == NULL);
    CHECK_INT(bert_checkpoint_beside(c, "../hub/bert_config.json", NULL, 0, &file, &e), BERT_ERROR_ARGUMENT);
    CHECK_INT(bert_checkpoint_beside(NULL, "vocab.txt", NULL, 0, &file, &e), BERT_ERROR_ARGUMENT);
    bert_checkpoint_close(c);
    remove_made();
}

#define ZIP "unit_model.zip"

static void archives(void)
{
    bert_model_desc d = { 0 };
    bert_model *m = NULL;
    bert_error e = { 0 };
    archive a;
    int deflated;
    remove_made();
    put_model(1, BERT_FORMAT_TF, "unit_model.ckpt");
    put_model(0, BERT_FORMAT_SAFETENSORS, "unit_model.safetensors");
    put_model(0, BERT_FORMAT_PYTORCH, "unit_model.bin");
    for (deflated = 0; deflated < 2; deflated++) {                      /* as Google publishes them */
        archive_begin(&a);
        archive_add(&a, "uncased_L-12_H-768_A-12/", "", 0, 0);
        archive_file(&a, "uncased_L-12_H-768_A-12/bert_model.ckpt.data-00000-of-00001", "unit_model.ckpt.data-00000-of-00001", deflated);
        archive_add(&a, "uncased_L-12_H-768_A-12/vocab.txt", vocab_text, sizeof vocab_text - 1, deflated);
        archive_file(&a, "uncased_L-12_H-768_A-12/bert_model.ckpt.index", "unit_model.ckpt.index", deflated);
        archive_add(&a, "uncased_L-12_H-768_A-12/bert_config.json", google_config, sizeof google_config - 1, deflated);
        archive_add(&a, "__MACOSX/uncased_L-12_H-768_A-12/._bert_model.ckpt.index", "x", 1, 0);
        archive_write(&a, ZIP);
        open_all(ZIP, ZIP "/uncased_L-12_H-768_A-12/bert_config.json", BERT_ON);
        d.data = a.data;                                                /* from memory */
        d.size = a.size;
        d.error = &e;
        if (bert_model_open(&d, &m)) TEST_FAIL("%s", e.message);
        else {
            bert_tokenizer *tok = NULL;
            CHECK_STR(bert_model_config_path(m), "(memory)/uncased_L-12_H-768_A-12/bert_config.json");
            CHECK(bert_model_tokenizer(m, NULL, BERT_DEFAULT, &tok) == BERT_OK);
            bert_tokenizer_close(tok);
            bert_model_close(m);
        }
        archive_free(&a);

        archive_begin(&a);                                              /* a folder of Hugging Face's */
        archive_file(&a, "m/model.safetensors", "unit_model.safetensors", deflated);
        archive_file(&a, "m/pytorch_model.bin", "unit_model.bin", deflated);
        archive_add(&a, "m/config.json", google_config, sizeof google_config - 1, deflated);
        archive_add(&a, "m/vocab.txt", vocab_text, sizeof vocab_text - 1, deflated);
        archive_add(&a, "m/tokenizer_config.json", "{\"do_lower_case\": false}", 24, deflated);
        archive_write(&a, ZIP);
        open_all(ZIP, ZIP "/m/config.json", BERT_OFF);
        archive_free(&a);

        archive_begin(&a);                                              /* PyTorch's archive in an archive; at the top */
        archive_file(&a, "pytorch_model.bin", "unit_model.bin", deflated);
        archive_add(&a, "training_args.bin", "x", 1, deflated);
        archive_add(&a, "config.json", google_config, sizeof google_config - 1, deflated);
        archive_add(&a, "vocab.txt", vocab_text, sizeof vocab_text - 1, deflated);
        archive_write(&a, ZIP);
        open_all(ZIP, ZIP "/config.json", BERT_ON);
        archive_free(&a);
    }
    {                                                                   /* shards */
        static const char map[] = "{\"weight_map\": {\"w\": \"a.safetensors\", \"v\": \"b.safetensors\"}}";
        static const char one[] = "{\"w\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}", two[] = "{\"v\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}";
        bert_checkpoint_desc cd = { 0 };
        bert_checkpoint *c = NULL;
        unsigned char file[100];
        size_t n;
        archive_begin(&a);
        archive_add(&a, "x/model.safetensors.index.json", map, sizeof map - 1, 1);
        n = archive_number(file, sizeof one - 1, 8); memcpy(file + n, one, sizeof one - 1); n += sizeof one - 1; file[n++] = 7;
        archive_add(&a, "x/a.safetensors", file, n, 0);
        n = archive_number(file, sizeof two - 1, 8); memcpy(file + n, two, sizeof two - 1); n += sizeof two - 1; file[n++] = 8;
        archive_add(&a, "x/b.safetensors", file, n, 1);
        archive_write(&a, ZIP);
        cd.path = ZIP;
        cd.error = &e;
        if (bert_checkpoint_open(&cd, &c)) TEST_FAIL("%s", e.message);
        else {
            float v = 0, w = 0;
            CHECK_STR(bert_checkpoint_format(c), "sharded safetensors");
            CHECK(bert_checkpoint_find(c, "v") && bert_tensor_read(bert_checkpoint_find(c, "v"), BERT_F32, &v, 1, &e) == BERT_OK && v == 8);
            CHECK(bert_checkpoint_find(c, "w") && bert_tensor_read(bert_checkpoint_find(c, "w"), BERT_F32, &w, 1, &e) == BERT_OK && w == 7);
        }
        bert_checkpoint_close(c);
        archive_free(&a);
    }
    {                                                                   /* what must be said */
        static const struct { const char *first, *second, *says; } bad[] = {
            { "a/model.safetensors", "b/model.safetensors", "several checkpoints (a/model.safetensors and b/model.safetensors" },
            { "a/bert_config.json", "a/inner.zip", "a/inner.zip" }, { "a/readme.txt", "b/readme.txt", ZIP }, { "a/model.safetensors", "a/config.json", "model.safetensors: 1 bytes are too few" } };
        bert_checkpoint_desc cd = { 0 };
        size_t k;
        for (k = 0; k < sizeof bad / sizeof *bad; k++) {
            bert_checkpoint *c = NULL;
            archive_begin(&a);
            archive_add(&a, bad[k].first, "x", 1, 0);
            archive_add(&a, bad[k].second, "x", 1, 0);
            archive_write(&a, ZIP);
            cd.path = ZIP;
            cd.error = &e;
            CHECK(bert_checkpoint_open(&cd, &c) != BERT_OK && c == NULL);
            if (!strstr(e.message, bad[k].says)) TEST_FAIL("does not say %s: %s", bad[k].says, e.message);
            archive_free(&a);
        }
        archive_begin(&a);                                              /* a broken config, named inside its archive */
        archive_file(&a, "m/model.safetensors", "unit_model.safetensors", 0);
        archive_add(&a, "m/config.json", "{\"hidden_size\": 40", 18, 0);
        archive_write(&a, ZIP);
        memset(&d, 0, sizeof d);
        d.path = ZIP;
        d.error = &e;
        m = NULL;
        CHECK_INT(bert_model_open(&d, &m), BERT_ERROR_FORMAT);
        CHECK(m == NULL && strstr(e.message, ZIP "/m/config.json: ") != NULL);
        archive_free(&a);
    }
    remove_made();
}

static void casing(void)
{
    static const struct { int lower; const char *path, *says; } cases[] = {     /* answers of the reference's function */
        { 0, "uncased_L-12_H-768_A-12/bert_model.ckpt", "lowercased" }, { 1, "uncased_L-12_H-768_A-12/bert_model.ckpt", NULL },
        { 1, "/x/y/cased_L-12_H-768_A-12/bert_model.ckpt", "should pass in `--do_lower_case=False`" }, { 0, "/x/y/cased_L-12_H-768_A-12/bert_model.ckpt", NULL },
        { 1, "multi_cased_L-12_H-768_A-12/bert_model.ckpt-20", "`multi_cased_L-12_H-768_A-12` seems to be a cased model" }, { 0, "chinese_L-12_H-768_A-12/bert_model.ckpt", "lowercased" },
        { 0, "multilingual_L-12_H-768_A-12/bert_modelxckpt", "lowercased" }, { 1, "cased_L-24_H-1024_A-16/bert_model.ckpt", "cased" }, { 0, "uncased_L-24_H-1024_A-16/bert_model.ckpt", "lowercased" },
        { 0, "my_uncased_L-12_H-768_A-12/bert_model.ckpt", NULL }, { 0, "uncased_L-12_H-768_A-12/model.ckpt-9", NULL }, { 0, "uncased_L-12_H-768_A-12/sub/bert_model.ckpt", NULL },
        { 0, "a/bert_model.ckpt/uncased_L-12_H-768_A-12/bert_model.ckpt", NULL }, { 0, "bert_model.ckpt", NULL }, { 0, "/bert_model.ckpt/uncased_L-12_H-768_A-12/bert_model.ckpt", "lowercased" },
        { 0, "a\nb/uncased_L-12_H-768_A-12/bert_model.ckpt", NULL }, { 0, "", NULL }, { 0, NULL, NULL }, { 0, "uncased_L-4_H-512_A-8/bert_model.ckpt", NULL } };
    size_t i;
    for (i = 0; i < sizeof cases / sizeof *cases; i++) {
        bert_error e = { 0 };
        const bert_status st = bert_case_check(cases[i].lower, cases[i].path, &e);
        if ((st != BERT_OK) != (cases[i].says != NULL) || (cases[i].says && !strstr(e.message, cases[i].says))) TEST_FAIL("%s, %d: %s", cases[i].path ? cases[i].path : "NULL", cases[i].lower, e.message);
    }
}

/* Every beginning of an archive with shards and of one with a bundle is an error, every flipped bit an error or a sound file. */
/* Of several checkpoints in an archive that of the last step; of two that are alike neither. */
static void archives_of_several(void)
{
    static const float values[2] = { 1, 2 };
    static const int64_t shape = 2;
    static const int steps[3] = { 2, 9, 5 };
    bert_checkpoint_desc d = { 0 };
    bert_checkpoint *c = NULL;
    bert_error e = { 0 };
    archive a;
    char name[180], path[64];
    int i;
    remove_made();
    archive_begin(&a);
    for (i = 0; i < 3; i++) {
        bert_write_desc w = { 0 };
        bert_output o;
        memset(&o, 0, sizeof o);
        snprintf(path, sizeof path, "unit_model.step-%d", steps[i]);
        snprintf(name, sizeof name, "step%d", steps[i]);
        o.name = name;
        o.data = values;
        o.shape = &shape;
        o.rank = 1;
        o.dtype = BERT_F32;
        w.path = path;
        w.format = BERT_FORMAT_TF;
        w.tensors = &o;
        w.count = 1;
        REQUIRE(bert_checkpoint_write(&w) == BERT_OK);
        snprintf(path, sizeof path, "unit_model.step-%d.index", steps[i]);
        snprintf(name, sizeof name, "x/m-%d.index", steps[i]);
        archive_file(&a, name, path, 0);
        remove(path);
        snprintf(path, sizeof path, "unit_model.step-%d.data-00000-of-00001", steps[i]);
        snprintf(name, sizeof name, "x/m-%d.data-00000-of-00001", steps[i]);
        archive_file(&a, name, path, 0);
        remove(path);
    }
    archive_end(&a);
    d.data = a.data;
    d.size = a.size;
    d.error = &e;
    if (bert_checkpoint_open(&d, &c)) TEST_FAIL("%s", e.message);
    else CHECK(bert_checkpoint_find(c, "step9") != NULL && bert_checkpoint_count(c) == 1);
    bert_checkpoint_close(c);
    archive_free(&a);
    archive_begin(&a);
    for (i = 0; i < 2; i++) {
        memset(name, 'n', 110);
        snprintf(name + 110, sizeof name - 110, "/%c.safetensors", 'a' + i);
        archive_add(&a, name, "x", 1, 0);
    }
    archive_end(&a);
    d.data = a.data;
    d.size = a.size;
    c = NULL;
    CHECK_INT(bert_checkpoint_open(&d, &c), BERT_ERROR_ARGUMENT);
    CHECK(c == NULL && strstr(e.message, "the archive holds several checkpoints (nnn") != NULL);
    archive_free(&a);
}
static void damaged_archives(void)
{
    static const char map[] = "{\"weight_map\": {\"w\": \"a.safetensors\"}}", one[] = "{\"w\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}";
    static const int64_t shape[1] = { 3 };
    static const float three[3] = { 1, 2, 3 };
    bert_write_desc w = { 0 };
    bert_output o = { 0 };
    unsigned char file[100];
    size_t n, k;
    int kind, opened = 0;
    o.name = "w"; o.data = three; o.shape = shape; o.rank = 1; o.dtype = BERT_F32;
    w.path = "unit_model.ckpt"; w.tensors = &o; w.count = 1; w.format = BERT_FORMAT_TF;
    REQUIRE(bert_checkpoint_write(&w) == BERT_OK);
    for (kind = 0; kind < 2; kind++) {
        archive a;
        archive_begin(&a);
        if (kind) {
            archive_file(&a, "x/bert_model.ckpt.index", "unit_model.ckpt.index", 1);
            archive_file(&a, "x/bert_model.ckpt.data-00000-of-00001", "unit_model.ckpt.data-00000-of-00001", 0);
        } else {
            archive_add(&a, "x/model.safetensors.index.json", map, sizeof map - 1, 1);
            n = archive_number(file, sizeof one - 1, 8); memcpy(file + n, one, sizeof one - 1); n += sizeof one - 1; file[n++] = 7;
            archive_add(&a, "x/a.safetensors", file, n, 1);
        }
        archive_write(&a, NULL);
        for (k = 0; k <= 9 * a.size; k++) {                             /* so long; then all of it with bit k - size */
            const size_t size = k < a.size ? k : a.size;
            unsigned char *copy = (unsigned char *)malloc(size + 1);
            bert_checkpoint_desc d = { 0 };
            bert_checkpoint *c = NULL;
            bert_error e = { 0 };
            bert_status st;
            if (!copy) abort();
            memcpy(copy, a.data, size);
            if (k > a.size) copy[(k - 1 - a.size) / 8] = (unsigned char)(copy[(k - 1 - a.size) / 8] ^ 1 << (k - 1 - a.size) % 8);
            d.data = copy;
            d.size = size;
            d.error = &e;
            st = bert_checkpoint_open(&d, &c);
            if (k < a.size && st == BERT_OK) TEST_FAIL("the first %ld of %ld bytes open", (long)size, (long)a.size);
            if (k == a.size && st != BERT_OK) TEST_FAIL("%s", e.message);
            if (st != BERT_OK && (c || !e.message[0] || e.code != st)) TEST_FAIL("bit %ld: no proper error", (long)(k - 1 - a.size));
            if (st == BERT_OK) {
                float values[64];
                const bert_tensor *t = bert_checkpoint_tensor(c, 0);
                opened++;
                CHECK(t && t->count <= 64 && bert_tensor_read(t, BERT_F32, values, t->count, &e) == BERT_OK);
            }
            bert_checkpoint_close(c);
            free(copy);
        }
        archive_free(&a);
    }
    CHECK(opened > 2);
    clean();
}

/* ---- models made at random ---- */

static void made_config(bert_config *c)
{
    bert_error e = { 0 };
    if (parse(google_config, c, &e)) TEST_FAIL("%s", e.message);
}
static void random_models(void)
{
    static const uint32_t all = BERT_HEAD_POOLER | BERT_HEAD_MLM | BERT_HEAD_NSP | BERT_HEAD_CLASSIFIER | BERT_HEAD_SPAN;
    bert_config config;
    bert_model_desc d = { 0 };
    bert_model *m = NULL, *again = NULL, *other = NULL;
    bert_error e = { 0 };
    int64_t i, k, decayed = 0;
    made_config(&config);
    d.config = &config;
    d.error = &e;
    CHECK_INT(bert_model_open(&d, &m), BERT_ERROR_ARGUMENT);            /* not unless it is allowed */
    CHECK(m == NULL && strstr(e.message, "init_missing") != NULL);
    d.init_missing = BERT_ON;
    d.heads = all;
    d.seed = 42;
    REQUIRE(bert_model_open(&d, &m) == BERT_OK);
    REQUIRE(bert_model_open(&d, &again) == BERT_OK);
    d.seed = 43;
    REQUIRE(bert_model_open(&d, &other) == BERT_OK);
    CHECK(bert_model_checkpoint(m) == NULL && bert_checkpoint_path(NULL) == NULL && bert_checkpoint_format(NULL) == NULL && bert_model_config_path(m) == NULL);
    CHECK_INT(bert_model_heads(m), all);
    CHECK_INT(bert_model_parameter_count(m), 5 + 16 * L + 2 + 5 + 2 + 2 + 2);
    CHECK_INT(bert_model_config(m)->labels, 2);
    CHECK_INT(bert_model_config(m)->activation, BERT_GELU_TANH);
    for (i = 0; i < bert_model_parameter_count(m); i++) {
        const bert_parameter *p = bert_model_parameter(m, i);
        const float *v = (const float *)bert_tensor_view(p->tensor), *w = (const float *)bert_tensor_view(bert_model_parameter(again, i)->tensor), *x = (const float *)bert_tensor_view(bert_model_parameter(other, i)->tensor);
        const size_t n = strlen(p->name);
        float *read = (float *)malloc((size_t)p->tensor->count * sizeof *read);
        int64_t same = 0;
        CHECK(p->made == 1 && p->transposed == 0 && p->tensor->dtype == BERT_F32 && p->tensor->rank == p->rank && strcmp(p->tensor->name, p->name) == 0);
        CHECK(p->tensor->shape[0] == p->shape[0] && p->tensor->count == p->shape[0] * (p->rank == 2 ? p->shape[1] : 1) && bert_model_find(m, p->name) == p);
        CHECK(read && bert_parameter_read(p, read, p->tensor->count, &e) == BERT_OK && memcmp(read, v, (size_t)p->tensor->count * sizeof *read) == 0);
        CHECK(memcmp(v, w, (size_t)p->tensor->count * sizeof *v) == 0);
        for (k = 0; k < p->tensor->count; k++) {
            same += v[k] == x[k];
            if (!p->decay && v[k] != (strcmp(p->name + n - 16, "LayerNorm.weight") == 0 ? 1.0f : 0.0f)) TEST_FAIL("%s[%ld] is %g", p->name, (long)k, (double)v[k]);
            if (p->decay && !(fabs((double)v[k]) <= 0.04)) TEST_FAIL("%s[%ld] is %g", p->name, (long)k, (double)v[k]);
        }
        if (p->decay) { decayed++; CHECK(same <= p->tensor->count / 50); }
        free(read);
    }
    CHECK_INT(decayed, 3 + 6 * L + 1 + 1 + 1 + 1 + 1);
    {                                                                   /* no two tables begin alike: rows and layers have streams of their own */
        const float *a = (const float *)bert_tensor_view(bert_model_find(m, "bert.encoder.layer.0.attention.self.query.weight")->tensor);
        const float *b = (const float *)bert_tensor_view(bert_model_find(m, "bert.encoder.layer.1.attention.self.query.weight")->tensor);
        const float *c = (const float *)bert_tensor_view(bert_model_find(m, "bert.encoder.layer.0.attention.self.key.weight")->tensor);
        for (i = k = 0; i < C * C; i++) k += a[i] == b[i] || a[i] == c[i];
        CHECK(k < C);
    }
    bert_model_close(m);
    bert_model_close(again);
    bert_model_close(other);
    config.max_relative_position = 64;                                  /* NEZHA: no table of positions; a config by name */
    d.heads = 0;
    m = NULL;
    REQUIRE(bert_model_open(&d, &m) == BERT_OK);
    CHECK(bert_model_find(m, "bert.embeddings.position_embeddings.weight") == NULL && bert_model_find(m, "bert.pooler.dense.weight") == NULL);
    CHECK_INT(bert_model_parameter_count(m), 4 + 16 * L);
    bert_model_close(m);
}
/* The same values on every machine: words, and what becomes of them. */
static void random_values(void)
{
    bert_config config;
    bert_model_desc d = { 0 };
    bert_model *m = NULL;
    const bert_parameter *p;
    const float *v;
    double sum = 0, squares = 0, fourth = 0, worst = 0;
    int64_t n, i, k, bins[64] = { 0 }, seen = 0;
    made_config(&config);
    config.vocab_size = 30000;
    config.initializer_range = 0.5;
    d.config = &config;
    d.init_missing = BERT_ON;
    d.seed = 0x0123456789ABCDEFu;
    REQUIRE(bert_model_open(&d, &m) == BERT_OK);
    p = bert_model_find(m, "bert.embeddings.word_embeddings.weight");
    v = (const float *)bert_tensor_view(p->tensor);
    n = p->tensor->count;
    for (i = 0; i < n; i++) {
        const double x = v[i] / 0.5;
        sum += x;
        squares += x * x;
        fourth += x * x * x * x;
        if (!(fabs(x) <= 2)) TEST_FAIL("value %ld is %g", (long)i, x);
        k = (int64_t)floor((x + 2) * 16);
        bins[k < 0 ? 0 : k > 63 ? 63 : k]++;
    }
    /* of a normal distribution cut off at 2: mean 0, variance 1 - 4 f(2) / (2 F(2) - 1) = 0.77374, fourth moment 1.41612 */
    CHECK(fabs(sum / (double)n) < 0.004 && fabs(squares / (double)n - 0.7737413) < 0.004 && fabs(fourth / (double)n - 1.4161) < 0.012);
    for (k = 0; k < 64; k++) {                                          /* the distribution itself, by Kolmogorov and Smirnov: 1.2 million values, beyond 0.1 % at 1.95 / sqrt(n) */
        const double x = -2 + (double)(k + 1) / 16, f = (erf(x / sqrt(2)) + erf(sqrt(2))) / (2 * erf(sqrt(2)));
        seen += bins[k];
        if (fabs((double)seen / (double)n - f) > worst) worst = fabs((double)seen / (double)n - f);
    }
    CHECK(worst < 1.95 / sqrt((double)n));
    bert_model_close(m);
}
static void missing_heads(void)
{
    bert_config config;
    bert_model_desc d = { 0 };
    bert_model *m = NULL;
    const bert_parameter *p;
    bert_error e = { 0 };
    made t;
    int64_t i, made_here = 0;
    made_config(&config);
    d.config = &config;
    d.path = paths[1];
    d.error = &e;
    d.heads = BERT_HEAD_POOLER | BERT_HEAD_CLASSIFIER | BERT_HEAD_SPAN | BERT_HEAD_MLM;
    make(&t, 0, "classifier.bias", NULL);
    REQUIRE(save(&t, BERT_FORMAT_SAFETENSORS, paths[1], &e) == BERT_OK);
    CHECK_INT(bert_model_open(&d, &m), BERT_ERROR_MISMATCH);
    CHECK(strstr(e.message, "cls.predictions.transform.dense.weight") != NULL && strstr(e.message, "init_missing") != NULL);
    d.init_missing = BERT_ON;
    REQUIRE(bert_model_open(&d, &m) == BERT_OK);
    CHECK_INT(bert_model_heads(m), d.heads);
    CHECK_INT(bert_model_config(m)->labels, N);                         /* as the weight that is there */
    for (i = 0; i < bert_model_parameter_count(m); i++) {
        p = bert_model_parameter(m, i);
        made_here += p->made;
        CHECK(p->made == (strncmp(p->name, "cls.", 4) == 0 || strncmp(p->name, "qa_", 3) == 0 || strcmp(p->name, "classifier.bias") == 0));
    }
    CHECK_INT(made_here, 5 + 2 + 1);
    CHECK_INT(bert_model_find(m, "classifier.bias")->shape[0], N);
    CHECK(bert_model_find(m, "cls.seq_relationship.weight") == NULL);   /* not asked for */
    bert_model_close(m);
    m = NULL;
    d.labels = N + 1;                                                   /* others than the file's */
    CHECK_INT(bert_model_open(&d, &m), BERT_ERROR_MISMATCH);
    CHECK(m == NULL && strstr(e.message, "classifier.weight") != NULL && strstr(e.message, "labels") != NULL);
    unmake(&t);
    make(&t, 0, "classifier.weight", NULL);                             /* and with a bias alone */
    REQUIRE(save(&t, BERT_FORMAT_SAFETENSORS, paths[1], &e) == BERT_OK);
    d.labels = N;
    REQUIRE(bert_model_open(&d, &m) == BERT_OK);
    CHECK_INT(bert_model_find(m, "classifier.weight")->shape[0], N);
    bert_model_close(m);
    m = NULL;
    d.labels = 0;
    config.labels = 2;                                                  /* the weight is made for two, the bias has three */
    CHECK_INT(bert_model_open(&d, &m), BERT_ERROR_MISMATCH);
    d.labels = -1;
    CHECK_INT(bert_model_open(&d, &m), BERT_ERROR_ARGUMENT);
    unmake(&t);
    make(&t, 0, "bert.encoder.layer.1.output.dense.bias", NULL);        /* the encoder is never made beside a file */
    REQUIRE(save(&t, BERT_FORMAT_SAFETENSORS, paths[1], &e) == BERT_OK);
    d.labels = 0;
    CHECK_INT(bert_model_open(&d, &m), BERT_ERROR_MISMATCH);
    CHECK(m == NULL && strcmp(e.tensor, "bert.encoder.layer.1.output.dense.bias") == 0);
    unmake(&t);
    clean();
}

/* ---- what sentence-transformers lays beside a model ---- */

static void sentence_transformers(void)
{
    static const struct { const char *modules, *pooling, *length; bert_status status; const char *says; bert_pooling want; int normalize; int64_t max_length; } rows[] = {
        { "[{\"type\": \"sentence_transformers.models.Transformer\", \"path\": \"\"}, {\"type\": \"sentence_transformers.models.Pooling\", \"path\": \"1_Pooling\"}, {\"type\": \"Normalize\"}]",
          "{\"pooling_mode_cls_token\": true, \"pooling_mode_mean_tokens\": false}", "{\"max_seq_length\": 40}", BERT_OK, "", BERT_POOLING_CLS, 1, 40 },
        { "[{\"type\": \"Transformer\"}, {\"type\": \"Pooling\", \"path\": \"1_Pooling\"}]", "{\"pooling_mode_max_tokens\": true}", "{\"max_seq_length\": 2}", BERT_OK, "", BERT_POOLING_MAX, 0, 77 },
        { NULL, "{\"pooling_mode_mean_sqrt_len_tokens\": true}", "{\"max_seq_length\": \"x\"}", BERT_OK, "", BERT_POOLING_MEAN_SQRT, 1, 77 },
        { NULL, "{\"pooling_mode_lasttoken\": true}", NULL, BERT_OK, "", BERT_POOLING_LAST, 1, 77 },
        { NULL, NULL, NULL, BERT_OK, "", BERT_POOLING_POOLER, 1, 77 },
        { "[]", NULL, "{}", BERT_OK, "", BERT_POOLING_POOLER, 0, 77 },
        { NULL, "{\"pooling_mode_cls_token\": true, \"pooling_mode_mean_tokens\": true}", NULL, BERT_ERROR_UNSUPPORTED, "2 ways of pooling", BERT_POOLING_POOLER, 1, 77 },
        { "[{\"type\": \"x.Pooling\", \"path\": \"1_Pooling\"}]", "{\"pooling_mode_cls_token\": 1}", NULL, BERT_ERROR_UNSUPPORTED, "0 ways of pooling", BERT_POOLING_POOLER, 1, 77 },
        { "[{\"type\": \"x.Dense\", \"path\": \"2_Dense\"}]", NULL, NULL, BERT_ERROR_UNSUPPORTED, "the module \"Dense\" is not supported", BERT_POOLING_POOLER, 1, 77 },
        { "[{\"type\": 7}]", NULL, NULL, BERT_ERROR_UNSUPPORTED, "the module \"\" is not supported", BERT_POOLING_POOLER, 1, 77 },
        { "[{\"path\": \"1_Pooling\"}]", NULL, NULL, BERT_ERROR_UNSUPPORTED, "is not supported", BERT_POOLING_POOLER, 1, 77 },
        { "[{\"type\": \"Pooling\"}]", NULL, NULL, BERT_ERROR_UNSUPPORTED, "is not supported", BERT_POOLING_POOLER, 1, 77 },
        { "[{\"type\": \"Pooling\", \"path\": 1}]", NULL, NULL, BERT_ERROR_UNSUPPORTED, "is not supported", BERT_POOLING_POOLER, 1, 77 },
        { "[{\"type\": \"Pooling\", \"path\": \"1_Pooling\"}]", NULL, NULL, BERT_ERROR_IO, "there is no config.json in it", BERT_POOLING_POOLER, 1, 77 },
        { "[{\"type\": ", NULL, NULL, BERT_ERROR_FORMAT, "modules.json: JSON, line 1, column 11: the text ends too early (at byte 10)", BERT_POOLING_POOLER, 1, 77 },
        { NULL, "{", NULL, BERT_ERROR_FORMAT, "config.json", BERT_POOLING_POOLER, 1, 77 },
        { NULL, NULL, "[", BERT_ERROR_FORMAT, "sentence_bert_config.json", BERT_POOLING_POOLER, 1, 77 },
    };
    size_t i;
    remove_made();
    put_folder("unit_model.st");
    put_folder("unit_model.st/1_Pooling");
    put_model(0, BERT_FORMAT_SAFETENSORS, "unit_model.st/model.safetensors");
    put_text("unit_model.st/config.json", google_config);
    put_text("unit_model.st/modules.json", "");
    put_text("unit_model.st/1_Pooling/config.json", "");
    put_text("unit_model.st/sentence_bert_config.json", "");
    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        bert_model_desc d = { 0 };
        bert_model *m = NULL;
        bert_embed_desc e;
        bert_error err = { 0 };
        remove("unit_model.st/modules.json");
        remove("unit_model.st/1_Pooling/config.json");
        remove("unit_model.st/sentence_bert_config.json");
        if (rows[i].modules) CHECK(bert_file_write("unit_model.st/modules.json", rows[i].modules, strlen(rows[i].modules), NULL) == BERT_OK);
        if (rows[i].pooling) CHECK(bert_file_write("unit_model.st/1_Pooling/config.json", rows[i].pooling, strlen(rows[i].pooling), NULL) == BERT_OK);
        if (rows[i].length) CHECK(bert_file_write("unit_model.st/sentence_bert_config.json", rows[i].length, strlen(rows[i].length), NULL) == BERT_OK);
        d.path = "unit_model.st";
        d.error = &err;
        if (bert_model_open(&d, &m)) { TEST_FAIL("%s", err.message); return; }
        memset(&e, 0, sizeof e);
        e.pooling = BERT_POOLING_POOLER;
        e.normalize = 1;
        e.max_length = 77;
        CHECK_INT(bert_embed_desc_read(m, &e, &err), rows[i].status);
        if (!strstr(err.message, rows[i].says)) TEST_FAIL("row %d: %s", (int)i, err.message);
        CHECK(!strstr(err.message, "(at byte") || !strstr(strstr(err.message, "(at byte") + 1, "(at byte"));    /* once */
        CHECK_INT(e.pooling, rows[i].want);                             /* of a failure nothing is taken */
        CHECK_INT(e.normalize, rows[i].normalize);
        CHECK_INT(e.max_length, rows[i].max_length);
        bert_model_close(m);
    }
    remove_made();
    {                                                                   /* a file in this folder; a model that lies in none */
        bert_model_desc d = { 0 };
        bert_model *m = NULL;
        bert_config c;
        bert_embed_desc e;
        bert_error err = { 0 };
        memset(&e, 0, sizeof e);
        put_model(0, BERT_FORMAT_SAFETENSORS, "unit_model.safetensors");
        put_text("modules.json", "[{\"type\": \"Normalize\"}]");
        made_config(&c);
        d.path = "unit_model.safetensors";
        REQUIRE(bert_model_open(&d, &m) == BERT_OK);
        CHECK(bert_embed_desc_read(m, &e, &err) == BERT_OK && e.normalize == 1);
        bert_model_close(m);
        e.normalize = 0;
        d.path = NULL;
        d.config = &c;
        d.init_missing = BERT_ON;
        REQUIRE(bert_model_open(&d, &m) == BERT_OK);
        CHECK(bert_embed_desc_read(m, &e, &err) == BERT_OK && e.normalize == 0);
        bert_model_close(m);
        remove_made();
    }
}

/* Memory that runs out anywhere is an error, and all of it comes back. */
static void out_of_memory(void)
{
    bert_config config;
    archive a;
    long at;
    int kind, done;
    made_config(&config);
    remove_made();
    put_model(0, BERT_FORMAT_SAFETENSORS, "unit_model.safetensors");
    archive_begin(&a);
    archive_file(&a, "m/model.safetensors", "unit_model.safetensors", 1);
    archive_add(&a, "m/config.json", google_config, sizeof google_config - 1, 1);
    archive_add(&a, "m/vocab.txt", vocab_text, sizeof vocab_text - 1, 1);
    archive_add(&a, "m/tokenizer_config.json", "{\"do_lower_case\": false}", 24, 1);
    archive_write(&a, NULL);
    for (kind = 0; kind < 2; kind++)
        for (at = 1, done = 0; !done && at < 1000; at++) {
            test_faults f;
            bert_model_desc d = { 0 };
            bert_tokenizer_desc td = { 0 };
            bert_model *m = NULL;
            bert_tokenizer *tok = NULL;
            bert_error e = { 0 };
            bert_status st;
            memset(&f, 0, sizeof f);
            f.fail_at = at;
            d.allocator = test_faults_allocator(&f);
            d.error = td.error = &e;
            if (kind) { d.config = &config; d.init_missing = BERT_ON; d.heads = BERT_HEAD_POOLER; }
            else { d.data = a.data; d.size = a.size; }
            st = bert_model_open(&d, &m);
            if (st == BERT_OK && !kind) st = bert_model_tokenizer(m, &td, BERT_DEFAULT, &tok);
            done = st == BERT_OK;
            if (!done && (st != BERT_ERROR_MEMORY || e.code != st)) TEST_FAIL("allocation %ld fails with %s: %s", at, bert_status_string(st), e.message);
            bert_tokenizer_close(tok);
            bert_model_close(m);
            CHECK_INT(f.live, 0);
        }
    CHECK(done);
    archive_free(&a);
    remove_made();
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(configs);
    TEST(config_errors);
    TEST(config_names);
    TEST(names);
    TEST(models);
    TEST(broken_models);
    TEST(config_members);
    TEST(configs_from_shapes);
    TEST(misshapen_models);
    TEST(models_of_no_place);
    TEST(no_models);
    TEST(folders);
    TEST(archives);
    TEST(archives_of_several);
    TEST(damaged_archives);
    TEST(casing);
    TEST(random_models);
    TEST(random_values);
    TEST(missing_heads);
    TEST(sentence_transformers);
    TEST(out_of_memory);
    return test_end();
}
