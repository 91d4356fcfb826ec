/* make_model.c - writes a small model with random weights into a folder: config, vocabulary, checkpoint
   SPDX-License-Identifier: MIT-0 OR Unlicense

   make_model FOLDER [HEADS [POSITIONS]]   heads: a sum of BERT_HEAD_..., 3 is pooler and masked language model */
#include "bert.h"
#include "test.h"
#include "random_model.h"

int main(int argc, char **argv)
{
    static const char vocab[] = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\n##s\ndog\ncat\n##nap\nrun\n##ning\n.\n,\na\nb\nc\nd\n面\n包\n";
    bert_config c;
    bert_error e = { 0 };
    char path[1000], text[600];
    if (argc < 2) return 2;
    memset(&c, 0, sizeof c);
    c.hidden_size = 20;
    c.heads = 4;
    c.intermediate_size = 37;
    c.vocab_size = 20;
    c.layers = 2;
    c.type_vocab_size = 2;
    c.labels = 3;
    c.max_positions = argc > 3 ? atoi(argv[3]) : 32;
    snprintf(path, sizeof path, "%s/model.safetensors", argv[1]);
    if (random_model_write(path, &c, argc > 2 ? (uint32_t)atoi(argv[2]) : 3, 0, 1, &e)) { fprintf(stderr, "%s\n", e.message); return 1; }
    snprintf(path, sizeof path, "%s/vocab.txt", argv[1]);
    if (bert_file_write(path, vocab, sizeof vocab - 1, &e)) { fprintf(stderr, "%s\n", e.message); return 1; }
    snprintf(path, sizeof path, "%s/config.json", argv[1]);
    snprintf(text, sizeof text, "{\"model_type\": \"bert\", \"hidden_size\": %d, \"num_hidden_layers\": %d, \"num_attention_heads\": %d, \"intermediate_size\": %d, \"vocab_size\": %d, \"max_position_embeddings\": %d, \"type_vocab_size\": %d}\n",
             (int)c.hidden_size, (int)c.layers, (int)c.heads, (int)c.intermediate_size, (int)c.vocab_size, (int)c.max_positions, (int)c.type_vocab_size);
    if (bert_file_write(path, text, strlen(text), &e)) { fprintf(stderr, "%s\n", e.message); return 1; }
    return 0;
}
