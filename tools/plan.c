/* tools/plan.c - how much memory will it take, how long, and how large a batch fits? How fast will many workers be?
   SPDX-License-Identifier: MIT-0 OR Unlicense

   Bytes are exact. Time is measured: a batch is computed with one layer of the model and with two, with random weights; what the second
   took is what each of the others will. */
#define _POSIX_C_SOURCE 200809L         /* a clock that does not jump */
#include "cli.h"
#include <math.h>

static const char *model_path, *config_name, *bert_config_file, *isa = "default", *precision = "f32", *heads = "pooler", *budget_text, *format = "text", *mode = "inference", *learn = "classes";
static int recompute, table;
static int64_t batch = 1, length = 128, threads, labels = 2, parts = 1, examples;
static double epochs = 1;
static const char *workers_list, *bandwidth_text, *measured;
static double step_seconds, latency = 20e-6, overlap;
static int wire_bf16;

static const cli_flag flags[] = {
    { "model", 's', &model_path, "a checkpoint: its config and its heads" },
    { "config", 's', &config_name, "or a built-in config: base, large, tiny, L-4_H-256, nezha-base, ..." },
    { "bert_config_file", 's', &bert_config_file, "or a config file" },
    { "heads", 's', &heads, "with a config: which heads: pooler,mlm,nsp,classifier,span or none" },
    { "labels", 'i', &labels, "with a config: labels of the classifier" },
    { "batch", 'i', &batch, "sequences computed at once" },
    { "length", 'i', &length, "tokens of each" },
    { "threads", 'i', &threads, "how many; 0: one a core" },
    { "isa", 's', &isa, "kernels: default|ref|avx2|avx512|neon" },
    { "precision", 's', &precision, "of the weights in memory: default|f32|bf16|int8" },
    { "mode", 's', &mode, "inference|training" },
    { "learn", 's', &learn, "training: classes, tokens, spans, words or pretraining (words and next sentence)" },
    { "recompute", 'b', &recompute, "training: keep only each layer's output, compute the rest again" },
    { "examples", 'i', &examples, "measures for some seconds, and says how long so many sequences will take on this machine" },
    { "epochs", 'd', &epochs, "... so many times over" },
    { "budget", 's', &budget_text, "bytes there are (512M, 4G, ...): prints the largest batch for several lengths" },
    { "table", 'b', &table, "the largest batches of fine-tuning base and large in 8 to 24 GB, beside those of Google's README" },
    { "workers", 's', &workers_list, "how fast so many workers (8,32,256) train, each with --batch sequences a step, or --parts times that; needs --step_seconds, and" },
    { "bandwidth", 's', &bandwidth_text, "...bytes a second that a worker sends and receives at once (1.16G: 10 Gbit/s), or" },
    { "measured", 's', &measured, "...N:SECONDS, a step of N workers as it was measured, from which the bandwidth follows" },
    { "step_seconds", 'd', &step_seconds, "a step of one worker alone, as measured (global_step/sec of run_pretraining, or bench train)" },
    { "parts", 'i', &parts, "a worker computes its share of the batch in so many parts (run_pretraining takes 1024 tokens at once)" },
    { "latency", 'd', &latency, "seconds until a message arrives" },
    { "overlap", 'd', &overlap, "share of the time of backward in which gradients travel unnoticed, 0 (a worker's only core also moves them) to 1 (others do)" },
    { "allreduce_bf16", 'b', &wire_bf16, "gradients travel as bf16" },
    { "format", 's', &format, "text|json" },
    CLI_DEVICE,
    { 0, 0, 0, 0 }
};

static size_t parse_bytes(const char *text)
{
    char *end;
    double n = strtod(text, &end);
    const char *unit = "KMGT", *u = *end ? strchr(unit, *end & ~32) : NULL;
    if (end == text || (*end && !u) || (*end && end[1] && strcmp(end + 1, "B") != 0 && strcmp(end + 1, "iB") != 0) || !(n > 0)) cli_usage("--budget: not a number of bytes: ", text);
    for (; u && u >= unit; u--) n *= 1024;
    return n < 1e18 ? (size_t)n : SIZE_MAX;
}
static uint32_t parse_heads(const char *text)
{
    static const char *const names[] = { "none", "pooler", "mlm", "nsp", "classifier", "span" };
    static const uint32_t bits[] = { 0, BERT_HEAD_POOLER, BERT_HEAD_MLM, BERT_HEAD_NSP, BERT_HEAD_CLASSIFIER, BERT_HEAD_SPAN };
    uint32_t all = 0;
    while (*text) {
        const size_t n = strcspn(text, ",");
        int i;
        for (i = 0; i < 6 && (strlen(names[i]) != n || memcmp(names[i], text, n) != 0); i++) {}
        if (i == 6) cli_usage("--heads takes none, pooler, mlm, nsp, classifier, span, not ", text);
        all |= bits[i];
        text += n + (text[n] == ',');
    }
    return all;
}
/* What a trainer takes for so many tokens at once; SIZE_MAX: more than there are addresses. */
static size_t training_bytes(bert_trainer_desc *t, int64_t tokens, bert_trainer_bytes *out)
{
    bert_error err = { 0 };
    t->max_tokens = tokens;
    return bert_plan_trainer(t, out, &err) == BERT_OK ? out->total : SIZE_MAX;
}
/* The most tokens that a trainer can compute at once in so many bytes. */
static int64_t most_tokens(bert_trainer_desc *t, size_t budget)
{
    int64_t most = 0, high = (int64_t)1 << 31;
    bert_trainer_bytes b;
    while (most < high) {                                               /* more tokens never take less */
        const int64_t middle = most + (high - most + 1) / 2;
        if (training_bytes(t, middle, &b) <= budget) most = middle;
        else high = middle - 1;
    }
    return most;
}
static void print_table(bert_trainer_desc *t)
{
    static const int64_t lengths[] = { 64, 128, 256, 320, 384, 512 };
    static const int gigabytes[] = { 8, 12, 16, 24 }, google[2][6] = { { 64, 32, 16, 14, 12, 6 }, { 12, 6, 2, 1, 0, 0 } };     /* its table is of a Titan X */
    bert_error err = { 0 };
    bert_config config;
    int m, i, k;
    printf("Fine-tuning in float32: the largest batch that is computed at once. A larger one is taken in parts (--accumulate, --memory).\n");
    for (m = 0; m < 2; m++) {
        int64_t most[2][4];
        if (bert_config_named(m ? "large" : "base", &config, &err)) cli_fail(err.message);
        t->config = &config;
        t->learn = BERT_LEARN_CLASSES;
        for (k = 0; k < 8; k++) {
            t->recompute = k / 4;
            most[k / 4][k % 4] = most_tokens(t, (size_t)gigabytes[k % 4] << 30);
        }
        printf("\nBERT-%s                                    with --recompute                  Google's README,\nlength    8 GB   12 GB   16 GB   24 GB    8 GB   12 GB   16 GB   24 GB   12 GB\n", m ? "large" : "base ");
        for (i = 0; i < 6; i++) {
            printf("%6d", (int)lengths[i]);
            for (k = 0; k < 8; k++) printf("%8lld", (long long)(most[k / 4][k % 4] / lengths[i]));
            printf("%8d\n", google[m][i]);
        }
    }
}
static const char *mega(size_t bytes, char out[40])
{
    snprintf(out, 40, "%zu (%.1f MiB)", bytes, (double)bytes / 1048576);
    return out;
}
/* On a GPU, by the formulas its sessions and trainers allocate by (and quote where there is not so much). --device says what is computed in there,
   not --precision. */
#ifdef BERT_TOOLS_CUDA
static bert_status gpu_bytes(const bert_plan_desc *d, const bert_trainer_desc *t, int training, int64_t tokens, bert_cuda_bytes *out, bert_error *err)
{
    bert_cuda_desc cuda;
    bert_plan_desc session = *d;
    bert_trainer_desc trainer = *t;
    cli_on_gpu(&cuda);
    session.precision = BERT_PRECISION_DEFAULT;
    session.max_tokens = trainer.max_tokens = tokens;
    return training ? bert_cuda_plan_trainer(&trainer, &cuda, out, err) : bert_cuda_plan_memory(&session, &cuda, out, err);
}
static int64_t gpu_most(const bert_plan_desc *d, const bert_trainer_desc *t, int training, size_t budget)
{
    int64_t most = 0, high = (int64_t)1 << 20;
    bert_cuda_bytes b;
    while (most < high) {                                               /* more tokens never take less */
        const int64_t middle = most + (high - most + 1) / 2;
        if (gpu_bytes(d, t, training, middle, &b, NULL) == BERT_OK && b.total <= budget) most = middle;
        else high = middle - 1;
    }
    return most;
}
static size_t print_gpu(const bert_plan_desc *d, const bert_trainer_desc *t, int training, int json)
{
    bert_error err = { 0 };
    bert_cuda_bytes b;
    char text[40];
    if (gpu_bytes(d, t, training, d->max_tokens, &b, &err)) cli_fail(err.message);
    if (json) printf("{\"weights\": %zu, \"gradients\": %zu, \"slots\": %zu, \"activations\": %zu, \"workspace\": %zu, \"total\": %zu", b.weights, b.gradients, b.slots, b.activations, b.workspace, b.total);
    else {
        printf("weights, on the GPU             %s\n", mega(b.weights, text));
        if (training) printf("gradients                       %s\n", mega(b.gradients, text));
        if (training) printf("optimizer's slots               %s\n", mega(b.slots, text));
        printf("activations and the rest        %s\n", mega(b.activations, text));
        printf("workspace of cuBLASLt           %s\n", mega(b.workspace, text));
        printf("total                           %s\n", mega(b.total, text));
    }
    return b.total;
}
#else                                   /* never called: cli_on_gpu ends the program */
static int64_t gpu_most(const bert_plan_desc *d, const bert_trainer_desc *t, int training, size_t budget) { (void)d; (void)t; (void)training; (void)budget; return 0; }
static size_t print_gpu(const bert_plan_desc *d, const bert_trainer_desc *t, int training, int json) { (void)d; (void)t; (void)training; (void)json; return 0; }
#endif
/* A step of n workers, each with the work of one alone:

      step      = compute + exposed
      moved     = 2 (n-1)/n bytes         from four workers on, by halving and doubling, in 2 log2(n) rounds (Rabenseifner; Thakur,
                                          Rabenseifner, Gropp 2005)
                = (n-1) bytes             of two or three, who send all to all, in one
      all       = buckets rounds latency + moved / bandwidth
      last      = the same of the embeddings' gradients alone, which are known last and have nothing to hide behind
      exposed   = max(last, all - overlap backward)     backward of the last part, before which the sums are not complete: 2/3 of its
                                                        time, twice the products of forward

   Not in it: workers that are slower than others, reading data, saving. tests/workers.sh holds it against measured steps. */
typedef struct step_parts { double all, last, exposed, step; } step_parts;
static step_parts step_of(double n, double bytes, double last_bytes, double buckets, double bandwidth)
{
    step_parts s;
    const double rounds = (n < 4 ? 1 : 2 * log2(n)) * latency, share = (n < 4 ? n - 1 : 2 * (n - 1) / n) / bandwidth, behind = overlap * step_seconds * 2 / 3 / (double)parts;
    s.all = n > 1 ? buckets * rounds + share * bytes : 0;
    s.last = n > 1 ? rounds + share * last_bytes : 0;
    s.exposed = s.all - behind > s.last ? s.all - behind : s.last;
    s.step = step_seconds + s.exposed;
    return s;
}
static void print_workers(const bert_config *k, double weights, int json)
{
    const double wide = wire_bf16 ? 2 : 4, bytes = weights / 4 * wide, buckets = k->layers + 2;
    const double last_bytes = wide * k->hidden_size * ((double)k->vocab_size + (k->max_relative_position ? 0 : k->max_positions) + k->type_vocab_size + 2);
    double bandwidth = bandwidth_text ? (double)parse_bytes(bandwidth_text) : 0;
    const char *p = workers_list;
    char *end;
    int first = 1;
    if (!(step_seconds > 0) || !bandwidth_text == !measured) cli_usage("--workers needs --step_seconds, and --bandwidth or --measured", "");
    if (parts < 1 || !(latency >= 0) || !(overlap >= 0 && overlap <= 1)) cli_usage("--parts begins at 1, --latency is not negative, --overlap goes from 0 to 1", "");
    if (measured) {
        const double n = strtod(measured, &end), seconds = *end == ':' ? strtod(end + 1, NULL) : 0;
        double low = 1, high = 1e15;
        int i;
        if (!(n >= 2) || !(seconds > 0)) cli_usage("--measured is N:SECONDS with N from 2, not ", measured);
        if (!(step_of(n, bytes, last_bytes, buckets, high).step < seconds)) cli_fail("--measured: so many workers are no slower than one alone (with this latency): there is nothing to tell the bandwidth by; take a smaller batch");
        for (i = 0; i < 200; i++) {
            bandwidth = sqrt(low * high);
            if (step_of(n, bytes, last_bytes, buckets, bandwidth).step > seconds) low = bandwidth; else high = bandwidth;
        }
    }
    if (json) printf(", \"bandwidth\": %.6g, \"bytes\": %.0f, \"workers\": [", bandwidth, bytes);
    else {
        printf("\ngradients of a step %.1f MB (the embeddings %.1f), %.3g MB/s, %g us, alone %g s a step of %lld x %lld tokens\n\n", bytes / 1e6, last_bytes / 1e6, bandwidth / 1e6, latency * 1e6, step_seconds, (long long)(batch * parts), (long long)length);
        printf("workers  global batch  exchange s  of it exposed  step s  sequences/s  efficiency\n");
    }
    for (; *p; p = end + (*end == ',')) {
        const double n = (double)strtoll(p, &end, 10);
        step_parts s;
        if (end == p || n < 1 || n > 1e6 || (*end && *end != ',')) cli_usage("--workers is a list of whole numbers (8,32,256), not ", workers_list);
        s = step_of(n, bytes, last_bytes, buckets, bandwidth);
        if (json) printf("%s{\"workers\": %.0f, \"global_batch\": %.0f, \"exchange\": %.6g, \"exposed\": %.6g, \"step\": %.6g, \"efficiency\": %.6g}", first ? "" : ", ", n, n * (double)(batch * parts), s.all, s.exposed, s.step, step_seconds / s.step);
        else printf("%7.0f  %12.0f  %10.4g  %13.4g  %6.4g  %11.5g  %9.0f%%\n", n, n * (double)(batch * parts), s.all, s.exposed, s.step, n * (double)(batch * parts) / s.step, 100 * step_seconds / s.step);
        first = 0;
    }
    if (json) printf("]");
}

/* ---- time ---- */

/* Seconds for a batch by a model with so many layers of the config's: the best of some, the first not counted. */
static double measure(const bert_config *config, int layers, int training, const bert_plan_desc *how, const bert_trainer_desc *lesson)
{
    bert_error err = { 0 };
    bert_config c = *config;
    bert_trainer_desc td = *lesson;
    bert_trainer *trainer = NULL;
    bert_model_desc md = { 0 };
    bert_model *m = NULL;
    bert_session_desc sd = { 0 };
    bert_session *session = NULL;
    bert_batch b = { 0 };
    bert_targets targets = { 0 };
    bert_result r = { 0 };
    const int64_t tokens = batch * length, masked = batch * (length > 6 ? length / 7 : 1);
    int64_t *offsets = malloc((size_t)(batch + 1) * sizeof *offsets), *rows = malloc((size_t)masked * sizeof *rows), i;
    int32_t *ids = malloc((size_t)tokens * sizeof *ids), *zeros = calloc((size_t)tokens, sizeof *zeros);
    float *out = malloc((size_t)(batch * c.hidden_size) * sizeof *out);
    double best = 0, from, total = 0;
    int round;
    if (!offsets || !rows || !ids || !zeros || !out) cli_fail("out of memory");
    for (i = 0; i <= batch; i++) offsets[i] = i * length;
    for (i = 0; i < tokens; i++) ids[i] = (int32_t)(i * 7919 % c.vocab_size);
    for (i = 0; i < masked; i++) rows[i] = i * 7 % tokens;
    c.layers = layers;
    b.sequences = batch;
    b.offsets = offsets;
    b.ids = ids;
    targets.classes = targets.token_classes = targets.starts = targets.ends = targets.next_sentence = targets.masked_ids = zeros;
    targets.masked_rows = rows;
    targets.masked_count = masked;
    md.config = td.config = &c;
    md.init_missing = BERT_ON;
    md.error = sd.error = td.error = &err;
    if (training) { if (cli_trainer_open(&td, &trainer)) cli_fail(err.message); }
    else {
        if (bert_model_open(&md, &m)) cli_fail(err.message);
        sd.model = m;
        sd.isa = how->isa;
        sd.precision = how->precision;
        sd.threads = how->threads;
        sd.max_tokens = tokens;
        r.vectors = out;
        if (cli_session_open(&sd, &session)) cli_fail(err.message);
    }
    for (round = 0; round < 3 || (total < 1 && round < 20); round++) {
        from = cli_seconds();
        if (training ? bert_trainer_step(trainer, &b, &targets, NULL, &err) : bert_session_run(session, &b, &r, &err)) cli_fail(err.message);
        from = cli_seconds() - from;
        total += from;
        if (round && (round == 1 || from < best)) best = from;
    }
    bert_trainer_close(trainer);
    bert_session_close(session);
    bert_model_close(m);
    free(offsets);
    free(rows);
    free(ids);
    free(zeros);
    free(out);
    return best;
}

int main(int argc, char **argv)
{
    static const int64_t lengths[] = { 64, 128, 256, 320, 384, 512 };
    bert_error err = { 0 };
    bert_config config;
    bert_model_desc md = { 0 };
    bert_model *model = NULL;
    bert_plan_desc d = { 0 };
    bert_plan p;
    bert_trainer_desc t = { 0 };
    bert_trainer_bytes b;
    static const uint32_t lessons[] = { BERT_LEARN_CLASSES, BERT_LEARN_TOKENS, BERT_LEARN_SPANS, BERT_LEARN_WORDS, BERT_LEARN_WORDS | BERT_LEARN_NEXT_SENTENCE };
    char text[4][40];
    size_t i, total;
    cli c = cli_parse(argc, argv, "plan (--model PATH | --config NAME | --bert_config_file FILE) [FLAGS] or   plan --table",
                      "Bytes that inference or training will take: exactly what the library then asks its allocator for, or with --device=cuda the GPU (there need be none).\n"
                      "With --examples also the time that they will take, from a measurement here; with --workers, how long steps of many will take.", flags);
    const int json = cli_choice("format", format, "text|json"), training = cli_choice("mode", mode, "inference|training"), gpu = cli_on_gpu(NULL);
    const size_t budget = budget_text ? parse_bytes(budget_text) : 0;
    if (c.count) cli_usage("what is this: ", c.args[0]);
    if (workers_list && !training) cli_usage("--workers is for --mode=training", "");
    if (table) {
        if (sizeof(size_t) < 8) cli_fail("--table counts bytes beyond 32 bits");
        t.isa = (bert_isa)cli_choice("isa", isa, CLI_ISAS);
        t.threads = (int32_t)(threads > 0 && threads <= 1024 ? threads : 0);
        print_table(&t);
        return 0;
    }
    if (!model_path + !config_name + !bert_config_file != 2) cli_usage("give one of --model, --config, --bert_config_file", "");
    if (examples < 0 || !(epochs > 0)) cli_usage("--examples and --epochs begin above 0", "");
    if (batch < 1 || length < 1 || batch > INT64_MAX / length / 4096) cli_usage("--batch and --length begin at 1", "");
    d.isa = (bert_isa)cli_choice("isa", isa, "default|ref|avx2|avx512|neon");
    d.precision = (bert_precision)cli_choice("precision", precision, "default|f32|bf16|int8");
    d.threads = (int32_t)(threads < 0 || threads > 1024 ? -1 : threads);
    md.path = model_path;
    md.error = &err;
    if (model_path && bert_model_open(&md, &model)) cli_fail(err.message);
    if (config_name && bert_config_named(config_name, &config, &err)) cli_fail(err.message);
    if (bert_config_file && bert_config_read(bert_config_file, &config, &err)) cli_fail(err.message);
    if (!model && !config.labels) config.labels = (int32_t)labels;
    d.model = model;
    if (!model) { d.config = &config; d.heads = parse_heads(heads); }
    if (model) config = *bert_model_config(model);
    d.max_tokens = batch * length;
    if (bert_plan_memory(&d, &p, &err)) cli_fail(err.message);
    t.learn = lessons[cli_choice("learn", learn, "classes|tokens|spans|words|pretraining")];
    t.config = &config;
    t.labels = (int32_t)labels;
    t.recompute = recompute;
    t.isa = d.isa;
    t.threads = d.threads;
    t.max_tokens = d.max_tokens;
    if (training && bert_plan_trainer(&t, &b, &err)) cli_fail(err.message);
    if (!config.max_relative_position && length > config.max_positions) {
        snprintf(err.message, sizeof err.message, "--length %lld: the model has positions for %d tokens", (long long)length, (int)config.max_positions);
        cli_fail(err.message);
    }
    total = training ? b.total : p.total;
    if (gpu) total = print_gpu(&d, &t, training, json);
    else if (training && json) printf("{\"weights\": %zu, \"gradients\": %zu, \"slots\": %zu, \"activations\": %zu, \"total\": %zu", b.weights, b.gradients, b.slots, b.activations, b.total);
    else if (training) {
        printf("weights, float32                %s\n", mega(b.weights, text[0]));
        printf("gradients                       %s\n", mega(b.gradients, text[1]));
        printf("optimizer's slots               %s\n", mega(b.slots, text[2]));
        printf("activations and the rest        %s\n", mega(b.activations, text[3]));
        printf("total                           %s\n", mega(b.total, text[0]));
    } else if (json) printf("{\"weights\": %zu, \"packed\": %zu, \"session\": %zu, \"pool\": %zu, \"total\": %zu", p.weights, p.packed, p.session, p.pool, p.total);
    else {
        printf("parameters in a file, float32   %s\n", mega(p.weights, text[0]));
        printf("packed weights                  %s\n", mega(p.packed, text[1]));
        printf("session, %lld x %lld tokens%*s%s\n", (long long)batch, (long long)length, (int)(15 - snprintf(NULL, 0, "%lld x %lld", (long long)batch, (long long)length)), "", mega(p.session, text[2]));
        printf("threads                         %zu\n", p.pool);
        printf("total                           %s\n", mega(p.total, text[3]));
        printf("(the word embeddings stay in the file, mapped: they are not in the total)\n");
    }
    if (budget_text) {
        const int64_t most = gpu ? gpu_most(&d, &t, training, budget) : training ? most_tokens(&t, budget) : bert_plan_largest(&d, budget);
        if (json) printf(", \"budget\": %zu, \"max_tokens\": %lld, \"batches\": {", budget, (long long)most);
        else printf("\nwith %s bytes: %lld tokens at once\n\nlength   largest batch\n", mega(budget, text[0]), (long long)most);
        for (i = 0; i < sizeof lengths / sizeof *lengths; i++) {
            if (!config.max_relative_position && lengths[i] > config.max_positions) continue;
            if (json) printf("%s\"%lld\": %lld", i ? ", " : "", (long long)lengths[i], (long long)(most / lengths[i]));
            else printf("%6lld   %lld\n", (long long)lengths[i], (long long)(most / lengths[i]));
        }
        if (json) printf("}");
    }
    if (workers_list) print_workers(&config, (double)b.weights, json);
    if (examples) {
        const double batches = (double)((examples + batch - 1) / batch) * epochs, one = measure(&config, 1, training, &d, &t), two = measure(&config, config.layers > 1 ? 2 : 1, training, &d, &t);
        const double each = two > one && config.layers > 1 ? one + (two - one) * (config.layers - 1) : one * config.layers;
        char time[2][40];
        if (json) printf(", \"seconds_per_batch\": %.6g, \"batches\": %.0f, \"seconds\": %.6g", each, batches, each * batches);
        else printf("\n%lld x %lld tokens take %s here; %.0f of them %s, %.2f GB (%s for one layer, %s for two)\n", (long long)batch, (long long)length, cli_duration(each, text[0]), batches, cli_duration(each * batches, text[1]), (double)total / 1e9,
                    cli_duration(one, time[0]), cli_duration(two, time[1]));
    }
    if (json) printf("}\n");
    bert_model_close(model);
    return 0;
}
