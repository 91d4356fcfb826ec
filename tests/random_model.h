/* random_model.h - a model of any config with random weights, as a checkpoint
   SPDX-License-Identifier: MIT-0 OR Unlicense

   Include after bert.h and test.h. The same seed gives the same weights. */
#ifndef RANDOM_MODEL_H
#define RANDOM_MODEL_H

/* A number in [-1, 1). */
TEST_FN float random_number(uint64_t *state) { return (float)((double)(test_random(state) >> 11) / 4503599627370496.0 - 1.0); }

TEST_FN int64_t random_dimension(const bert_config *c, char letter)
{
    switch (letter) {
    case 'C': return c->hidden_size;
    case 'F': return c->intermediate_size;
    case 'V': return c->vocab_size;
    case 'P': return c->max_positions;
    case 'K': return c->type_vocab_size;
    case 'N': return c->labels;
    default: return 2;
    }
}
/* Writes the checkpoint; what it is goes by the path's ending. untied: the masked language model has a decoder of its own. */
TEST_FN bert_status random_model_write(const char *path, const bert_config *c, uint32_t heads, int untied, uint64_t seed, bert_error *error)
{
    static const struct random_row { const char *name, *dims; uint32_t head; } rows[] = {
        { "bert.embeddings.word_embeddings.weight", "VC", 0 }, { "bert.embeddings.position_embeddings.weight", "PC", 0 }, { "bert.embeddings.token_type_embeddings.weight", "KC", 0 },
        { "bert.embeddings.LayerNorm.weight", "C", 0 }, { "bert.embeddings.LayerNorm.bias", "C", 0 },
        { "bert.encoder.layer.%d.attention.self.query.weight", "CC", 0 }, { "bert.encoder.layer.%d.attention.self.query.bias", "C", 0 },
        { "bert.encoder.layer.%d.attention.self.key.weight", "CC", 0 }, { "bert.encoder.layer.%d.attention.self.key.bias", "C", 0 },
        { "bert.encoder.layer.%d.attention.self.value.weight", "CC", 0 }, { "bert.encoder.layer.%d.attention.self.value.bias", "C", 0 },
        { "bert.encoder.layer.%d.attention.output.dense.weight", "CC", 0 }, { "bert.encoder.layer.%d.attention.output.dense.bias", "C", 0 },
        { "bert.encoder.layer.%d.attention.output.LayerNorm.weight", "C", 0 }, { "bert.encoder.layer.%d.attention.output.LayerNorm.bias", "C", 0 },
        { "bert.encoder.layer.%d.intermediate.dense.weight", "FC", 0 }, { "bert.encoder.layer.%d.intermediate.dense.bias", "F", 0 },
        { "bert.encoder.layer.%d.output.dense.weight", "CF", 0 }, { "bert.encoder.layer.%d.output.dense.bias", "C", 0 },
        { "bert.encoder.layer.%d.output.LayerNorm.weight", "C", 0 }, { "bert.encoder.layer.%d.output.LayerNorm.bias", "C", 0 },
        { "bert.pooler.dense.weight", "CC", BERT_HEAD_POOLER }, { "bert.pooler.dense.bias", "C", BERT_HEAD_POOLER },
        { "cls.predictions.transform.dense.weight", "CC", BERT_HEAD_MLM }, { "cls.predictions.transform.dense.bias", "C", BERT_HEAD_MLM },
        { "cls.predictions.transform.LayerNorm.weight", "C", BERT_HEAD_MLM }, { "cls.predictions.transform.LayerNorm.bias", "C", BERT_HEAD_MLM },
        { "cls.predictions.bias", "V", BERT_HEAD_MLM }, { "cls.predictions.decoder.weight", "VC", BERT_HEAD_MLM }, { "cls.predictions.decoder.bias", "V", BERT_HEAD_MLM },
        { "cls.seq_relationship.weight", "2C", BERT_HEAD_NSP }, { "cls.seq_relationship.bias", "2", BERT_HEAD_NSP },
        { "classifier.weight", "NC", BERT_HEAD_CLASSIFIER }, { "classifier.bias", "N", BERT_HEAD_CLASSIFIER },
        { "qa_outputs.weight", "2C", BERT_HEAD_SPAN }, { "qa_outputs.bias", "2", BERT_HEAD_SPAN } };
    enum { ROWS = sizeof rows / sizeof *rows };
    const size_t most = ROWS * (size_t)(c->layers > 0 ? c->layers : 1);
    bert_output *o = (bert_output *)calloc(most, sizeof *o);
    char *names = (char *)calloc(most, 96);
    int64_t *shapes = (int64_t *)calloc(most * 2, sizeof *shapes), i;
    bert_write_desc w;
    bert_status st;
    size_t r, n = 0;
    int layer;
    if (!o || !names || !shapes) abort();
    for (r = 0; r < ROWS; r++)
        for (layer = 0; layer < (strchr(rows[r].name, '%') ? c->layers : 1); layer++) {
            const int rank = (int)strlen(rows[r].dims), norm = strstr(rows[r].name, "LayerNorm.weight") != NULL;
            int64_t *shape = shapes + 2 * n, count = 1;
            float *values;
            int k;
            if ((rows[r].head & ~heads) || (strstr(rows[r].name, "decoder") && !untied) || (c->max_relative_position && strchr(rows[r].dims, 'P'))) continue;
            for (k = 0; k < rank; k++) { shape[k] = random_dimension(c, rows[r].dims[k]); count *= shape[k]; }
            values = (float *)malloc((size_t)count * sizeof *values);
            if (!values) abort();
            for (i = 0; i < count; i++) values[i] = norm ? 1 + 0.2f * random_number(&seed) : 0.35f * random_number(&seed);
            snprintf(names + 96 * n, 96, rows[r].name, layer);
            o[n].name = names + 96 * n;
            o[n].data = values;
            o[n].shape = shape;
            o[n].rank = rank;
            o[n++].dtype = BERT_F32;
        }
    memset(&w, 0, sizeof w);
    w.path = path;
    w.tensors = o;
    w.count = n;
    w.error = error;
    st = bert_checkpoint_write(&w);
    for (r = 0; r < n; r++) free((void *)(uintptr_t)o[r].data);
    free(o);
    free(names);
    free(shapes);
    return st;
}

#endif
