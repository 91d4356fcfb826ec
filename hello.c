#define BERT_IMPLEMENTATION
#include "bert.h"
#include <stdio.h>
int main(void) {                                            // cc -O2 hello.c -lm -pthread && ./a.out
    const char *texts[] = { "A man is playing a flute.", "Somebody makes music.", "The pipe is leaking." };
    float v[3][384];
    bert_error err = {0};
    bert_model_desc md = {0};  bert_tokenizer_desc td = {0};  bert_session_desc sd = {0};  bert_embed_desc ed = {0};
    bert_model *model;
    bert_tokenizer *tok;
    bert_session *session;
    md.path = "examples/minilm";                            // a folder, a zip, a file, a TensorFlow prefix
    md.error = td.error = sd.error = ed.error = &err;
    if (bert_model_open(&md, &model) || bert_model_tokenizer(model, &td, BERT_DEFAULT, &tok)) goto failed;
    sd.model = model;
    if (bert_session_open(&sd, &session)) goto failed;
    ed.normalize = 1;                                       // vectors of length 1: their product is the cosine
    for (int i = 0; i < 3; i++) {
        size_t size = strlen(texts[i]);
        float cosine = 0;
        if (bert_session_embed(session, tok, &ed, &texts[i], &size, 1, v[i])) goto failed;
        for (int k = 0; k < 384; k++) cosine += v[0][k] * v[i][k];
        printf("%.2f  %s\n", cosine, texts[i]);
    }
    bert_session_close(session);
    bert_tokenizer_close(tok);
    bert_model_close(model);
    return 0;
failed:
    fprintf(stderr, "%s\n", err.message);
    return 1;
}
