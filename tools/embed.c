/* tools/embed.c - texts to vectors, one for each line.
   SPDX-License-Identifier: MIT-0 OR Unlicense

   How the rows become one vector is read from the files of sentence-transformers beside the model, where there are some; flags
   override. Several workers (make MPI=1, mpirun) take blocks of lines in turn. */
#define _POSIX_C_SOURCE 200809L
#define CLI_WORKERS
#include "cli.h"

static const char *model_path, *bert_config_file, *vocab_file, *output_file, *output_format = "text", *pooling = "auto", *too_long = "error", *isa = "default";
static bert_flag lower, normalize;
static int64_t max_seq_length, stride, threads, max_tokens;

static const cli_flag flags[] = {
    { "model", 's', &model_path, "a directory, file, zip or TensorFlow prefix" },
    { "bert_config_file", 's', &bert_config_file, "the config (default: beside the checkpoint)" },
    { "vocab_file", 's', &vocab_file, "the vocabulary (default: beside the checkpoint)" },
    { "do_lower_case", 't', &lower, "lower-case the text (default: as the vocabulary's files say, else true)" },
    { "output_file", 's', &output_file, "the vectors (default: standard output)" },
    { "output_format", 's', &output_format, "text: numbers with blanks between, a line each; npy; or safetensors, as tensor `embeddings`" },
    { "pooling", 's', &pooling, "auto (as the model's files say, else mean), mean, cls, max, pooler, mean_sqrt_len, weighted_mean or last" },
    { "normalize", 't', &normalize, "vectors of length 1 (default: as the model's files say, else not)" },
    { "max_seq_length", 'i', &max_seq_length, "tokens of a text, [CLS] and [SEP] included; 0: as the model's files say, else all it has positions for" },
    { "too_long", 's', &too_long, "what becomes of a longer text: error, truncate, or windows: all of it, in pieces that overlap" },
    { "stride", 'i', &stride, "tokens that neighbouring windows share; 0: an eighth" },
    { "threads", 'i', &threads, "how many; 0: one a core. The vectors are the same" },
    { "max_tokens", 'i', &max_tokens, "tokens computed at once; 0: 1024, or the model's positions. Decides the memory" },
    { "isa", 's', &isa, "kernels: " CLI_ISAS },
    CLI_PRECISION,
    CLI_DEVICE,
    { 0, 0, 0, 0 }
};

int main(int argc, char **argv)
{
    static const bert_pooling kinds[] = { BERT_POOLING_MEAN, BERT_POOLING_MEAN, BERT_POOLING_CLS, BERT_POOLING_MAX, BERT_POOLING_POOLER, BERT_POOLING_MEAN_SQRT, BERT_POOLING_WEIGHTED_MEAN, BERT_POOLING_LAST };
    bert_error err = { 0 };
    bert_embed_desc d = { 0 };
    bert_model *model;
    bert_tokenizer *tokenizer;
    bert_session *session;
    cli_text input, o = { 0 };
    const char **texts = NULL, *line;
    size_t *sizes = NULL, size, at = 0, count = 0, room = 0, done, n;
    int64_t hidden, k;
    float *out;
    FILE *f;
    cli c = cli_parse(argc, argv, "embed --model PATH [FLAGS] [FILE]", "A vector for each line of a file or of standard input.", flags);
    const int format = cli_choice("output_format", output_format, "text|npy|safetensors"), kind = cli_choice("pooling", pooling, "auto|mean|cls|max|pooler|mean_sqrt_len|weighted_mean|last");
    const int policy = cli_choice("too_long", too_long, "error|truncate|windows");
    enum { BLOCK = 256 };
    if (c.count > 1) cli_usage("more than one input file: ", c.args[1]);
    if (max_seq_length < 0 || stride < 0 || max_tokens < 0) cli_usage("negative numbers make no sense for --max_seq_length, --stride or --max_tokens", "");
    cli_join(0, 0);
    model = cli_open_model(model_path, bert_config_file, kinds[kind] == BERT_POOLING_POOLER ? BERT_HEAD_POOLER : 0);
    hidden = bert_model_config(model)->hidden_size;
    if (bert_embed_desc_read(model, &d, &err)) cli_fail(err.message);
    if (kind) d.pooling = kinds[kind];
    if (normalize) d.normalize = normalize == BERT_ON;
    if (max_seq_length) d.max_length = max_seq_length;
    d.too_long = (bert_too_long)policy;
    d.stride = stride;
    d.error = &err;
    tokenizer = cli_open_tokenizer(model, vocab_file, lower, BERT_DEFAULT, BERT_DEFAULT);
    session = cli_open_session(model, isa, threads, max_tokens);

    input = cli_read(c.count ? c.args[0] : NULL);
    while (cli_line(&input, &at, &line, &size)) {
        if (count == room) {
            room = room * 2 + 1024;
            texts = realloc(texts, room * sizeof *texts);
            sizes = realloc(sizes, room * sizeof *sizes);
            if (!texts || !sizes) cli_fail("out of memory");
        }
        texts[count] = line;
        sizes[count++] = size;
    }
    cli_not_input(output_file, (const char *const *)c.args, (size_t)c.count);
    f = cli_create(output_file);
    if (format == 1) {
        const int64_t shape[2] = { (int64_t)count, hidden };
        cli_write_npy_head(f, shape, 2);
    } else if (format == 2) {
        const cli_tensor head = { "embeddings", "F32", { (int64_t)count, hidden }, 2, 4 };
        cli_write_safetensors_head(f, &head, 1, "");
    }
    out = malloc((size_t)(BLOCK * hidden) * sizeof *out);
    if (!out) cli_fail("out of memory");
    for (done = BLOCK * (size_t)cli_rank(); done < count + BLOCK * (size_t)cli_rank(); done += BLOCK * (size_t)cli_size()) {     /* as many rounds for each */
        n = done >= count ? 0 : count - done < BLOCK ? count - done : BLOCK;
        if (n && bert_session_embed(session, tokenizer, &d, texts + done, sizes + done, (int64_t)n, out)) {
            char why[700];
            long long text, tokens, limit;
            if (sscanf(err.message, "text %lld has %lld tokens; the limit is %lld", &text, &tokens, &limit) == 3)
                snprintf(why, sizeof why, "line %lld has %lld tokens; the limit is %lld: --too_long=truncate cuts it, --too_long=windows takes all of it", (long long)done + text + 1, tokens, limit);
            else snprintf(why, sizeof why, "%.600s", err.message);
            cli_fail(why);
        }
        if (format) cli_add_little(&o, out, n * (size_t)hidden, 4);
        for (k = 0; !format && k < (int64_t)n * hidden; k++) {
            char *to = cli_room(&o, 32);
            o.size += (size_t)snprintf(to, 32, "%.9g%c", (double)out[k], (k + 1) % hidden ? ' ' : '\n');
        }
        cli_write_shared(f, &o);
        n = done + BLOCK * (size_t)cli_size();
        cli_progress("texts", (int64_t)(n < count ? n : count), (int64_t)count);
    }
    cli_commit(f, output_file);
    free(out);
    free(o.data);
    free(input.data);
    free((void *)texts);
    free(sizes);
    bert_session_close(session);
    bert_tokenizer_close(tokenizer);
    bert_model_close(model);
    return 0;
}
