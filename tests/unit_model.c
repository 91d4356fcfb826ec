/* unit_model.c - configs, names, and models written and opened again in every format and spelling
   SPDX-License-Identifier: MIT-0 OR Unlicense */
#include "bert.h"
#include "test.h"

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
        { "{\"hidden_size\":8,\"num_hidden_layers\":1,\"num_attention_heads\":2,\"intermediate_size\":9,\"vocab_size\":5,\"position_embedding_type\":\"relative_key\"}", "relative_key" } };
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
static const char *const paths[] = { NULL, "obj/unit_model.safetensors", "obj/unit_model.bin", "obj/unit_model.ckpt" };
static void clean(void)
{
    remove("obj/unit_model.safetensors"); remove("obj/unit_model.bin");
    remove("obj/unit_model.ckpt.index"); remove("obj/unit_model.ckpt.data-00000-of-00001"); remove("obj/checkpoint");
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

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(configs);
    TEST(config_errors);
    TEST(config_names);
    TEST(names);
    TEST(models);
    TEST(broken_models);
    return test_end();
}
