/* tools/convert.c - a checkpoint from one world to another: TensorFlow, PyTorch, safetensors.
   SPDX-License-Identifier: MIT-0 OR Unlicense

   Every tensor is recognised, renamed, turned if the other side keeps its matrices the other way, converted, written, and
   read back. A config.json goes beside it that names what the source computes. */
#include "cli.h"

static const char *to = "auto", *dtype = "keep", *names = "auto", *bert_config_file, *tf_checkpoint_path, *pytorch_dump_path;
static int with_optimizer;

static const cli_flag flags[] = {
    { "to", 's', &to, "tf, safetensors or pytorch (default: by OUT's ending)" },
    { "dtype", 's', &dtype, "keep, f32, f16 or bf16" },
    { "names", 's', &names, "google or hf (default: google for tf, hf for the others)" },
    { "bert_config_file", 's', &bert_config_file, "the config (default: beside IN)" },
    { "with_optimizer", 'b', &with_optimizer, "keep optimizer slots and global_step" },
    { "tf_checkpoint_path", 's', &tf_checkpoint_path, "IN, as the script convert_bert_original_tf_checkpoint_to_pytorch calls it" },
    { "pytorch_dump_path", 's', &pytorch_dump_path, "OUT, likewise; implies --to=pytorch" },
    { 0, 0, 0, 0 }
};

/* What becomes of one tensor. */
typedef struct plan { bert_tensor tensor; char name[160]; int64_t shape[8], room[4]; } plan;

int main(int argc, char **argv)
{
    static const bert_format formats[] = { BERT_FORMAT_AUTO, BERT_FORMAT_TF, BERT_FORMAT_SAFETENSORS, BERT_FORMAT_PYTORCH };
    static const bert_dtype types[] = { BERT_DTYPE_NONE, BERT_F32, BERT_F16, BERT_BF16 };
    bert_error err = { 0 };
    bert_model_desc md = { 0 };
    bert_model *m = NULL;
    bert_checkpoint_desc cd = { 0 };
    bert_checkpoint *first, *back;
    const bert_checkpoint *c;
    bert_write_desc w = { 0 };
    bert_output *outputs;
    plan *plans;
    const char *in, *out, *slash;
    char config_path[4096];
    int64_t i, n, dropped = 0;
    int google, encoder = 0;
    bert_dtype want;
    cli a = cli_parse(argc, argv, "convert IN OUT [FLAGS]", "Writes the checkpoint IN (a file, a TensorFlow prefix, an index.json, a directory, a .zip) as OUT, for TensorFlow, PyTorch or\n"
                      "safetensors, and reads it back to be sure. For TensorFlow OUT is a prefix, such as dir/bert_model.ckpt.", flags);
    if (pytorch_dump_path && strcmp(to, "auto") == 0) to = "pytorch";
    in = tf_checkpoint_path ? tf_checkpoint_path : a.count ? a.args[0] : NULL;
    out = pytorch_dump_path ? pytorch_dump_path : a.count > 1 ? a.args[1] : NULL;
    if (!in || !out || a.count > 2) cli_usage("needs IN and OUT", "");
    w.format = formats[cli_choice("to", to, "auto|tf|safetensors|pytorch")];
    if (w.format == BERT_FORMAT_AUTO) {
        const size_t len = strlen(out);
        w.format = len > 12 && strcmp(out + len - 12, ".safetensors") == 0 ? BERT_FORMAT_SAFETENSORS
                 : (len > 4 && strcmp(out + len - 4, ".bin") == 0) || (len > 3 && strcmp(out + len - 3, ".pt") == 0) ? BERT_FORMAT_PYTORCH : BERT_FORMAT_TF;
    }
    want = types[cli_choice("dtype", dtype, "keep|f32|f16|bf16")];
    google = cli_choice("names", names, "auto|google|hf");
    google = google ? google == 1 : w.format == BERT_FORMAT_TF;
    w.newest = 1;

    cd.path = in;
    cd.error = &err;
    if (bert_checkpoint_open(&cd, &first)) cli_fail(err.message);
    c = first;
    n = bert_checkpoint_count(c);
    for (i = 0; i < n; i++) {
        bert_tensor_role role;
        if (bert_tensor_recognise(bert_checkpoint_tensor(c, i)->name, &role) && role.layer >= 0) encoder = 1;
    }
    if (encoder) {                                                      /* a model: it must be whole */
        bert_checkpoint_close(first);                                   /* an archive would lie in memory twice */
        md.path = in;
        md.config_path = bert_config_file;
        md.error = &err;
        if (bert_model_open(&md, &m)) cli_fail(err.message);
        if (!bert_model_config(m)->heads) cli_fail("no config beside IN, and shapes do not tell the number of attention heads; give --bert_config_file");
        c = bert_model_checkpoint(m);
    }
    plans = calloc((size_t)n + 1, sizeof *plans);
    outputs = calloc((size_t)n + 1, sizeof *outputs);
    if (!plans || !outputs) cli_fail("out of memory");
    for (i = 0; i < n; i++) {
        const bert_tensor *t = bert_checkpoint_tensor(c, i);
        plan *p = plans + w.count;
        bert_output *o = outputs + w.count;
        bert_tensor_role role;
        const int known = bert_tensor_recognise(t->name, &role);
        const char *last = strrchr(t->name, '.');
        int32_t k;
        if (known && role.slot && !with_optimizer) { dropped++; continue; }
        if (!known && !with_optimizer && (strcmp(t->name, "global_step") == 0 || strcmp(t->name, "trainer_state") == 0 || strncmp(t->name, "optimizer/", 10) == 0)) { dropped++; continue; }
        if (!known && last && strcmp(last, ".position_ids") == 0) { dropped++; continue; }     /* 0, 1, 2, ...: a buffer */
        if (!bert_dtype_size(t->dtype) || t->rank > 8) { fprintf(stderr, "%s: left out: %s\n", cli_name, t->name); continue; }
        if (google && known && strncmp(role.name, "cls.predictions.decoder.", 24) == 0) {      /* tied: Google keeps it once */
            const char *twin_name = strcmp(role.name, "cls.predictions.decoder.weight") == 0 ? "bert.embeddings.word_embeddings.weight" : "cls.predictions.bias";
            const bert_parameter *twin = m ? bert_model_find(m, twin_name) : NULL;
            if (twin && twin->tensor->count == t->count && twin->tensor->data == t->data) continue;
            if (twin && twin->tensor->count == t->count && !t->strides && !twin->tensor->strides && twin->tensor->dtype == t->dtype
                && memcmp(twin->tensor->data, t->data, (size_t)t->count * bert_dtype_size(t->dtype)) == 0) continue;
            fprintf(stderr, "%s: %s is not tied to %s; it is kept as %s, which Google's code does not read\n", cli_name, t->name, twin_name, role.google);
        }
        p->tensor = known && role.matrix && t->rank == 2 && (role.source == BERT_SOURCE_GOOGLE) != google ? bert_tensor_transposed(t, p->room) : *t;
        snprintf(p->name, sizeof p->name, "%s", known ? google ? role.google : role.name : t->name);
        for (k = 0; k < t->rank; k++) p->shape[k] = p->tensor.shape[k];
        o->name = p->name;
        o->shape = p->shape;
        o->rank = t->rank;
        o->dtype = want && t->dtype >= BERT_F32 && t->dtype <= BERT_BF16 ? want : t->dtype;
        o->from = &p->tensor;
        w.count++;
    }
    w.path = out;
    w.tensors = outputs;
    w.error = &err;
    if (bert_checkpoint_write(&w)) cli_fail(err.message);

    cd.path = out;                                                      /* read back */
    if (bert_checkpoint_open(&cd, &back)) cli_fail(err.message);
    for (i = 0; i < (int64_t)w.count; i++) {
        const bert_output *o = outputs + i;
        const bert_tensor *t = bert_checkpoint_find(back, o->name);
        const size_t bytes = (size_t)(t ? t->count : 0) * bert_dtype_size(o->dtype);
        void *data = malloc(bytes ? bytes : 1), *want_data = malloc(bytes ? bytes : 1);
        if (!t || t->dtype != o->dtype || !data || !want_data || bert_tensor_read(t, o->dtype, data, t->count, &err) || bert_tensor_read(o->from, o->dtype, want_data, t->count, &err)
            || memcmp(data, want_data, bytes) != 0) {
            char text[300];
            snprintf(text, sizeof text, "%.150s: what was written does not read back the same", o->name);
            cli_fail(text);
        }
        free(data);
        free(want_data);
    }
    bert_checkpoint_close(back);
    if (m) {
        const uint32_t heads = bert_model_heads(m);
        const char *kind = heads & BERT_HEAD_SPAN ? "ForQuestionAnswering" : heads & BERT_HEAD_CLASSIFIER ? "ForSequenceClassification"
                         : heads & BERT_HEAD_MLM ? heads & BERT_HEAD_NSP ? "ForPreTraining" : "ForMaskedLM" : "Model";
        slash = strrchr(out, '/');
        if (snprintf(config_path, sizeof config_path, "%.*sconfig.json", slash ? (int)(slash - out) + 1 : 0, out) >= (int)sizeof config_path) cli_fail("the path of OUT is too long");
        cli_write_config(m, kind, NULL, 0, config_path);
    }
    printf("%s (%s) -> %s: %lld tensors%s, read back and compared%s\n", bert_checkpoint_path(c), bert_checkpoint_format(c), out, (long long)w.count, dropped ? ", optimizer state and buffers left out" : "",
           m ? "; config.json beside it" : "");
    return 0;
}
