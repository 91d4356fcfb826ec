/* bert.h - v0.1.0 - BERT in one C header
   SPDX-License-Identifier: MIT-0 OR Unlicense          (licence: >>license)

   IS        Checkpoints of TensorFlow (Google's BERT, NEZHA), PyTorch (Hugging Face, NVIDIA) and safetensors, in and out; the
             model with all its heads, on AVX2, AVX-512, NEON or plain C; training (gradients, optimizers, a trainer that saves
             and resumes, workers that learn together); the data of GLUE, CoNLL, SQuAD and pre-training, and their scores. No
             Python anywhere.
   IS NOT    yet: bf16 and int8 in sessions. A general tensor library: never. (On a GPU: bert_cuda.h.)
   TRUST     Files may be hostile: nothing in them is executed, every size is checked before it is used, memory stays in
             proportion to the file. Fuzzed.

   START     In exactly one source file:   #define BERT_IMPLEMENTATION   before   #include "bert.h"
             (it includes bert_tokenizer.h and implements that as well).

      #define BERT_IMPLEMENTATION
      #include "bert.h"
      #include <stdio.h>
      int main(int argc, char **argv) {                          // cc -O2 vector.c -lm -pthread && ./a.out MODEL "a text"
          bert_error err = {0};
          bert_model_desc md = {0};  bert_tokenizer_desc td = {0};  bert_session_desc sd = {0};  bert_embed_desc ed = {0};
          bert_model *model;
          bert_tokenizer *tok;
          bert_session *session;
          static float v[4096];
          size_t size;
          if (argc < 3) return 2;
          md.path = argv[1];                                     // a folder, a zip, a file, a TensorFlow prefix
          md.error = td.error = sd.error = ed.error = &err;
          if (bert_model_open(&md, &model) || bert_model_tokenizer(model, &td, BERT_DEFAULT, &tok)) goto failed;
          sd.model = model;
          if (bert_session_open(&sd, &session)) goto failed;
          size = strlen(argv[2]);
          if (bert_session_embed(session, tok, &ed, (const char *const *)&argv[2], &size, 1, v)) goto failed;
          for (int i = 0; i < bert_model_config(model)->hidden_size; i++) printf("%g ", (double)v[i]);
          return 0;                                              // and in a longer program bert_..._close each
      failed:
          fprintf(stderr, "%s\n", err.message);
          return 1;
      }

   OBJECTS   bert_checkpoint   the tensors of a file                 bert_tokenizer   texts to ids (bert_tokenizer.h)
             bert_model        a checkpoint understood; shared       bert_packed      its weights for the kernels; shared
             bert_session      threads and memory to run it          bert_trainer     weights that learn

   CONVENTIONS  those of bert_tokenizer.h (errors, descs, memory, threads), and
      numbers   row-major, last dimension contiguous; files are little-endian, what you get is the machine's own order
      letters   B sequences  T tokens of all sequences  C channels  H heads  D = C/H  F feed-forward  V vocabulary  L layers

   CONTENTS  (search for the tag)
      >>options    compile-time switches                   >>types      dtypes, tensors, checkpoints
      >>api        all public functions
      ---- implementation (the base it stands on is in bert_tokenizer.h) ----
      >>dtypes     sizes, names, conversion by value       >>rng        random numbers by place
      >>container  the list of tensors behind every format >>zip        archives and inflate
      >>safetensors                                        >>pytorch    zip and legacy, a pickle machine
      >>bundle     TensorFlow's .index and .data files     >>resolve    what a path means
      >>config     the numbers of a BERT                   >>tensors    THE table of parameters
      >>names      who spells them how                     >>model      a checkpoint understood
      >>kernels    what all kernels do, as a table         >>ref        the kernels in plain C: the specification
      >>simd       the fast kernels, written once          >>tiers      AVX2, AVX-512, NEON: what they are written in
      >>cpu        which kernels this machine runs         >>packed     weights in the kernels' layout
      >>session    threads and memory of a run             >>forward    the encoder
      >>heads      what stands on the last layer           >>embed      texts to vectors
      >>records    TFRecord files, tf.train.Example        >>python     str.lower(), \w, repr() as Python's
      >>squad      SQuAD, CMRC: features, answers          >>squadscore exact match and F1
      >>tasks      data sets, texts and words with labels  >>python_random Python's random numbers
      >>paths      lists of files, patterns, folders       >>instances  texts to pre-training data
      >>batches    pre-training data to batches            >>metrics    scores, correlations, entities
      >>optim      learning rates, optimizers              >>dropout    which numbers a step drops
      >>backward   the encoder's gradients                 >>losses     what heads learn
      >>trainer    steps, saving, resuming                 >>comm       several workers, by MPI
      >>plan       bytes beforehand                        >>history    changes by version
      >>license    both licences
*/
#ifndef BERT_H
#define BERT_H

#include "bert_tokenizer.h"
#ifdef BERT_USE_MPI
#include <mpi.h>
#endif

/* ============================================================================================================
   >>options
   Those of bert_tokenizer.h hold here too. Besides:

   option                where           what it does, what it costs or saves (sh tools/sizes.sh: gcc 12 -Os, x86-64; all: 376 KB)
   BERT_IMPLEMENTATION   implementation  compiles this header's functions here, and the tokenizer's.
   BERT_NO_SAFETENSORS   implementation  leaves out safetensors. 8 KB.
   BERT_NO_PICKLE        implementation  leaves out PyTorch's files. 26 KB.
   BERT_NO_TF            implementation  leaves out TensorFlow's. 13 KB.
   BERT_NO_DATA          every file      leaves out everything about data sets: records, tasks, metrics, pre-training data. 97 KB.
   BERT_NO_TRAIN         every file      leaves out training (trainers, optimizers, losses, the way back), models made at
                                        random, and vocabulary learning. 59 KB.
   BERT_USE_MPI          every file      adds bert_mpi_open: workers that learn together, over MPI. Needs mpi.h and its library (mpicc).
   ============================================================================================================ */

/* ============================================================================================================
   >>types
   ============================================================================================================ */

/* Types of stored values: name as safetensors spells it, bytes. Strings, and the types of 4 and 6 bits, are listed but not
   converted. */
#define BERT_DTYPE_LIST(X)                                                                                             \
    X(BERT_DTYPE_NONE, "none", 0) X(BERT_F32, "F32", 4) X(BERT_F64, "F64", 8) X(BERT_F16, "F16", 2)                    \
    X(BERT_BF16, "BF16", 2) X(BERT_I64, "I64", 8) X(BERT_I32, "I32", 4) X(BERT_I16, "I16", 2) X(BERT_I8, "I8", 1)      \
    X(BERT_U64, "U64", 8) X(BERT_U32, "U32", 4) X(BERT_U16, "U16", 2) X(BERT_U8, "U8", 1) X(BERT_BOOL, "BOOL", 1)      \
    X(BERT_F8_E4M3, "F8_E4M3", 1) X(BERT_F8_E5M2, "F8_E5M2", 1) X(BERT_F8_E4M3FNUZ, "F8_E4M3FNUZ", 1)                  \
    X(BERT_F8_E5M2FNUZ, "F8_E5M2FNUZ", 1) X(BERT_F8_E8M0, "F8_E8M0", 1) X(BERT_C64, "C64", 8)                          \
    X(BERT_STRING, "STRING", 0) X(BERT_F4, "F4", 0) X(BERT_F6_E2M3, "F6_E2M3", 0) X(BERT_F6_E3M2, "F6_E3M2", 0)
#define BERT_DTYPE_ENUM(name, text, bytes) name,
typedef enum bert_dtype { BERT_DTYPE_LIST(BERT_DTYPE_ENUM) BERT_DTYPE_COUNT } bert_dtype;

/* A tensor of an open checkpoint; belongs to it. */
typedef struct bert_tensor {
    const char *name;                   /* UTF-8, terminated */
    const int64_t *shape;               /* [rank] */
    int64_t count;                      /* elements: the product of the shape */
    int32_t rank;
    bert_dtype dtype;
    /* private: where the values lie */
    const unsigned char *data;          /* element 0, in the file's byte order */
    const int64_t *strides;             /* [rank] in elements, or NULL: contiguous */
    int32_t big_endian;
} bert_tensor;

typedef enum bert_format { BERT_FORMAT_AUTO = 0, BERT_FORMAT_SAFETENSORS = 1, BERT_FORMAT_PYTORCH = 2, BERT_FORMAT_TF = 3 } bert_format;

typedef struct bert_checkpoint bert_checkpoint;

/* A checkpoint to open: a file, a TensorFlow prefix (dir/bert_model.ckpt), an index.json, a directory, or a zip archive;
   or the bytes of one file in memory, which must stay as long as the checkpoint is open. */
typedef struct bert_checkpoint_desc {
    const char *path;
    const void *data;
    size_t size;
    bert_allocator allocator;
    bert_error *error;
} bert_checkpoint_desc;

/* A tensor to write: values in the machine's byte order, contiguous; or those of a tensor, which are converted to dtype, and put in
   order if it is a view (bert_tensor_transposed), while they are written: that takes no memory. */
typedef struct bert_output {
    const char *name;
    const void *data;                   /* or: */
    const bert_tensor *from;
    const int64_t *shape;               /* [rank] */
    int32_t rank;
    bert_dtype dtype;
} bert_output;

typedef struct bert_write_desc {
    const char *path;                   /* the file; for TensorFlow the prefix */
    const bert_output *tensors;         /* [count] */
    size_t count;
    bert_format format;                 /* default: by the path's ending: .safetensors, .bin or .pt, else TensorFlow */
    const char *const *metadata;        /* safetensors: key, value, key, value, ... NULL; may be NULL */
    int32_t newest;                     /* TensorFlow: 1 has the folder's file `checkpoint` name this one, as tf.train.Saver does */
    bert_allocator allocator;
    bert_error *error;
} bert_write_desc;

/* ---- configs ---- */

/* Whose code made the weights: decides what "gelu" means in a config (Google, NVIDIA and NEZHA compute the tanh form, Hugging
   Face the exact one). */
typedef enum bert_source { BERT_SOURCE_UNKNOWN = 0, BERT_SOURCE_GOOGLE = 1, BERT_SOURCE_HF = 2, BERT_SOURCE_NVIDIA = 3, BERT_SOURCE_NEZHA = 4 } bert_source;

typedef enum bert_activation {
    BERT_ACTIVATION_DEFAULT = 0, BERT_GELU_ERF, BERT_GELU_TANH, BERT_GELU_10, BERT_QUICK_GELU, BERT_RELU, BERT_SILU, BERT_TANH, BERT_LINEAR
} bert_activation;

typedef struct bert_config {
    int32_t hidden_size;                /* C */
    int32_t layers;                     /* L */
    int32_t heads;                      /* H, divides C; 0: not known, for a model opened without a config */
    int32_t intermediate_size;          /* F */
    int32_t vocab_size;                 /* V */
    int32_t max_positions;              /* P; no limit to the length where positions are relative */
    int32_t type_vocab_size;            /* K */
    int32_t max_relative_position;      /* NEZHA: 64; 0: a table of absolute positions */
    int32_t labels;                     /* of the classifier, where the config says; else 0 */
    bert_activation activation;
    bert_source source;
    double layer_norm_eps, hidden_dropout, attention_dropout, initializer_range;
    char unknown[256];                  /* names of members this library does not use, for reports: "a, b" */
} bert_config;

/* ---- models ---- */

typedef struct bert_model bert_model;

/* Heads, as bits. */
#define BERT_HEAD_POOLER 1u
#define BERT_HEAD_MLM 2u
#define BERT_HEAD_NSP 4u
#define BERT_HEAD_CLASSIFIER 8u         /* Google's output_weights; HF's classifier (sequences, tokens or choices) */
#define BERT_HEAD_SPAN 16u              /* Google's cls/squad; HF's qa_outputs */

typedef struct bert_model_desc {
    const char *path;                   /* as for bert_checkpoint_open, */
    const void *data;                   /* and so are these */
    size_t size;
    const char *config_path;            /* default: bert_config.json or config.json beside the checkpoint */
    const bert_config *config;          /* instead of any file */
    uint32_t heads;                     /* these must be there */
    bert_source source;                 /* default: told from names and config */
    bert_activation activation;         /* default: by config and source */
    bert_flag init_missing;             /* on: of these heads, what the checkpoint lacks is made: weights from a normal distribution
                                           cut off at two of its deviations, the config's initializer_range; biases 0, LayerNorm 1.
                                           Without path and data all of the model is made so; config or config_path says which */
    int32_t labels;                     /* of a classifier; 0: as the file has, else the config, else 2 */
    uint64_t seed;                      /* same seed, same values, on every machine */
    bert_allocator allocator;
    bert_error *error;
} bert_model_desc;

/* One parameter of a model: a row of the table of tensors, in one layer. */
typedef struct bert_parameter {
    const char *name;                   /* Hugging Face's, with "bert." in front of the encoder's */
    const bert_tensor *tensor;          /* in the checkpoint, or made by init_missing */
    int64_t shape[2];                   /* [rank] as the table has it: a matrix is [out, in] */
    int32_t rank, layer;                /* layer: -1 outside the encoder */
    int32_t transposed;                 /* the file has it the other way round (TensorFlow's kernels) */
    int32_t decay;                      /* 1: weight decay applies to it by Google's rule */
    int32_t made;                       /* 1: not in the checkpoint, but made by init_missing */
} bert_parameter;

/* ---- sessions: sequences in, numbers out ---- */

typedef enum bert_precision { BERT_PRECISION_DEFAULT = 0, BERT_PRECISION_F32 = 1, BERT_PRECISION_BF16 = 2, BERT_PRECISION_INT8 = 3 } bert_precision;

/* Which instructions the kernels use. REF: the plain C of >>ref, on every machine; the others where compiler and processor
   have them. Default: the best there is. */
typedef enum bert_isa { BERT_ISA_DEFAULT = 0, BERT_ISA_REF = 1, BERT_ISA_AVX2 = 2, BERT_ISA_AVX512 = 3, BERT_ISA_NEON = 4, BERT_ISA_COUNT } bert_isa;

typedef struct bert_packed bert_packed;
typedef struct bert_session bert_session;
typedef struct bert_device bert_device; /* another place to compute: see bert_cuda.h */

/* Weights to pack for {precision, isa}: once, for any number of sessions. */
typedef struct bert_packed_desc {
    const bert_model *model;            /* stays open as long as what was packed: tables of embeddings are not copied */
    bert_precision precision;           /* default F32 */
    bert_isa isa;
    bert_parallel parallel;             /* packs with these threads */
    bert_allocator allocator;
    bert_error *error;
} bert_packed_desc;

/* What to do with a sequence that is longer than the model's table of positions, or than max_tokens. */
typedef enum bert_too_long { BERT_TOO_LONG_ERROR = 0, BERT_TOO_LONG_TRUNCATE = 1, BERT_TOO_LONG_WINDOWS = 2 } bert_too_long;

typedef struct bert_session_desc {
    const bert_model *model;            /* stays open as long as the session */
    bert_packed *packed;                /* default: its own */
    bert_precision precision;           /* as in bert_packed_desc, where packed is not given */
    bert_isa isa;
    int32_t threads;                    /* default: one a core; or: */
    bert_parallel parallel;             /* threads lent by the host; then the session starts none */
    int64_t max_tokens;                 /* computed at once: larger batches are taken in parts of whole sequences. Default 1024,
                                           or the model's positions if these are more. Decides the memory (bert_plan_memory) */
    size_t budget;                      /* or bytes the session may take, with weights it packs: as many tokens as fit, up to 8192 */
    const bert_device *device;          /* computes instead of this machine's processor; used while the session opens */
    bert_allocator allocator;
    bert_error *error;
} bert_session_desc;

/* Sequences back to back, without padding. */
typedef struct bert_batch {
    int64_t sequences;                  /* B */
    const int64_t *offsets;             /* [B+1] sequence b is rows offsets[b] to offsets[b+1]-1 of T = offsets[B]; may not be empty */
    const int32_t *ids;                 /* [T] */
    const float *embeds;                /* [T,C] instead of ids: what would be looked up in the word embeddings */
    const int32_t *segment_ids;         /* [T], or NULL: 0 */
    const int32_t *position_ids;        /* [T], or NULL: 0, 1, 2, ... in each sequence */
    const uint8_t *key_mask;            /* [T], or NULL: 0 where nobody may attend to this row */
    const float *score_bias;            /* or NULL: for each sequence of S rows [S,S], (query, key) added to the scores of all heads,
                                           one after another */
    bert_too_long too_long;             /* ERROR or TRUNCATE; the outputs of rows cut off are 0 */
} bert_batch;

/* Padded input, as the reference programs have it: ids [B,S], mask [B,S] 1 token, 0 padding. DROP leaves padding out: nothing is
   computed for it. KEEP takes every row, as the reference does, with key_mask. */
typedef enum bert_padding { BERT_PADDING_DROP = 0, BERT_PADDING_KEEP = 1 } bert_padding;
typedef struct bert_padded {
    int64_t sequences, length;          /* B, S */
    const int32_t *ids, *mask, *segment_ids;   /* [B,S]; mask and segment_ids may be NULL */
    bert_padding padding;
    /* yours to lend, filled by bert_batch_from_padded: */
    int64_t *offsets;                   /* [B+1] */
    int64_t *rows;                      /* [B*S] row t of the batch is row rows[t] of the padded input */
    int32_t *row_ids, *row_segments, *row_positions;   /* [B*S] */
    uint8_t *row_mask;                  /* [B*S] */
} bert_padded;

typedef enum bert_pooling {
    BERT_POOLING_MEAN = 0, BERT_POOLING_CLS = 1, BERT_POOLING_MAX = 2, BERT_POOLING_POOLER = 3, BERT_POOLING_MEAN_SQRT = 4, BERT_POOLING_WEIGHTED_MEAN = 5,
    BERT_POOLING_LAST = 6
} bert_pooling;

/* What to compute: point what you want at arrays; the rest stays NULL and is not computed. Logits are raw: see bert_softmax,
   bert_log_softmax, bert_sigmoid. */
typedef struct bert_result {
    float *hidden;                      /* [T,C] the last layer */
    float **layers;                     /* [L+1] each [T,C] or NULL: 0 the embeddings, l the output of layer l */
    float **attention;                  /* [L] each NULL or, for each sequence of S rows, [H,S,S] probabilities, one after another */
    float *pooled;                      /* [B,C] tanh of the pooler: NEXT SENTENCE and sequence classification stand on it */
    float *vectors;                     /* [B,C] one vector for each sequence, by: */
    bert_pooling pooling;
    int32_t normalize;                  /* 1: vectors get length 1 */
    float *next_sentence;               /* [B,2] logits: 0 "is next", 1 "is not" */
    float *classes;                     /* [B,N] logits of the classifier on the pooled row: labels, regression, choices, pair scores */
    float *token_classes;               /* [T,N] logits of the classifier on each row: NER */
    float *spans;                       /* [T,2] logits: start, end of the answer */
    int64_t masked_count;               /* rows to predict words at */
    const int64_t *masked_rows;         /* [masked_count] rows of the batch */
    float *words;                       /* [masked_count,V] logits of the masked language model */
} bert_result;

/* ---- memory beforehand ---- */

typedef struct bert_plan_desc {
    const bert_config *config;          /* or: */
    const bert_model *model;            /* its config, heads, and which tables need a copy */
    uint32_t heads;                     /* with config: which heads there will be */
    bert_precision precision;
    bert_isa isa;
    int32_t threads;
    int64_t max_tokens;                 /* as in bert_session_desc */
    int32_t lent_threads;               /* 1: the session gets desc.parallel */
} bert_plan_desc;
typedef struct bert_plan {
    size_t weights;                     /* of the parameters as float32: what a checkpoint takes */
    size_t packed;                      /* one allocation of bert_packed_open */
    size_t session;                     /* one allocation of bert_session_open, activations included */
    size_t pool;                        /* one allocation for threads */
    size_t total;                       /* packed + session + pool */
} bert_plan;

#ifndef BERT_NO_DATA
/* ---- records: TFRecord files, and the tf.train.Example in each record ---- */

typedef struct bert_records bert_records;
typedef struct bert_record_writer bert_record_writer;

/* A TFRecord file to read: a path, or its bytes in memory, which must stay. */
typedef struct bert_records_desc {
    const char *path;
    const void *data;
    size_t size;
    bert_flag check;                    /* compare the checksums of the data too (those of the lengths always are); default on */
    bert_allocator allocator;
    bert_error *error;
} bert_records_desc;

typedef enum bert_feature_type { BERT_FEATURE_NONE = 0, BERT_FEATURE_BYTES = 1, BERT_FEATURE_FLOAT = 2, BERT_FEATURE_INT64 = 3 } bert_feature_type;

typedef struct bert_bytes { const char *data; size_t size; } bert_bytes;

/* A feature of an example: a name and a list of one type. To write one, fill in name, type, count and the values' pointer. */
typedef struct bert_feature {
    const char *name;                   /* not terminated if name_size is given, which a reader always does */
    size_t name_size;                   /* 0: strlen(name) */
    size_t count;
    const int64_t *ints;                /* [count] where type is INT64 */
    const float *floats;                /* [count] where type is FLOAT */
    const bert_bytes *bytes;            /* [count] where type is BYTES */
    bert_feature_type type;
} bert_feature;

/* A parsed example. Start with `= {0}`, parse as often as you like (memory is used again), free in the end. */
typedef struct bert_example {
    const bert_feature *features;       /* [count] sorted by name */
    size_t count;
    void *memory;                       /* private */
} bert_example;
#endif /* BERT_NO_DATA */

#if !defined(BERT_NO_DATA) && !defined(BERT_NO_TOKENIZER)
/* ---- tasks: labelled texts, one or two to an example, and words with a label each ---- */

typedef enum bert_split { BERT_SPLIT_TRAIN = 0, BERT_SPLIT_DEV = 1, BERT_SPLIT_TEST = 2 } bert_split;

typedef struct bert_dataset bert_dataset;

/* A data set for classification (or regression), to be read example by example. The names, in any case: MRPC, CoLA, MNLI, MNLI-MM,
   AX, XNLI, SST-2, QQP, QNLI, RTE, WNLI, STS-B, LCQMC, text_clf (ChnSentiCorp), and tsv for any file of columns. */
typedef struct bert_dataset_desc {
    const char *task;
    const char *data_dir;               /* the task's own files lie here, or: */
    const char *path;                   /* this file instead, laid out as the task's file of this split, or: */
    const void *data;                   /* its bytes, which must stay */
    size_t size;
    const char *language;               /* XNLI; default "zh" as in the reference */
    const char *text_a, *text_b, *label;   /* tsv: columns, by number from 1 or by name in the first line; text_b and label may be NULL */
    const char *const *labels;          /* [label_count] tsv and text_clf: in this order; default: those of the training file, sorted */
    size_t label_count;
    bert_flag header;                   /* tsv: the first line has names; default: where a column is given by name */
    bert_flag regression;               /* tsv: the label is a number; default off */
    bert_split split;
    bert_allocator allocator;
    bert_error *error;
} bert_dataset_desc;

typedef struct bert_dataset_example {
    const char *guid;                   /* the reference's name of it, "dev-17"; until the next one is read */
    bert_bytes text_a, text_b;          /* in the file; text_b.data is NULL where the task has one text */
    bert_bytes label;                   /* as written in the file, or size 0 */
    double value;                       /* regression */
    int64_t line;
    int32_t label_id;                   /* index among the task's labels; 0 where there is none, as in the reference */
    int32_t labelled;                   /* 1: the file has its label */
} bert_dataset_example;

/* Where an example stands: to read examples in any order (shuffled), keep these of all. */
typedef struct bert_dataset_place { size_t at; int64_t line, row; } bert_dataset_place;

/* A row of input for the model, in arrays [max_length] that you lend. */
typedef struct bert_features {
    int32_t *input_ids, *input_mask, *segment_ids;
    size_t count;                       /* tokens before the padding */
} bert_features;

typedef struct bert_ner bert_ner;

/* Files of words and labels, a word a line. ROBUST: columns divided by blanks or tabs, the word first, the label last, sentences
   end at blank lines, -DOCSTART- lines are left out. NEZHA: as run_classifier_ner.py reads, mistakes included: a sentence ends only
   at a blank line after the word U+3002, the last one is lost without such a line, a blank line elsewhere may be an error. */
typedef enum bert_ner_reader { BERT_NER_ROBUST = 0, BERT_NER_NEZHA = 1 } bert_ner_reader;

typedef struct bert_ner_desc {
    const char *path;
    const void *data;                   /* or its bytes, which must stay */
    size_t size;
    bert_flag labels;                   /* off: there are only words; default on */
    bert_ner_reader reader;
    bert_allocator allocator;
    bert_error *error;
} bert_ner_desc;

/* A sentence: in the file, until the next one is read. */
typedef struct bert_ner_sentence {
    const char *const *words;           /* [count] not terminated */
    const size_t *sizes;                /* [count] */
    const bert_bytes *labels;           /* [count] */
    size_t count;
    const char *path;                   /* for messages */
    int64_t line;                       /* of its first word */
} bert_ner_sentence;

/* Which tokens get their word's label: the first of each (others BERT_LABEL_IGNORED), all, or as NEZHA: the first; "X" for the
   others, "[CLS]" and "[SEP]" for these, ids from 1, and 0 for padding. */
typedef enum bert_ner_tokens { BERT_NER_FIRST = 0, BERT_NER_ALL = 1, BERT_NER_TOKENS_NEZHA = 2 } bert_ner_tokens;

/* Arrays [max_length] that you lend. */
typedef struct bert_ner_features {
    int32_t *input_ids, *input_mask, *segment_ids, *label_ids;
    int32_t *words;                     /* index of each token's word, -1 for [CLS], [SEP] and padding */
    size_t count;                       /* tokens before the padding */
    size_t words_cut;                   /* words that did not fit, at least in part */
} bert_ner_features;

/* Names of labels; free with bert_labels_free. */
typedef struct bert_labels {
    const char *const *names;           /* [count] */
    size_t count;
    void *memory;                       /* private */
    bert_allocator allocator;
} bert_labels;

/* ---- SQuAD and CMRC: questions about passages ---- */

typedef struct bert_slice { const char *text; size_t size; } bert_slice;      /* UTF-8, not terminated */

typedef struct bert_squad bert_squad;

/* Questions to read: a file, or its text. SQuAD 1.1 and 2.0, and CMRC 2018 in SQuAD's layout or its own. */
typedef struct bert_squad_desc {
    const char *path;
    const void *data;                   /* or the json itself, copied */
    size_t size;
    int32_t training;                   /* 1: answers are read, and questions whose answer is not in the passage are put aside */
    int32_t version_2;                  /* 1: is_impossible counts; else every question of a training set must have an answer */
    bert_flag characters;               /* words are ideographs, punctuation and what stands between, as for Chinese, and not what
                                           stands between blanks; default: on for CMRC's own layout, else off */
    bert_allocator allocator;
    bert_error *error;
} bert_squad_desc;

/* A question; belongs to the bert_squad. */
typedef struct bert_squad_question {
    bert_slice id, question, context;
    bert_slice answer;                  /* training: its text as written in the file; text is NULL when reading for prediction */
    const bert_slice *words;            /* [word_count] of the context: Google's doc_tokens */
    int64_t word_count;
    int64_t start, end;                 /* training: first and last word of the answer, -1 where it is impossible; else -1 */
    int32_t impossible;
} bert_squad_question;

typedef struct bert_squad_features bert_squad_features;

typedef struct bert_squad_features_desc {
    const bert_squad *squad;            /* both stay open as long as the features */
    const bert_tokenizer *tokenizer;
    int64_t max_seq_length;             /* default 384 */
    int64_t doc_stride;                 /* default 128 */
    int64_t max_query_length;           /* default 64; max_seq_length must be more than this and 3 */
    const int64_t *order;               /* [order_count] questions in this order; default: all as they come */
    int64_t order_count;
    bert_allocator allocator;
    bert_error *error;
} bert_squad_features_desc;

/* A window over a passage: [CLS] question [SEP] part of the passage [SEP]. Point the columns you want at arrays of max_seq_length
   entries; what lies behind the tokens is filled with 0 (words: -1). */
typedef struct bert_squad_feature {
    int64_t unique_id;                  /* 1000000000, 1000000001, ... */
    int64_t example_index;              /* place in the order */
    int64_t question;                   /* which of the bert_squad */
    int64_t window;                     /* of this question: doc_span_index */
    int64_t tokens;                     /* without padding; 0: there are no more features */
    int64_t start, end;                 /* training: rows of the answer, 0 where this window has none; else -1 */
    int32_t impossible;
    int32_t *ids, *mask, *segment_ids;  /* lent by you, or NULL */
    int32_t *words;                     /* token_to_orig_map: the word of the passage, -1 outside of it */
    uint8_t *max_context;               /* token_is_max_context */
} bert_squad_feature;

typedef struct bert_squad_answers bert_squad_answers;

typedef struct bert_squad_answers_desc {
    const bert_squad *squad;            /* both stay open as long as the answers */
    const bert_tokenizer *tokenizer;
    int64_t n_best;                     /* default 20 */
    int64_t max_answer_length;          /* tokens; default 30 */
    int32_t version_2;                  /* 1: a question may have no answer */
    double null_score_diff_threshold;   /* there is none where null_odds are more than this */
    bert_flag lower_case;               /* of the text that get_final_text looks into; default: as the tokenizer */
    bert_allocator allocator;
    bert_error *error;
} bert_squad_answers_desc;

typedef struct bert_squad_candidate {
    bert_slice text;                    /* "": there is no answer */
    double probability, start_logit, end_logit;
    size_t begin, end;                  /* bytes of the context it stands in; 0, 0 where there is none */
} bert_squad_candidate;

/* What was found; belongs to the bert_squad_answers. */
typedef struct bert_squad_answer {
    bert_slice text;                    /* the prediction */
    size_t begin, end;                  /* bytes of the context; 0, 0 for "" */
    double null_odds;                   /* version_2: score of no answer less that of the best answer */
    const bert_squad_candidate *n_best; /* [count] best first */
    int64_t count;
} bert_squad_answer;

/* ---- how good answers are ---- */

/* AUTO: CMRC where the file has CMRC's own layout or its first question is in Chinese; else 2.0 where its version says so or a
   question has "is_impossible"; else 1.1. */
typedef enum bert_squad_metric {
    BERT_SQUAD_METRIC_AUTO = 0, BERT_SQUAD_METRIC_1_1 = 1, BERT_SQUAD_METRIC_2_0 = 2, BERT_SQUAD_METRIC_CMRC = 3
} bert_squad_metric;

/* The scores of one question, 0 to 1, before any threshold. */
typedef struct bert_squad_item {
    bert_slice id;
    double exact, f1;
    int32_t missing;                    /* 1: there is no prediction; it scores 0 */
} bert_squad_item;

typedef struct bert_squad_score_desc {
    const char *data_path, *predictions_path, *na_prob_path;   /* na_prob: of no answer, for each question; may be missing */
    const void *data, *predictions, *na_prob;                  /* or the json itself */
    size_t data_size, predictions_size, na_prob_size;
    bert_squad_metric metric;
    const double *na_prob_thresh;       /* more than this is taken for no answer; default 1 */
    void (*each)(void *user, const bert_squad_item *item);     /* may be NULL; called in the order of the file */
    void (*curve)(void *user, int which, double precision, double recall);   /* may be NULL; points of the curves, 0 exact, 1 f1, 2 oracle */
    void *user;
    bert_allocator allocator;
    bert_error *error;
} bert_squad_score_desc;

typedef struct bert_squad_part { double exact, f1; int64_t total; } bert_squad_part;   /* per cent */

typedef struct bert_squad_score {
    bert_squad_metric metric;           /* the one that was used */
    int64_t missing;                    /* questions without a prediction */
    bert_squad_part all;
    bert_squad_part has_answer, no_answer;      /* 2.0; total 0: there are none */
    int32_t has_best, has_curves;       /* 2.0 with na_prob: the following are filled */
    double best_exact, best_exact_thresh, best_f1, best_f1_thresh;
    double exact_ap, f1_ap, oracle_ap;  /* average precision */
} bert_squad_score;
#endif /* BERT_NO_DATA, BERT_NO_TOKENIZER */

#ifndef BERT_NO_DATA
/* ---- pre-training data ---- */

/* Python 3's random.Random: from the same seed the same numbers. */
typedef struct bert_python_random {
    uint32_t state[624];
    uint32_t at;                        /* private, as the state is */
} bert_python_random;

#ifndef BERT_NO_TOKENIZER
/* An instance: [CLS] a [SEP] b [SEP] with some tokens masked. */
typedef struct bert_instance {
    int64_t index;                      /* from 0, in the order of the output */
    const int32_t *ids;                 /* [length] what the model reads */
    const int32_t *masked_positions;    /* [masked] rising */
    const int32_t *masked_ids;          /* [masked] what stood there before */
    int32_t length, masked;
    int32_t first;                      /* tokens of [CLS] a [SEP]: segment ids are 0 up to there, then 1 */
    int32_t is_random_next;             /* b comes from somewhere else */
} bert_instance;

typedef enum bert_masking {
    BERT_MASKING_PIECES = 0,            /* each token for itself */
    BERT_MASKING_WORDS = 1,             /* whole words: a token that begins with "##" belongs to the one before it (Google's) */
    BERT_MASKING_SEGMENTED = 2          /* and Chinese words: characters without white space between them, in text that was segmented */
} bert_masking;

typedef struct bert_pretraining_progress {
    const char *stage;                  /* "reading", "making", "writing" */
    int64_t done, total;                /* bytes read, tokens, instances; total 0: not known */
} bert_pretraining_progress;

/* Texts to pre-training instances. A text has a sentence a line; an empty line ends a document. */
typedef struct bert_pretraining_desc {
    const bert_tokenizer *tokenizer;
    const char *const *paths;           /* [path_count] files to read, one after another; or: */
    size_t path_count;
    const bert_bytes *texts;            /* [text_count] texts in memory */
    size_t text_count;
    const char *const *outputs;         /* [output_count] TFRecord files to write, dealt out in turn; none: only `each` */
    size_t output_count;
    int (*each)(void *user, const bert_instance *instance);     /* sees every instance in the order of the output; non-zero stops */
    int (*progress)(void *user, const bert_pretraining_progress *progress);     /* now and then; non-zero stops */
    void *user;                         /* for each and progress */
    int32_t max_seq_length;             /* default 128 */
    int32_t max_predictions;            /* masked tokens of an instance at most; default 20 */
    int32_t dupe_factor;                /* times that every document is used; default 10 */
    bert_masking masking;
    double masked_lm_prob;              /* share of the tokens to mask; default 0.15; below 0: one token of each instance */
    double short_seq_prob;              /* share of the documents with shorter instances; default 0.1; below 0: none */
    const int64_t *seed;                /* default: 12345 */
    int32_t streaming;                  /* 0: exactly Google's instances, in its order; holds the corpus in memory.
                                           1: the same statistics in bounded memory, with all threads; see >>instances */
    size_t max_bytes;                   /* streaming: memory for everything but threads; from 16 MB, default 1 GB */
    const char *scratch;                /* streaming: a file for what does not fit, removed at the end; default: the first output
                                           with ".scratch" behind */
    bert_parallel parallel;             /* never changes the result */
    bert_allocator allocator;
    bert_error *error;
} bert_pretraining_desc;

typedef struct bert_pretraining_counts {
    int64_t bytes, lines, documents, sentences, tokens; /* of the texts; documents that were cut (streaming) count as several */
    int64_t instances, random_next, masked;
    int64_t written;                    /* tokens of all instances */
    int64_t not_utf8;                   /* lines with bytes that are no UTF-8 (streaming drops the bytes, else that is an error) */
    int64_t scratch;                    /* bytes that went to the scratch file */
} bert_pretraining_counts;

typedef struct bert_instances bert_instances;

/* Pre-training instances to read back, batch after batch: TFRecord files as bert_pretraining_data or Google's script makes them. */
typedef struct bert_instances_desc {
    const char *const *paths;           /* [path_count] files; or: */
    size_t path_count;
    const bert_bytes *files;            /* [file_count] their bytes, which must stay */
    size_t file_count;
    int32_t vocab_size;                 /* ids must lie below; default: the tokenizer's size, or no check */
    int32_t max_seq_length, max_predictions;   /* what the files must have been made with; default: what the first one was made with */
    int32_t repeat;                     /* 1: after the last instance from the first again, without end */
    int64_t shuffle;                    /* instances held, of which each next one is drawn; files in a new order each time round, several
                                           side by side. 0: all as they stand */
    int32_t interleave;                 /* so many side by side where shuffled; default 4 */
    uint64_t seed;                      /* of shuffling and masking */
    int32_t rank, ranks;                /* one of several readers that share the data out: by files or, if these are fewer, by records */
    const bert_tokenizer *tokenizer;    /* default: the masks that the files have. Else masks are drawn anew every time round: */
    bert_masking masking;               /* PIECES or WORDS */
    double masked_lm_prob;              /* default 0.15; up to max_predictions of an instance */
    bert_allocator allocator;
    bert_error *error;
} bert_instances_desc;

/* Where a reader stands: with the same desc, that is all it takes to go on there. */
typedef struct bert_instances_place { int64_t round, index; } bert_instances_place;     /* times round, instances of this time */

/* What the first instances of each file say. */
typedef struct bert_instances_facts {
    int32_t max_seq_length, max_predictions;
    int64_t instances, tokens, masked;  /* looked at; without padding */
    int64_t cut;                        /* instances with all the predictions they may have */
    int64_t skewed;                     /* ... and of these with more than one less than 15 % of their tokens */
} bert_instances_facts;

/* Instances without their padding; the arrays belong to the reader, until the next call. */
typedef struct bert_instances_batch {
    int64_t read;                       /* instances gone on by; 0: there are no more */
    bert_batch batch;                   /* those that were asked for */
    const int32_t *next_sentence;       /* [sequences] 0 b follows a, 1 it does not */
    int64_t masked_count;
    const int64_t *masked_rows;         /* [masked_count] */
    const int32_t *masked_ids;
    const float *masked_weights;
} bert_instances_batch;
#endif /* BERT_NO_TOKENIZER */

/* ---- metrics ---- */

#define BERT_LABEL_IGNORED (-100)       /* the label of an item that no loss and no metric looks at */

/* Scores of a classifier, as scikit-learn computes them; what is divided by zero is 0. The arrays are yours to lend, or NULL. */
typedef struct bert_class_metrics {
    double accuracy, matthews;          /* f1_micro is the accuracy */
    double f1_macro, f1_weighted;       /* means over the classes: plain, or by support */
    double *precision, *recall, *f1;    /* [classes] */
    int64_t *support;                   /* [classes] labels of each class */
} bert_class_metrics;

/* Precision, recall and F1 over some of the classes together, as tf_metrics' micro average has them (NEZHA's eval_precision, ...). */
typedef struct bert_micro_metrics { double precision, recall, f1; } bert_micro_metrics;

/* Correlations; NaN where they are not defined: a constant side, fewer than two pairs, a value that is not finite. */
typedef struct bert_correlations { double pearson, spearman, kendall, mse; } bert_correlations;

/* How tags name entities. LENIENT: as conlleval and seqeval's default read any of them; the others by the letter, as seqeval's
   strict mode does. */
typedef enum bert_tag_scheme {
    BERT_TAGS_LENIENT = 0, BERT_TAGS_IOB1 = 1, BERT_TAGS_IOB2 = 2, BERT_TAGS_IOE1 = 3, BERT_TAGS_IOE2 = 4, BERT_TAGS_IOBES = 5, BERT_TAGS_BILOU = 6
} bert_tag_scheme;

/* An entity in a sentence's tags: its type lies in them. */
typedef struct bert_entity {
    const char *type;                   /* not terminated; "_" where the tag has none */
    size_t type_size;
    size_t begin, end;                  /* words, end exclusive */
} bert_entity;

typedef struct bert_entity_scores bert_entity_scores;

typedef struct bert_type_score {
    const char *type;
    int64_t support, predicted, correct;   /* entities in the labels, in the predictions, in both */
    double precision, recall, f1;
} bert_type_score;

typedef struct bert_entity_metrics {
    double precision, recall, f1;       /* micro: over all entities; what people call "the F1" */
    double macro_precision, macro_recall, macro_f1;            /* means over types, NaN if there is none */
    double weighted_precision, weighted_recall, weighted_f1;   /* by support */
    double accuracy;                    /* of tags; NaN without any */
    int64_t support;
    const bert_type_score *types;       /* [type_count] by name; until the next call */
    size_t type_count;
} bert_entity_metrics;
#endif /* BERT_NO_DATA */

#ifndef BERT_NO_TRAIN
/* ---- training: batches and labels in, better weights out ---- */

typedef struct bert_trainer bert_trainer;

/* What a trainer learns from a batch, as bits. The losses are added; at most one of those that use the classifier. */
#define BERT_LEARN_WORDS 1u             /* masked words */
#define BERT_LEARN_NEXT_SENTENCE 2u
#define BERT_LEARN_CLASSES 4u           /* the classifier on the pooled row: one label of N, cross entropy */
#define BERT_LEARN_VALUES 8u            /* ... N numbers, mean square */
#define BERT_LEARN_MULTI_LABEL 16u      /* ... N times yes or no, binary cross entropy */
#define BERT_LEARN_CHOICES 32u          /* ... with one output: which of `choices` sequences in a row */
#define BERT_LEARN_TOKENS 64u           /* the classifier on every row, cross entropy */
#define BERT_LEARN_SPANS 128u           /* where an answer starts and ends */

/* Learning rates by step. Linear goes to end_rate (0), polynomial by a power, cosine along half a wave. Google's form computes the
   decayed rate from step 0 on, so that it jumps down where the warm-up ends; the continuous one (NEZHA, Hugging Face, BertAdam)
   starts the decay there. */
typedef enum bert_decay { BERT_DECAY_LINEAR = 0, BERT_DECAY_POLYNOMIAL = 1, BERT_DECAY_COSINE = 2, BERT_DECAY_CONSTANT = 3 } bert_decay;
typedef struct bert_schedule {
    double rate;                        /* the highest; default 5e-5 */
    double steps;                       /* of the whole training; default: no decay */
    double warmup;                      /* steps of them with a rising rate, from 0; negative as BertAdam's warmup -1: continuous only */
    double power, end_rate;             /* default 1, 0 */
    bert_decay decay;
    int32_t continuous;
    double first;                       /* the step that counts as its 0, where it is the schedule of a second phase */
} bert_schedule;

typedef enum bert_optimizer_kind {
    BERT_OPTIMIZER_GOOGLE = 0,          /* Adam with decay, as Google's optimization.py: no bias correction, epsilon 1e-6 */
    BERT_OPTIMIZER_ADAMW = 1,           /* as torch: bias correction, epsilon 1e-8 */
    BERT_OPTIMIZER_BERTADAM = 2,        /* as BertAdam of the early PyTorch models: Google's, clipped by parameter */
    BERT_OPTIMIZER_LAMB = 3,            /* Adam with bias correction, each parameter's step in proportion to its norm */
    BERT_OPTIMIZER_LAMB_NEZHA = 4,      /* ... as NEZHA computes it, the proportion at most 10 */
    BERT_OPTIMIZER_SGD = 5
} bert_optimizer_kind;

/* Which norm is held below max_norm. ROWS is that of TensorFlow, where looked-up words count token by token (the same word twice is
   not added up); TF1_ROWS that of TensorFlow 1, where this holds even if the words are the decoder too. */
typedef enum bert_clip { BERT_CLIP_DEFAULT = 0, BERT_CLIP_GLOBAL = 1, BERT_CLIP_ROWS = 2, BERT_CLIP_TF1_ROWS = 3, BERT_CLIP_EACH = 4, BERT_CLIP_NONE = 5 } bert_clip;

/* Of the numbers, 0 takes the default, a negative one is 0. */
typedef struct bert_optimizer {
    bert_optimizer_kind kind;
    bert_clip clip;                     /* default: EACH for BertAdam, else GLOBAL */
    double max_norm;                    /* default 1 */
    double beta1, beta2, epsilon;       /* default 0.9, 0.999, 1e-6 (AdamW 1e-8) */
    double weight_decay;                /* default 0.01 (SGD 0) */
    double momentum;                    /* SGD; default 0 */
    int32_t decay_all;                  /* 1: biases and LayerNorm decay too */
} bert_optimizer;

/* Loss scaling as the reference programs' mixed precision has it: gradients are computed times a factor and divided by it again
   (exactly, for a power of two). A step whose gradients are not finite is skipped; the factor is halved, and doubled again after
   a time without. Where it cannot be halved any more such a step is an error. */
typedef struct bert_loss_scale {
    double start;                       /* 0: none; NVIDIA's programs begin with 65536, NEZHA's with 2^32 */
    int32_t growth;                     /* doubled after so many good steps; default 2000 (NEZHA: 1000); negative: never */
    int32_t decrease;                   /* halved after so many skipped ones; default 1 (NEZHA: 2) */
    double floor;                       /* default 1 */
} bert_loss_scale;

/* Several workers that learn one model together, each from its share of every batch: what a trainer needs of that which connects
   them. All workers make the same calls in the same order, from the thread that uses the trainer. bert_mpi_comm is one of these;
   examples/workers.h another, between threads. */
typedef struct bert_comm {
    int32_t rank, size;                 /* which worker this is, of how many */
    /* values[count] become their sums over all workers, the same bits at each */
    bert_status (*all_reduce)(void *user, float *values, int64_t count, bert_error *error);
    /* data[size] become what they are at worker `root` */
    bert_status (*broadcast)(void *user, void *data, size_t size, int32_t root, bert_error *error);
    /* or NULL: such sums while the trainer goes on computing. start begins one, wait ends all that were started; progress is called
       often in between (and may be NULL as well) */
    bert_status (*start)(void *user, float *values, int64_t count, bert_error *error);
    bert_status (*wait)(void *user, bert_error *error);
    void (*progress)(void *user);
    void *user;
} bert_comm;

typedef struct bert_trainer_desc {
    const bert_model *model;            /* where the weights come from; they are copied, the model may be closed. Or: */
    const bert_config *config;          /* all weights are initialised from the seed */
    uint32_t learn;                     /* BERT_LEARN_... Heads that this needs and the model lacks are initialised from the seed */
    uint32_t keep;                      /* further heads of the model to carry along unchanged */
    uint32_t fresh;                     /* heads to initialise even if the model has them */
    int32_t labels;                     /* N of the classifier; default: the model's, the config's, or 2 */
    bert_optimizer optimizer;
    bert_schedule schedule;
    bert_loss_scale loss_scale;
    double layer_decay;                 /* each layer below learns at so much of the rate of the one above; default 1 */
    int32_t frozen;                     /* 1: the embeddings keep their weights; 1 + n: and the first n layers */
    double hidden_dropout, attention_dropout;   /* 0: the config's; negative: none */
    double classifier_dropout;          /* 0: 0.1 as Google's (with a model of Hugging Face's: hidden_dropout); negative: none */
    uint64_t seed;
    int64_t max_tokens;                 /* computed at once: a larger batch is taken in parts of whole sequences, and their gradients
                                           are added. Default 1024, or the model's positions if these are more */
    size_t budget;                      /* or bytes the trainer may take: as many tokens as fit, up to 8192 */
    int32_t small_slots;                /* 1: the optimizer's slots are kept as bf16, rounded up or down at random (by seed and step) so
                                           that small changes add up. Half their memory; checkpoints hold float32 as ever */
    int32_t recompute;                  /* 1: of a layer only the output is kept; the rest is computed again. Same bits, less memory */
    const bert_comm *comm;              /* NULL: this worker alone; copied. Opening takes the weights of worker 0 */
    bert_precision precision;           /* BF16: the factors of products in the layers, both ways, and of the decoder of words are rounded
                                           to bf16, sums are float32; weights, gradients and all else stay float32 */
    bert_isa isa;
    int32_t threads;                    /* as in bert_session_desc */
    bert_parallel parallel;
    const bert_device *device;          /* computes instead of this machine's processor; used while the trainer opens */
    bert_allocator allocator;
    bert_error *error;
} bert_trainer_desc;

/* One parameter of a trainer. Matrices are [out, in]. The values may be read, and weights written, between calls. */
typedef struct bert_trained {
    const char *name, *google;          /* Hugging Face's, Google's */
    int64_t shape[2], count;
    int32_t rank, layer;                /* layer: -1 outside the encoder */
    int32_t matrix;                     /* TensorFlow keeps it transposed */
    int32_t decay;                      /* weight decay applies by Google's rule */
    int32_t learns;                     /* 0: frozen, or carried along: no gradient, left alone entirely */
    double rate;                        /* of the schedule's rate */
    double trust;                       /* LAMB: what the last step was multiplied with */
    float *weight, *gradient;           /* [count] gradients are times bert_progress.loss_scale */
    float *first, *second;              /* [count] the optimizer's slots (Adam's m and v), or NULL; */
    uint16_t *small_first, *small_second;   /* ... with small_slots these, as bf16 */
} bert_trained;

/* Dropout by masks of the caller instead of the seed: 1 keeps, 0 drops; arrays that are NULL drop nothing. */
typedef struct bert_masks {
    const uint8_t *embeddings;          /* [T,C] */
    const uint8_t *const *attention;    /* [L] each, for each sequence of S rows, [H,S,S] probabilities, one after another */
    const uint8_t *const *attention_output, *const *output;   /* [L] each [T,C] */
    const uint8_t *classifier;          /* [B,C] (TOKENS: [T,C]) what goes into the classifier */
} bert_masks;

/* Denominators of the losses over a batch, and its sequences. */
typedef struct bert_totals { double words, next_sentence, classes, starts, ends, sequences; } bert_totals;

/* What a batch should have given. -100 as a label: ignored, here and in the mean. */
typedef struct bert_targets {
    int64_t masked_count;               /* WORDS: rows of the batch, the words there, their weights (NULL: 1) */
    const int64_t *masked_rows;
    const int32_t *masked_ids;
    const float *masked_weights;
    const int32_t *next_sentence;       /* [B] */
    const int32_t *classes;             /* [B], CHOICES: [B/choices] the right one of each group */
    const float *values;                /* [B,N] VALUES; MULTI_LABEL: 0 to 1 */
    const int32_t *token_classes;       /* [T] */
    const int32_t *starts, *ends;       /* [B] rows of the sequence; below 0 counts as 0, behind the last: ignored */
    int32_t choices;
    const float *teacher;               /* [B,N] CLASSES: a teacher's probabilities, or NULL */
    double teacher_weight;              /* of its loss, from 0 to 1; the rest goes to `classes`. Default 1 */
    double temperature;                 /* of the student's softmax beside the teacher; the loss is times its square. Default 1 */
    int64_t first_sequence;             /* number of sequence 0 in a larger batch: decides its dropout. (desc.comm knows that itself) */
    const bert_totals *totals;          /* of all parts of a larger batch; default: of this batch. (desc.comm adds other workers') */
    const bert_masks *masks;
    int32_t add;                        /* 1: add to the gradients that are there */
    int32_t more;                       /* 1, with desc.comm: parts follow; gradients are exchanged while the last is computed */
} bert_targets;

/* What came of a step: the losses are those before it. */
typedef struct bert_progress {
    double loss;                        /* the sum of: */
    double words, next_sentence, classes, starts, ends;   /* classes: any that uses the classifier; starts, ends: halves of SPANS */
    double norm, rate;                  /* of the gradients before clipping, in the meaning of `clip`; learning rate */
    int64_t step;                       /* steps done */
    double loss_scale;                  /* that the gradients are times; 1 without loss scaling */
    int32_t skipped;                    /* 1: gradients were not finite, the weights and `step` stayed as they were */
    int64_t skipped_steps;              /* so many in all */
} bert_progress;

/* What a checkpoint with state says besides the numbers of its tensors. */
#define BERT_CURSOR 16
typedef struct bert_saved {
    int64_t step;
    int32_t complete;                   /* 1: saved by a trainer; 0: by another program, all below is 0 */
    uint64_t seed;
    int64_t max_tokens;                 /* with which it ran: open with this for the same bits */
    double loss_scale;                  /* 0: none */
    int64_t skipped_steps;
    bert_schedule schedule;
    int64_t cursor[BERT_CURSOR];        /* bert_trainer_cursor's */
} bert_saved;

#ifdef BERT_USE_MPI
typedef struct bert_mpi bert_mpi;
typedef struct bert_mpi_desc {
    const MPI_Comm *comm;               /* default MPI_COMM_WORLD */
    int32_t bf16;                       /* 1: gradients are sent as bf16: half the bytes, each sum rounded to 8 bits */
    double timeout;                     /* seconds without an answer of the others that are an error; default 600, negative: never */
    bert_allocator allocator;
    bert_error *error;
} bert_mpi_desc;
#endif

/* Bytes of a trainer. */
typedef struct bert_trainer_bytes {
    size_t weights, gradients, slots;   /* one flat buffer each */
    size_t activations;                 /* and everything else */
    size_t total;                       /* with threads */
} bert_trainer_bytes;
#endif

/* ---- another place to compute: a GPU (bert_cuda.h), or one of your own ---- */

#ifndef BERT_NO_TRAIN
typedef struct bert_device_step {
    int64_t step, seen;                 /* updates done; sequences before these in the batch */
    int64_t max_tokens;                 /* of a part */
    double loss_scale;                  /* that gradients are computed times */
    bert_totals totals;
} bert_device_step;
#endif
/* Sessions and trainers with a device check what they are given, then hand it over. A trainer keeps the table of its parameters, the
   steps and saving; weights, gradients and slots live on the device, and here where they were moved last. */
struct bert_device {
    const void *options;                /* the device's own */
    bert_status (*session_open)(const bert_device *device, bert_session_desc *desc, void **state);   /* and fills in max_tokens, precision */
    bert_status (*session_run)(void *state, const bert_batch *batch, const bert_result *result, bert_error *error);
    void (*session_close)(void *state);
#ifndef BERT_NO_TRAIN
    bert_status (*trainer_open)(const bert_device *device, bert_trainer *trainer, void **state, bert_error *error);
    /* the losses and gradients of a batch; out NULL: there is no need to wait for them */
    bert_status (*trainer_gradients)(void *state, const bert_batch *batch, const bert_targets *labels, const bert_device_step *step, bert_progress *out, bert_error *error);
    /* the norm of the gradients (NULL: no need to wait), which are times `loss_scale`; where it is not finite the weights stay */
    bert_status (*trainer_update)(void *state, int64_t step, double rate, double loss_scale, double *norm, bert_error *error);
    bert_status (*trainer_move)(void *state, int32_t here, bert_error *error);     /* all values: from the device (1) or to it (0) */
    void (*trainer_close)(void *state);
#endif
};

/* ============================================================================================================
   >>api
   ============================================================================================================ */

BERT_API const char *bert_dtype_name(bert_dtype dtype);
BERT_API size_t bert_dtype_size(bert_dtype dtype);

/* Converts n values by value. To a narrower float: to the nearest, ties to even; too large ones become infinite, or NaN where
   there is no infinity. To an integer: the fraction is cut off, what is too large or small becomes the largest or smallest,
   NaN becomes 0. F8_E8M0 has powers of two alone: the nearest, the larger of two; NaN for a negative number. `from` and `to`
   may not overlap unless they are the same type. Refuses C64, STRING and the types of less than a byte unless both agree. */
BERT_API bert_status bert_convert(const void *from, bert_dtype from_type, void *to, bert_dtype to_type, size_t n);

BERT_API bert_status bert_checkpoint_open(const bert_checkpoint_desc *desc, bert_checkpoint **out);
BERT_API void bert_checkpoint_close(bert_checkpoint *checkpoint);
BERT_API int64_t bert_checkpoint_count(const bert_checkpoint *checkpoint);
BERT_API const bert_tensor *bert_checkpoint_tensor(const bert_checkpoint *checkpoint, int64_t index);
BERT_API const bert_tensor *bert_checkpoint_find(const bert_checkpoint *checkpoint, const char *name);
/* What it is ("safetensors", "PyTorch zip", "PyTorch legacy", "TensorFlow bundle", with "sharded " in front), and where. */
BERT_API const char *bert_checkpoint_format(const bert_checkpoint *checkpoint);
BERT_API const char *bert_checkpoint_path(const bert_checkpoint *checkpoint);
/* A value of safetensors' __metadata__, or NULL. */
BERT_API const char *bert_checkpoint_metadata(const bert_checkpoint *checkpoint, const char *key);
/* A file that lies beside the checkpoint (config.json, vocab.txt): in its folder, inside its archive, or in the assets/ of a
   SavedModel or hub module. `path` (may be NULL) becomes where it was. Close *out with bert_file_close. BERT_ERROR_IO: there
   is none. */
BERT_API bert_status bert_checkpoint_beside(const bert_checkpoint *checkpoint, const char *name, char *path, size_t path_size,
                                            bert_file *out, bert_error *error);

/* All values of a tensor as `type`, `count` of them (the tensor's own count, or an error). */
BERT_API bert_status bert_tensor_read(const bert_tensor *tensor, bert_dtype type, void *out, int64_t count, bert_error *error);
/* The values where they lie, if that is contiguous, aligned and in the machine's byte order; else NULL. */
BERT_API const void *bert_tensor_view(const bert_tensor *tensor);
/* A matrix seen the other way round: the same values, shape and strides exchanged. `room` holds what the result points to. */
BERT_API bert_tensor bert_tensor_transposed(const bert_tensor *tensor, int64_t room[4]);
/* Bytes of all values as the file counts them; types of less than a byte are packed. */
BERT_API size_t bert_tensor_bytes(const bert_tensor *tensor);

/* Writes a checkpoint: complete, or not at all. */
BERT_API bert_status bert_checkpoint_write(const bert_write_desc *desc);

/* Configs: Google's bert_config.json or HF's config.json; or by name: tiny, mini, small, medium, base, large, L-<layers>_H-<hidden>
   (Google's 24 small models), base-cased, base-multilingual-cased, base-chinese, large-cased, nezha-base, nezha-large, ... */
BERT_API bert_status bert_config_parse(const char *text, size_t size, const char *path, bert_config *out, bert_error *error);
BERT_API bert_status bert_config_read(const char *path, bert_config *out, bert_error *error);
BERT_API bert_status bert_config_named(const char *name, bert_config *out, bert_error *error);
BERT_API bert_status bert_config_check(const bert_config *config, const char *path, bert_error *error);
/* Is a vocabulary of so many tokens short enough for the model's embeddings? A shorter one is: rows may be spare. path: of the
   vocabulary, for the message. */
BERT_API bert_status bert_config_check_vocabulary(const bert_config *config, int64_t tokens, const char *path, bert_error *error);
/* Does the casing contradict the name of one of Google's models? The rules and words of validate_case_matches_checkpoint in
   Google's tokenization.py; `checkpoint` is the path, such as "uncased_L-12_H-768_A-12/bert_model.ckpt". */
BERT_API bert_status bert_case_check(int lower_case, const char *checkpoint, bert_error *error);
BERT_API const char *bert_activation_name(bert_activation activation);     /* as transformers spells it */

/* A model: a checkpoint whose tensors have been recognised. The encoder must be complete and its shapes agree, with each
   other and with the config. What the file has besides is listed, not refused. With init_missing, heads that were asked for
   and are not there are made at random; without path and data, all of it is. */
BERT_API bert_status bert_model_open(const bert_model_desc *desc, bert_model **out);
BERT_API void bert_model_close(bert_model *model);
BERT_API const bert_config *bert_model_config(const bert_model *model);
/* The file the config was read from, and its text; NULL if it came from the desc or was told from the shapes. */
BERT_API const char *bert_model_config_path(const bert_model *model);
BERT_API const char *bert_model_config_text(const bert_model *model, size_t *size);
BERT_API const bert_checkpoint *bert_model_checkpoint(const bert_model *model);   /* NULL: made from a config alone */
BERT_API uint32_t bert_model_heads(const bert_model *model);
BERT_API int64_t bert_model_parameter_count(const bert_model *model);
BERT_API const bert_parameter *bert_model_parameter(const bert_model *model, int64_t index);
BERT_API const bert_parameter *bert_model_find(const bert_model *model, const char *name);
/* The values, float32, in the table's layout (matrices [out, in]). */
BERT_API bert_status bert_parameter_read(const bert_parameter *parameter, float *out, int64_t count, bert_error *error);

#ifndef BERT_NO_TOKENIZER
/* The tokenizer that belongs to a model. What the desc (may be NULL) leaves open comes from the files beside the checkpoint:
   tokenizer.json or vocab.txt, with tokenizer_config.json; where none says whether to lower-case, a word in the checkpoint's
   path does (uncased; cased; chinese or multilingual: uncased), else Google's default: on. A vocabulary longer than the model's
   is an error, and so is casing against bert_case_check, unless check_case is BERT_OFF. */
BERT_API bert_status bert_model_tokenizer(const bert_model *model, const bert_tokenizer_desc *desc, bert_flag check_case, bert_tokenizer **out);
#endif

/* What a tensor of a checkpoint is. name: Hugging Face's name; google: Google's; each with the slot ("/adam_m") behind, if it is
   one. Returns 0 for a tensor that is no part of a BERT (then the names are its own). */
typedef struct bert_tensor_role {
    char name[160], google[160];
    int32_t row, layer, slot;           /* slot: 0 the weight, else an optimizer's */
    int32_t matrix;                     /* TensorFlow keeps it transposed */
    bert_source source;                 /* whose spelling it was */
} bert_tensor_role;
BERT_API int bert_tensor_recognise(const char *name, bert_tensor_role *out);

/* ---- sessions ---- */

/* What this machine can run. */
BERT_API const char *bert_isa_name(bert_isa isa);                               /* "ref", "avx2", ... */
BERT_API int bert_isa_available(bert_isa isa);
BERT_API bert_isa bert_isa_best(void);

/* Packed weights are immutable and counted: sessions that use them hold them; close gives up the caller's share. */
BERT_API bert_status bert_packed_open(const bert_packed_desc *desc, bert_packed **out);
BERT_API void bert_packed_close(bert_packed *packed);

/* A session belongs to one user thread at a time; several sessions may share model and packed weights. */
BERT_API bert_status bert_session_open(const bert_session_desc *desc, bert_session **out);
BERT_API void bert_session_close(bert_session *session);
/* The desc as it was understood: threads, instructions, max_tokens. */
BERT_API bert_session_desc bert_session_desc_resolved(const bert_session *session);

/* Runs the model. A sequence gives the same bits alone, in any batch, with any number of threads (for one binary on one
   kind of instructions). On failure the arrays of `result` may hold part of the numbers. */
BERT_API bert_status bert_session_run(bert_session *session, const bert_batch *batch, const bert_result *result, bert_error *error);

/* Padded input as a batch that uses the arrays lent in `padded`. */
BERT_API bert_status bert_batch_from_padded(const bert_padded *padded, bert_batch *out, bert_error *error);

/* Rows of n numbers, in place. */
BERT_API void bert_softmax(float *x, int64_t rows, int64_t n);
BERT_API void bert_log_softmax(float *x, int64_t rows, int64_t n);
BERT_API void bert_sigmoid(float *x, int64_t rows, int64_t n);
/* The k largest of n, largest first, the lower index first where equal. */
BERT_API void bert_top_k(const float *x, int64_t n, int64_t k, int32_t *indices);

#ifndef BERT_NO_TOKENIZER
/* Texts to vectors: tokenizes, runs and pools. Texts that are too long are refused, cut, or taken in windows whose rows are
   pooled together (with CLS and POOLER: averaged). */
typedef struct bert_embed_desc {
    bert_pooling pooling;
    int32_t normalize;
    bert_too_long too_long;
    int64_t max_length;                 /* tokens of a text, [CLS] and [SEP] included; default: what the session can */
    int64_t stride;                     /* WINDOWS: tokens that neighbours share; default an eighth */
    bert_error *error;
} bert_embed_desc;
BERT_API bert_status bert_session_embed(bert_session *session, const bert_tokenizer *tokenizer, const bert_embed_desc *desc,
                                        const char *const *texts, const size_t *sizes, int64_t count, float *out /* [count,C] */);
/* How the model's own files say that its vectors are made: pooling and normalize from sentence-transformers' modules.json and what
   that names, max_length from sentence_bert_config.json, beside the checkpoint. Without such files the fields stay as they
   are. A module that this library does not compute (Dense, several poolings at once) is an error. */
BERT_API bert_status bert_embed_desc_read(const bert_model *model, bert_embed_desc *desc, bert_error *error);
#endif

/* Bytes that packed weights and a session will take, exactly, without taking them; and the largest max_tokens that fits a budget
   (0: none does). */
BERT_API bert_status bert_plan_memory(const bert_plan_desc *desc, bert_plan *out, bert_error *error);
BERT_API int64_t bert_plan_largest(const bert_plan_desc *desc, size_t budget);

#ifndef BERT_NO_DATA
/* ---- records ---- */

/* Reads a TFRecord file from record to record. next answers the next one's bytes, which stay until close; NULL at the end. tell
   says where the next record begins, and seek goes to such a place: to shuffle, or to go on where training stopped. */
BERT_API bert_status bert_records_open(const bert_records_desc *desc, bert_records **out);
BERT_API bert_status bert_records_next(bert_records *records, const void **data, size_t *size, bert_error *error);
BERT_API size_t bert_records_tell(const bert_records *records);
BERT_API bert_status bert_records_seek(bert_records *records, size_t place, bert_error *error);
BERT_API void bert_records_close(bert_records *records);

/* Writes one. The file appears with commit, complete, or not at all. Features are written sorted by name, as protobuf's
   deterministic mode has them. commit and close after it are both needed; close without commit leaves nothing. */
BERT_API bert_status bert_record_writer_open(const char *path, const bert_allocator *allocator, bert_record_writer **out, bert_error *error);
BERT_API bert_status bert_record_writer_add(bert_record_writer *writer, const void *data, size_t size, bert_error *error);
BERT_API bert_status bert_record_writer_add_example(bert_record_writer *writer, const bert_feature *features, size_t count, bert_error *error);
BERT_API bert_status bert_record_writer_commit(bert_record_writer *writer, bert_error *error);
BERT_API void bert_record_writer_close(bert_record_writer *writer);

/* Examples. The values of bytes lists, and names, lie in `data`. On failure the example has no features. find: NULL if there is
   none. The numbers calls copy a feature that must be there with exactly `count` values of that type (ints: that fit int32). */
BERT_API bert_status bert_example_parse(bert_example *example, const void *data, size_t size, const bert_allocator *allocator, bert_error *error);
BERT_API const bert_feature *bert_example_find(const bert_example *example, const char *name);
BERT_API bert_status bert_example_ints(const bert_example *example, const char *name, int32_t *out, size_t count, bert_error *error);
BERT_API bert_status bert_example_floats(const bert_example *example, const char *name, float *out, size_t count, bert_error *error);
BERT_API void bert_example_free(bert_example *example);
#endif /* BERT_NO_DATA */

#if !defined(BERT_NO_DATA) && !defined(BERT_NO_TOKENIZER)
/* ---- tasks ---- */

/* Examples one after another: the file is mapped, never copied. next sets *got to 0 at the end; rewind starts again. Incomplete
   rows of QQP are left out, as by other readers of it (it has some), and counted in skipped. */
BERT_API bert_status bert_dataset_open(const bert_dataset_desc *desc, bert_dataset **out);
BERT_API void bert_dataset_close(bert_dataset *task);
BERT_API bert_status bert_dataset_next(bert_dataset *task, bert_dataset_example *out, int *got, bert_error *error);
BERT_API void bert_dataset_rewind(bert_dataset *task);
/* tell: the place of the example that next will read (or of rows before it that are none); seek goes to such a place. */
BERT_API bert_dataset_place bert_dataset_tell(const bert_dataset *task);
BERT_API bert_status bert_dataset_seek(bert_dataset *task, const bert_dataset_place *place, bert_error *error);
BERT_API const char *const *bert_dataset_labels(const bert_dataset *task, size_t *count);    /* none for regression */
BERT_API int bert_dataset_is_regression(const bert_dataset *task);
BERT_API int64_t bert_dataset_skipped(const bert_dataset *task);
/* The tasks there are, by index, until NULL; and the file in data_dir that a task reads for a split, NULL: there is none. */
BERT_API const char *bert_dataset_name(size_t index);
BERT_API const char *bert_dataset_file(const char *task, bert_split split);

/* [CLS] a [SEP] or [CLS] a [SEP] b [SEP], cut by Google's rule and padded with 0: convert_single_example. A second text without
   tokens counts as none. `a` may be NULL: a row of padding (is_real_example 0). */
BERT_API bert_status bert_features_encode(const bert_tokenizer *tokenizer, const bert_bytes *a, const bert_bytes *b, size_t max_length, bert_features *out, bert_error *error);
/* All examples of a task as a file of records, with the reference's features: input_ids, input_mask, segment_ids, label_ids (of
   regression a float), is_real_example; rows of padding make them a multiple of `batch` (1: none). `count` (may be NULL) becomes the
   number of records. */
BERT_API bert_status bert_dataset_write_records(bert_dataset *task, const bert_tokenizer *tokenizer, size_t max_length, int64_t batch, const char *path, int64_t *count, bert_error *error);

/* Words and labels. */
BERT_API bert_status bert_ner_open(const bert_ner_desc *desc, bert_ner **out);
BERT_API void bert_ner_close(bert_ner *ner);
BERT_API bert_status bert_ner_next(bert_ner *ner, bert_ner_sentence *out, int *got, bert_error *error);
BERT_API void bert_ner_rewind(bert_ner *ner);
BERT_API bert_status bert_ner_encode(const bert_tokenizer *tokenizer, const bert_ner_sentence *sentence, const char *const *labels, size_t label_count, bert_ner_tokens tokens,
                                     size_t max_length, bert_ner_features *out, bert_error *error);
/* The labels that a file has: "O" first, then by type, B- before I-. */
BERT_API bert_status bert_ner_labels(const bert_ner_desc *desc, bert_labels *out);

/* A file of labels, one to a line. */
BERT_API bert_status bert_labels_read(const char *path, const bert_allocator *allocator, bert_labels *out, bert_error *error);
BERT_API bert_status bert_labels_write(const char *path, const char *const *names, size_t count, bert_error *error);
BERT_API void bert_labels_free(bert_labels *labels);

/* ---- SQuAD and CMRC ---- */

/* Reading. What is missing or of another type, answers out of range, and texts that are not Unicode are refused, with line and
   column. Different from run_squad.py: of several answers of a question in a training set the first is taken. An answer of CMRC's
   own layout, which says no place, is looked for in the passage. */
BERT_API bert_status bert_squad_open(const bert_squad_desc *desc, bert_squad **out);
BERT_API void bert_squad_close(bert_squad *squad);
BERT_API int64_t bert_squad_count(const bert_squad *squad);
BERT_API const bert_squad_question *bert_squad_get(const bert_squad *squad, int64_t index);
/* Training: questions put aside because their answer cannot be found in the passage, as run_squad.py does. */
BERT_API int64_t bert_squad_skipped_count(const bert_squad *squad);
BERT_API const bert_squad_question *bert_squad_skipped(const bert_squad *squad, int64_t index);

/* Features, one after another: nothing but the passage at hand is in memory. bert_squad_features_next fills the feature and the
   columns you lent; feature->tokens is 0 when there are no more. A passage without words gives no feature. */
BERT_API bert_status bert_squad_features_open(const bert_squad_features_desc *desc, bert_squad_features **out);
BERT_API bert_status bert_squad_features_next(bert_squad_features *features, bert_squad_feature *feature);
BERT_API void bert_squad_features_close(bert_squad_features *features);
/* A feature as a tf.train.Example of FeatureWriter: all of max_seq_length rows; for training with positions and is_impossible. */
BERT_API bert_status bert_squad_feature_write(bert_record_writer *writer, const bert_squad_feature *feature, int64_t max_seq_length, bert_error *error);

/* From logits to answers: add the windows of a question one after another, then finish. A feature needs its columns ids, words and
   max_context, and `count` logits, `stride` floats apart: at least its tokens; more are those of padded rows, which compete for the
   n best as they do in the reference. Differs from write_predictions where that crashes: with version_2 and no answer among the n
   best, or a passage without words, the prediction is "" and null_odds are 1000000. Logits that are not finite are refused. */
BERT_API bert_status bert_squad_answers_open(const bert_squad_answers_desc *desc, bert_squad_answers **out);
BERT_API bert_status bert_squad_answers_add(bert_squad_answers *answers, const bert_squad_feature *feature, const float *start_logits,
                                            const float *end_logits, int64_t count, int64_t stride);
BERT_API bert_status bert_squad_answers_finish(bert_squad_answers *answers);
BERT_API const bert_squad_answer *bert_squad_answers_get(const bert_squad_answers *answers, int64_t question);     /* NULL before it is finished */
/* predictions.json, nbest_predictions.json and null_odds.json as the reference writes them, byte for byte; any may be NULL. Of
   questions with the same id the last counts. Either all files are written or none. */
BERT_API bert_status bert_squad_answers_write(const bert_squad_answers *answers, const char *predictions, const char *n_best, const char *null_odds);
BERT_API void bert_squad_answers_close(bert_squad_answers *answers);

/* get_final_text: where the predicted text (normalised, its pieces joined) stands in the original; all of it where that cannot be told. */
BERT_API bert_status bert_squad_final_text(const char *predicted, size_t predicted_size, const char *original, size_t original_size, int lower_case,
                                           const bert_allocator *allocator, size_t *begin, size_t *end);

/* Scores as evaluate-v1.1.py, evaluate-v2.0.py and cmrc2018_evaluate.py compute them (the last with nltk's word tokenizer, without its
   model of sentences). Different from evaluate-v2.0.py, which crashes: a question without a prediction scores 0; probabilities of
   unknown questions are left out. */
BERT_API bert_status bert_squad_evaluate(const bert_squad_score_desc *desc, bert_squad_score *out);
/* normalize_answer: lower-cased, without punctuation and articles, blanks single. Writes up to capacity bytes (no NUL); *size is the need. */
BERT_API bert_status bert_squad_normalize(const char *text, size_t text_size, const bert_allocator *allocator, char *out, size_t capacity, size_t *size);
#endif /* BERT_NO_DATA, BERT_NO_TOKENIZER */

#ifndef BERT_NO_DATA
/* ---- pre-training data ---- */

/* random.Random(seed); random(); getrandbits(count), 1 to 64 bits; randint(low, high), both included; shuffle. */
BERT_API void bert_python_random_seed(bert_python_random *random, int64_t seed);
BERT_API double bert_python_random_real(bert_python_random *random);
BERT_API uint64_t bert_python_random_bits(bert_python_random *random, int32_t count);
BERT_API int64_t bert_python_random_int(bert_python_random *random, int64_t low, int64_t high);
BERT_API void bert_python_random_shuffle(bert_python_random *random, void *array, size_t count, size_t width);
/* round(x): to the nearest whole number, halves to the even one. */
BERT_API double bert_python_round(double x);

/* The files that a list means: names separated by commas, with * ? [a-z] in them, or folders, for all files in them. What each
   item of the list means is sorted by name; names that begin with . do not count. An item that means nothing is an error. The
   names belong to `out`, until bert_paths_free. */
typedef struct bert_paths { const char *const *path; size_t count; void *memory; bert_allocator allocator; } bert_paths;
BERT_API bert_status bert_paths_find(const char *list, const bert_allocator *allocator, bert_paths *out, bert_error *error);
BERT_API void bert_paths_free(bert_paths *paths);

#ifndef BERT_NO_TOKENIZER
/* Makes pre-training data: what Google's create_pretraining_data.py makes of the same texts, vocabulary and seed under Python 3,
   instance for instance; or, streaming, the like of it in bounded memory. `counts` may be NULL. On failure no output is there. */
BERT_API bert_status bert_pretraining_data(const bert_pretraining_desc *desc, bert_pretraining_counts *counts);

/* Reads them back. open looks at every file: lengths that differ, or are not those asked for, and ids that the vocabulary lacks are
   errors. next goes on by `count` instances (fewer at the end of files that are read once) and hands out those from `first` on,
   `take` of them: workers that share a batch read the same and take their own part. seek to a place that tell gave. After a failure
   only seek or close. */
BERT_API bert_status bert_instances_open(const bert_instances_desc *desc, bert_instances **out);
BERT_API bert_status bert_instances_next(bert_instances *instances, int64_t count, int64_t first, int64_t take, bert_instances_batch *out, bert_error *error);
BERT_API bert_instances_place bert_instances_tell(const bert_instances *instances);
BERT_API bert_status bert_instances_seek(bert_instances *instances, const bert_instances_place *place, bert_error *error);
BERT_API bert_instances_facts bert_instances_look(const bert_instances *instances);
BERT_API void bert_instances_close(bert_instances *instances);
#endif

/* ---- metrics ---- */

/* Counts predictions in a confusion matrix [classes,classes]: row the label, column the prediction. Labels of BERT_LABEL_IGNORED
   are left out. On failure nothing is counted. */
BERT_API bert_status bert_confusion_add(int64_t *confusion, int32_t classes, const int32_t *labels, const int32_t *predictions, size_t count, bert_error *error);
BERT_API bert_status bert_confusion_metrics(const int64_t *confusion, int32_t classes, bert_class_metrics *out, bert_error *error);
BERT_API bert_status bert_confusion_micro(const int64_t *confusion, int32_t classes, const int32_t *wanted, size_t wanted_count, bert_micro_metrics *out, bert_error *error);

/* Pearson, Spearman (ties get their mean rank), Kendall's tau-b and the mean squared error of pairs, in n log n. */
BERT_API bert_status bert_correlate(const double *labels, const double *predictions, size_t count, const bert_allocator *allocator, bert_correlations *out, bert_error *error);

/* The entities of a sentence, in order; `found` of them, of which at most `capacity` are written (BERT_ERROR_SPACE if it has more;
   there are never more than tags). */
BERT_API bert_status bert_entities(const bert_bytes *tags, size_t count, bert_tag_scheme scheme, bert_entity *out, size_t capacity, size_t *found, bert_error *error);

/* Scores of entities over sentences, added one at a time. On failure nothing is counted. */
BERT_API bert_status bert_entity_scores_open(bert_tag_scheme scheme, const bert_allocator *allocator, bert_entity_scores **out, bert_error *error);
BERT_API bert_status bert_entity_scores_add(bert_entity_scores *scores, const bert_bytes *labels, const bert_bytes *predictions, size_t count, bert_error *error);
BERT_API bert_status bert_entity_scores_result(bert_entity_scores *scores, bert_entity_metrics *out, bert_error *error);
BERT_API void bert_entity_scores_close(bert_entity_scores *scores);
#endif /* BERT_NO_DATA */

#ifndef BERT_NO_TRAIN
/* ---- training ---- */

/* A trainer belongs to one user thread at a time. Gradients, and so weights, have the same bits with any number of threads and with
   or without `recompute` (for one binary, one kind of instructions and one max_tokens). */
BERT_API bert_status bert_trainer_open(const bert_trainer_desc *desc, bert_trainer **out);
BERT_API void bert_trainer_close(bert_trainer *trainer);
BERT_API bert_trainer_desc bert_trainer_desc_resolved(const bert_trainer *trainer);

/* One step: bert_trainer_gradients, then bert_trainer_update. `out` may be NULL. */
BERT_API bert_status bert_trainer_step(bert_trainer *trainer, const bert_batch *batch, const bert_targets *labels, bert_progress *out, bert_error *error);
/* The losses of a batch and their gradients. Parts of one large batch: labels.add for all but the first, labels.more for all but the
   last, and for all the totals of the large batch (bert_trainer_totals of its parts, added).
   With desc.comm each worker gives its share, which may be empty, in as many parts as the others; losses and gradients are those of
   all shares. What is wrong at one worker is an error at all, with its number and its words. */
BERT_API bert_status bert_trainer_gradients(bert_trainer *trainer, const bert_batch *batch, const bert_targets *labels, bert_progress *out, bert_error *error);
BERT_API bert_status bert_trainer_update(bert_trainer *trainer, bert_progress *out, bert_error *error);
BERT_API bert_status bert_trainer_totals(const bert_trainer *trainer, const bert_batch *batch, const bert_targets *labels, bert_totals *out, bert_error *error);

BERT_API int64_t bert_trainer_count(const bert_trainer *trainer);
BERT_API const bert_trained *bert_trainer_parameter(const bert_trainer *trainer, int64_t index);
BERT_API const bert_trained *bert_trainer_find(const bert_trainer *trainer, const char *name);     /* either spelling */
/* Of all parameters in whose name, either spelling, this part stands: the rate of learning times `rate` (0: they stay as they are),
   weight decay on, off, or as it is (BERT_DEFAULT). Returns how many there are. A checkpoint does not hold this. */
BERT_API int64_t bert_trainer_group(bert_trainer *trainer, const char *part, double rate, bert_flag decay);
BERT_API int64_t bert_trainer_steps(const bert_trainer *trainer);
BERT_API void bert_trainer_set_steps(bert_trainer *trainer, int64_t steps);
/* With a device: moves weights, gradients and slots to where bert_trained points, or what was changed there to the device. Without one
   there is nothing to do. Saving, resuming and bert_trainer_model do it themselves. */
BERT_API bert_status bert_trainer_fetch(bert_trainer *trainer, bert_error *error);
BERT_API bert_status bert_trainer_send(bert_trainer *trainer, bert_error *error);
/* The weights as a model, for sessions (which pack them as they are when the session opens). It belongs to the trainer. */
BERT_API const bert_model *bert_trainer_model(const bert_trainer *trainer);

/* Writes a checkpoint (of several workers, the first does so, the others return at once): the weights (of all parameters); with state: the optimizer's slots, global_step, and all else that going on
   needs. TensorFlow's format takes Google's names and shapes. It reaches the disk beside and is renamed: the file, or file set, is
   complete or not there. */
BERT_API bert_status bert_trainer_save(bert_trainer *trainer, const char *path, bert_format format, int32_t state, const char *const *metadata, bert_error *error);
/* Goes on from a checkpoint with state, with the same bits as if training had never stopped. Weights, slots and global_step are taken
   (of Google's and other programs' checkpoints these alone), seed, loss scale and cursor, and where it is less than this trainer's
   max_tokens also that; the schedule is this trainer's. On failure the trainer's numbers are partly those of the file: close it. */
BERT_API bert_status bert_trainer_resume(bert_trainer *trainer, const char *path, bert_error *error);
/* What resuming would find, before a trainer is opened. */
BERT_API bert_status bert_saved_read(const char *path, const bert_allocator *allocator, bert_saved *out, bert_error *error);
/* [BERT_CURSOR] numbers of yours, 0 at first, that are saved with the state and come back with it: where your data stands. */
BERT_API int64_t *bert_trainer_cursor(bert_trainer *trainer);

#ifdef BERT_USE_MPI
/* Workers over MPI. The program calls MPI_Init before and MPI_Finalize after; on an error it should end with MPI_Abort, so that nobody
   waits for it. The comm lives as long as the bert_mpi. */
BERT_API bert_status bert_mpi_open(const bert_mpi_desc *desc, bert_mpi **out);
BERT_API void bert_mpi_close(bert_mpi *mpi);
BERT_API bert_comm bert_mpi_comm(bert_mpi *mpi);
#endif

/* Bytes a trainer will take, exactly, without taking them. */
BERT_API bert_status bert_plan_trainer(const bert_trainer_desc *desc, bert_trainer_bytes *out, bert_error *error);

/* The parts, for training of your own: the rate at a step (from 0); one update of n weights, `step` from 0, gradients times `scale`. */
BERT_API double bert_schedule_rate(const bert_schedule *schedule, int64_t step);
BERT_API bert_status bert_optimizer_update(const bert_optimizer *optimizer, double rate, int64_t step, double scale, int32_t decay,
                                           float *weight, const float *gradient, float *first, float *second, int64_t n);
#endif

#endif /* BERT_H */

/* ============================================================================================================
   ============================================================================================================
   IMPLEMENTATION. Stop here if you only use the library.
   ============================================================================================================ */
#if defined(BERT_IMPLEMENTATION) && !defined(BERT__IMPLEMENTED)
#define BERT__IMPLEMENTED

/* Parts that a build may leave out, as constants: what stands behind `if (!BERT__FILES)` is dropped by the compiler. */
#ifdef BERT_NO_STDIO
#define BERT__FILES 0
#else
#define BERT__FILES 1
#endif
#if defined(BERT_NO_STDIO) && defined(BERT_NO_PICKLE) && defined(BERT_NO_TF)
#define BERT__ONLY_SAFETENSORS 1        /* one file in memory: no archives, no indexes, nothing beside it */
#else
#define BERT__ONLY_SAFETENSORS 0
#endif
#ifdef BERT_NO_TRAIN
#define BERT__TRAIN 0
#else
#define BERT__TRAIN 1
#endif

#include "bert_tokenizer.h"             /* its implementation, where its declarations came earlier */
#include <float.h>
#include <math.h>

/* ============================================================================================================
   >>dtypes
   Purpose   sizes and names of stored types; conversion by value.
   Uses      nothing.
   Promises  float32 to float64 and back, F16 and BF16 to float32 are exact; narrowing rounds to nearest even.
   ============================================================================================================ */

BERT_API const char *bert_dtype_name(bert_dtype dtype)
{
#define BERT__DTYPE_NAME(name, text, bytes) text,
    static const char *const names[] = { BERT_DTYPE_LIST(BERT__DTYPE_NAME) };
#undef BERT__DTYPE_NAME
    return (unsigned)dtype < (unsigned)BERT_DTYPE_COUNT ? names[dtype] : "unknown";
}
BERT_API size_t bert_dtype_size(bert_dtype dtype)
{
#define BERT__DTYPE_SIZE(name, text, bytes) bytes,
    static const uint8_t sizes[] = { BERT_DTYPE_LIST(BERT__DTYPE_SIZE) };
#undef BERT__DTYPE_SIZE
    return (unsigned)dtype < (unsigned)BERT_DTYPE_COUNT ? sizes[dtype] : 0;
}

/* The bits a value takes in a file. */
BERT__FN uint64_t bert__dtype_bits(bert_dtype type)
{
    return type == BERT_F4 ? 4 : type == BERT_F6_E2M3 || type == BERT_F6_E3M2 ? 6 : bert_dtype_size(type) * 8;
}

BERT__INLINE float bert__bits_to_float(uint32_t bits) { float f; memcpy(&f, &bits, 4); return f; }
BERT__INLINE uint32_t bert__float_to_bits(float f) { uint32_t bits; memcpy(&bits, &f, 4); return bits; }

/* What the highest codes of a small float mean: infinity and NaN as in IEEE 754; no infinity, and NaN where all bits are set
   (E4M3); neither: all codes are numbers but the one of -0, which is NaN, and exponents are biased by one more (FNUZ). */
enum { BERT__NO_INFINITY = 0, BERT__IEEE = 1, BERT__FNUZ = 2 };

/* A small binary float (sign, `exponent` bits, `mantissa` bits) widened to float32, exactly. */
BERT__FN float bert__widen(uint32_t v, int exponent, int mantissa, int kind)
{
    const uint32_t sign = v >> (exponent + mantissa) << 31, e = v >> mantissa & (((uint32_t)1 << exponent) - 1);
    uint32_t m = v & (((uint32_t)1 << mantissa) - 1);
    const int bias = (1 << (exponent - 1)) - (kind != BERT__FNUZ);
    int shift = 0;
    if (kind == BERT__FNUZ) {
        if (sign && !e && !m) return bert__bits_to_float(0xFFC00000u);
    } else if (e == ((uint32_t)1 << exponent) - 1 && (kind == BERT__IEEE || m == ((uint32_t)1 << mantissa) - 1)) {
        if (kind == BERT__NO_INFINITY) return bert__bits_to_float(sign | 0x7FC00000u);
        return bert__bits_to_float(sign | 0x7F800000u | m << (23 - mantissa));
    }
    if (e) return bert__bits_to_float(sign | (uint32_t)((int)e - bias + 127) << 23 | m << (23 - mantissa));
    if (!m) return bert__bits_to_float(sign);
    while (!(m >> mantissa)) { m <<= 1; shift++; }                      /* subnormal: find its leading bit */
    return bert__bits_to_float(sign | (uint32_t)(1 - shift - bias + 127) << 23 | (m & (((uint32_t)1 << mantissa) - 1)) << (23 - mantissa));
}
/* float32 to a small binary float, nearest even; too large becomes infinite (or NaN where there is no infinity). */
BERT__FN uint32_t bert__narrow(float f, int exponent, int mantissa, int kind)
{
    const uint32_t bits = bert__float_to_bits(f), sign = bits >> 31 << (exponent + mantissa), top = ((uint32_t)1 << exponent) - 1;
    const int bias = (1 << (exponent - 1)) - (kind != BERT__FNUZ);
    const uint32_t field = bits >> 23 & 255;                            /* 0: subnormal, without a leading bit */
    int e = (int)(field ? field : 1) - 127 + bias, drop = 23 - mantissa;
    uint32_t m = (bits & 0x7FFFFF) | (field ? 0x800000u : 0), v, rest;
    const uint32_t nan = kind == BERT__FNUZ ? (uint32_t)1 << (exponent + mantissa) : sign | top << mantissa | (kind == BERT__IEEE ? 0 : ((uint32_t)1 << mantissa) - 1);
    if ((bits & 0x7FFFFFFF) > 0x7F800000) return nan | (kind == BERT__IEEE ? (m >> drop & (((uint32_t)1 << mantissa) - 1)) | (uint32_t)1 << (mantissa - 1) : 0);
    if (e < 1) { drop += 1 - e; e = 0; }                                /* subnormal there */
    if (drop > 25 || (bits & 0x7FFFFFFF) == 0) return kind == BERT__FNUZ ? 0 : sign;
    rest = m & (((uint32_t)1 << drop) - 1);
    v = m >> drop;
    v += rest > (uint32_t)1 << (drop - 1) || (rest == (uint32_t)1 << (drop - 1) && (v & 1));
    v += e ? (uint32_t)(e - 1) << mantissa : 0;                         /* the leading bit of v raises the exponent by one */
    if (kind == BERT__FNUZ) return v >= (top + 1) << mantissa ? nan : v ? sign | v : 0;
    return v >= (nan & ~sign) ? nan : sign | v;                         /* infinity's code, in IEEE's kind */
}
/* F8_E8M0 is the exponent field of a float32 and nothing else: powers of two, and NaN. The nearest, the larger of two; 0 has
   no code and becomes the smallest, 2^-127 (what lies above that does not, as in torch and ml_dtypes); a negative number
   becomes NaN. */
BERT__FN unsigned char bert__narrow_power(float f)
{
    const uint32_t bits = bert__float_to_bits(f), field = bits >> 23 & 255;
    if ((bits & 0x7FFFFFFF) == 0) return 0;
    if (bits >> 31 || field == 255) return 255;
    if (!field) return (bits & 0x7FFFFF) > 0x400000;
    return (unsigned char)(field + (bits >> 22 & 1));
}

/* Value i of p as float64; float64 holds all of these types but the largest 64-bit integers exactly. */
BERT__FN double bert__load_value(const unsigned char *p, bert_dtype type)
{
    switch (type) {
    case BERT_F32: { float v; memcpy(&v, p, 4); return v; }
    case BERT_F64: { double v; memcpy(&v, p, 8); return v; }
    case BERT_F16: { uint16_t v; memcpy(&v, p, 2); return bert__widen(v, 5, 10, 1); }
    case BERT_BF16: { uint16_t v; memcpy(&v, p, 2); return bert__bits_to_float((uint32_t)v << 16); }
    case BERT_I64: { int64_t v; memcpy(&v, p, 8); return (double)v; }
    case BERT_I32: { int32_t v; memcpy(&v, p, 4); return v; }
    case BERT_I16: { int16_t v; memcpy(&v, p, 2); return v; }
    case BERT_I8: return (signed char)p[0];
    case BERT_U64: { uint64_t v; memcpy(&v, p, 8); return (double)v; }
    case BERT_U32: { uint32_t v; memcpy(&v, p, 4); return v; }
    case BERT_U16: { uint16_t v; memcpy(&v, p, 2); return v; }
    case BERT_U8: return p[0];
    case BERT_BOOL: return p[0] != 0;
    case BERT_F8_E4M3: return bert__widen(p[0], 4, 3, 0);
    case BERT_F8_E5M2: return bert__widen(p[0], 5, 2, 1);
    case BERT_F8_E4M3FNUZ: return bert__widen(p[0], 4, 3, BERT__FNUZ);
    case BERT_F8_E5M2FNUZ: return bert__widen(p[0], 5, 2, BERT__FNUZ);
    case BERT_F8_E8M0: return bert__bits_to_float(p[0] == 255 ? 0x7FC00000u : p[0] ? (uint32_t)p[0] << 23 : 0x400000u);
    default: return 0;
    }
}
BERT__FN int64_t bert__saturate(double v, int64_t low, int64_t high)
{
    if (!(v > (double)low)) return v < (double)low ? low : v == (double)low ? low : 0;      /* NaN becomes 0 */
    return v >= (double)high ? high : (int64_t)v;
}
/* float64 to float32 by hand for the types below it would round twice; these take the float32 that is nearest to odd. */
BERT__FN float bert__round_to_odd(double v)
{
    float f = (float)v;
    uint32_t bits = bert__float_to_bits(f);
    if ((double)f == v || v != v || (bits & 0x7F800000) == 0x7F800000) return f;
    if ((v > 0) == ((double)f > v)) bits--;                             /* towards zero ... */
    return bert__bits_to_float(bits | 1);                               /* ... and sticky */
}
BERT__FN void bert__store_value(unsigned char *p, bert_dtype type, double v)
{
    switch (type) {
    case BERT_F32: { float f = (float)v; memcpy(p, &f, 4); break; }
    case BERT_F64: memcpy(p, &v, 8); break;
    case BERT_F16: { uint16_t h = (uint16_t)bert__narrow(bert__round_to_odd(v), 5, 10, 1); memcpy(p, &h, 2); break; }
    case BERT_BF16: { uint16_t h = (uint16_t)bert__narrow(bert__round_to_odd(v), 8, 7, 1); memcpy(p, &h, 2); break; }
    case BERT_I64: { int64_t i = bert__saturate(v, INT64_MIN, INT64_MAX); memcpy(p, &i, 8); break; }
    case BERT_I32: { int32_t i = (int32_t)bert__saturate(v, INT32_MIN, INT32_MAX); memcpy(p, &i, 4); break; }
    case BERT_I16: { int16_t i = (int16_t)bert__saturate(v, INT16_MIN, INT16_MAX); memcpy(p, &i, 2); break; }
    case BERT_I8: p[0] = (unsigned char)(signed char)bert__saturate(v, -128, 127); break;
    case BERT_U64: { uint64_t i = v >= 18446744073709551616.0 ? UINT64_MAX : v > 0 ? (uint64_t)v : 0; memcpy(p, &i, 8); break; }
    case BERT_U32: { uint32_t i = (uint32_t)bert__saturate(v, 0, UINT32_MAX); memcpy(p, &i, 4); break; }
    case BERT_U16: { uint16_t i = (uint16_t)bert__saturate(v, 0, UINT16_MAX); memcpy(p, &i, 2); break; }
    case BERT_U8: p[0] = (unsigned char)bert__saturate(v, 0, 255); break;
    case BERT_BOOL: p[0] = v != 0; break;
    case BERT_F8_E4M3: p[0] = (unsigned char)bert__narrow(bert__round_to_odd(v), 4, 3, 0); break;
    case BERT_F8_E5M2: p[0] = (unsigned char)bert__narrow(bert__round_to_odd(v), 5, 2, 1); break;
    case BERT_F8_E4M3FNUZ: p[0] = (unsigned char)bert__narrow(bert__round_to_odd(v), 4, 3, BERT__FNUZ); break;
    case BERT_F8_E5M2FNUZ: p[0] = (unsigned char)bert__narrow(bert__round_to_odd(v), 5, 2, BERT__FNUZ); break;
    case BERT_F8_E8M0: p[0] = bert__narrow_power(bert__round_to_odd(v)); break;
    default: break;
    }
}
/* A 64-bit integer, which float64 may not hold exactly. Integers are cut to the range directly. Narrower floats get a
   float64 of which the lowest bit says that something was cut off: enough to round once, and rightly. */
BERT__FN void bert__store_wide(unsigned char *p, bert_dtype type, const unsigned char *from, int is_signed)
{
    uint64_t v, low;
    int negative;
    double d;
    memcpy(&v, from, 8);
    negative = is_signed && v >> 63;
    if (type == BERT_I64 || type == BERT_U64) {
        if (type == BERT_I64 && !is_signed && v >> 63) v = INT64_MAX;
        if (type == BERT_U64 && negative) v = 0;
        memcpy(p, &v, 8);
        return;
    }
    if (negative) v = 0 - v;
    low = v & 2047;
    if (v >> 53 && type != BERT_F64) v = (v - low) | (uint64_t)(low != 0) << 11;
    d = (double)v;
    bert__store_value(p, type, negative ? -d : d);
}
BERT__FN int bert__is_number(bert_dtype type) { return type > BERT_DTYPE_NONE && type < BERT_C64; }

BERT_API bert_status bert_convert(const void *from, bert_dtype from_type, void *to, bert_dtype to_type, size_t n)
{
    const unsigned char *p = (const unsigned char *)from;
    unsigned char *q = (unsigned char *)to;
    const size_t a = bert_dtype_size(from_type), b = bert_dtype_size(to_type);
    size_t i;
    if (n && (!from || !to)) return BERT_ERROR_ARGUMENT;
    if (from_type == to_type && a) { if (n) memmove(to, from, n * a); return BERT_OK; }
    if (!bert__is_number(from_type) || !bert__is_number(to_type)) return BERT_ERROR_UNSUPPORTED;
    if (from_type == BERT_I64 || from_type == BERT_U64) {
        for (i = 0; i < n; i++) bert__store_wide(q + i * b, to_type, p + i * a, from_type == BERT_I64);
        return BERT_OK;
    }
    for (i = 0; i < n; i++) bert__store_value(q + i * b, to_type, bert__load_value(p + i * a, from_type));
    return BERT_OK;
}

/* ============================================================================================================
   >>rng
   Purpose   random numbers that depend on what they are for, not on what was drawn before.
   Uses      nothing.
   Promises  same seed and place, same number: on every machine, in any order, with any number of threads. All arithmetic
             that decides is on integers.

   Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011) is a function of a 64-bit key and a
   128-bit counter, which it encrypts: ten rounds of two multiplications, each word's product with a constant split into
   its halves, which change places and are mixed with the key. Whoever knows where a number belongs can compute it alone.
   The key is the user's seed. The counter is { element / 4, its upper half, layer (0: none, else its number + 1), the row of
   the table of tensors }; later uses (dropout, masking) take other values of the last word. Each counter gives four words,
   one for each of four elements.

   Weights are normal, cut off at two deviations. A word's lowest bit is the sign, the rest a fraction u, and the quantile of the cut-off half-normal
   distribution at u is the value: u times a ratio of two polynomials of r = 1 - u^2, fitted to it. As all their coefficients
   are positive, integers do: r has 32 bits behind the point, the coefficients 24, the quotient 32, the value 31. It is
   within 3e-7 of the true quantile.
   ============================================================================================================ */

BERT__FN void bert__philox(const uint32_t counter[4], uint64_t key, uint32_t out[4])
{
    uint32_t a = counter[0], b = counter[1], c = counter[2], d = counter[3], k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
    int round;
    for (round = 0; round < 10; round++) {
        const uint64_t x = (uint64_t)a * 0xD2511F53u, y = (uint64_t)c * 0xCD9E8D57u;
        a = (uint32_t)(y >> 32) ^ b ^ k0;
        b = (uint32_t)y;
        c = (uint32_t)(x >> 32) ^ d ^ k1;
        d = (uint32_t)x;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    out[0] = a; out[1] = b; out[2] = c; out[3] = d;
}
/* A word as a normal number cut off at 2, with 31 bits behind the point and the sign apart. */
BERT__FN uint32_t bert__half_normal(uint32_t word)
{
    static const uint32_t above[5] = { 68630119, 868688094, 1217563420, 402696906, 33554429 }, below[5] = { 169052424, 890272433, 859841121, 230034242, 16777216 };
    const uint64_t u = word >> 1, r = ((uint64_t)1 << 32) - (u * u >> 30);
    uint64_t p = above[0], q = below[0];
    int k;
    for (k = 1; k < 5; k++) {
        p = (p * r >> 32) + above[k];
        q = (q * r >> 32) + below[k];
    }
    return (uint32_t)(u * ((p << 32) / q) >> 32);
}
BERT__FN void bert__init_normal(float *out, int64_t n, double deviation, uint64_t seed, uint32_t row, uint32_t layer)
{
    const double scale = deviation / 2147483648.0;
    uint32_t counter[4], words[4];
    int64_t i;
    counter[2] = layer;
    counter[3] = row;
    for (i = 0; i < n; i++) {
        if (i % 4 == 0) {
            counter[0] = (uint32_t)(i / 4);
            counter[1] = (uint32_t)((uint64_t)i >> 34);
            bert__philox(counter, seed, words);
        }
        {
            const float v = (float)(bert__half_normal(words[i % 4]) * scale);
            out[i] = words[i % 4] & 1 ? -v : v;
        }
    }
}

/* ============================================================================================================
   >>container
   Purpose   what every format's reader fills: a list of tensors over files in memory.
   Uses      >>dtypes, the base.
   Promises  a tensor in the list is sound: its product of dimensions fits, and every element it can reach lies inside
             the bytes it was given. Names are found by hash.

   A reader adds files (bert__checkpoint_file), then tensors (bert__add_tensor), which checks them; on failure it returns
   the status of bert__fail and bert_checkpoint_open frees everything. Memory that lives as long as the checkpoint comes
   from checkpoint->arena.
   ============================================================================================================ */

typedef struct bert__open_file { struct bert__open_file *next; bert_file file; } bert__open_file;

/* Where the files of a checkpoint come from: a directory, an archive. `get` gives a file's bytes, which stay as long as
   the checkpoint is open, and counts them in c->file_bytes; it reports its failures. */
typedef struct bert__files_from {
    bert_status (*get)(void *user, bert_checkpoint *c, const char *name, const unsigned char **data, size_t *size);
    void *user;
} bert__files_from;

struct bert_checkpoint {
    bert__arena arena;                  /* holds this struct too */
    bert__buf tensors;                  /* bert_tensor [count] */
    uint32_t *index;                    /* [slots] open addressing: tensor number + 1 */
    size_t slots;
    bert__open_file *files;
    bert__files_from from;              /* for the files beside the first */
    const char *format, *path;
    const char **metadata;              /* [2 * metadata_count] key, value */
    size_t metadata_count;
    size_t file_bytes;                  /* of all files together: what memory is measured against */
    bert_error *error;                  /* while opening */
};

/* A failure in a tensor of a file. */
BERT__PRINTF(6, 7) BERT__NOINLINE bert_status bert__fail_tensor(bert_error *e, bert_status status, const char *path, int64_t at, const char *tensor, const char *format, ...)
{
    char text[400];
    va_list args;
    va_start(args, format);
    bert__vformat(text, sizeof text, format, args);
    va_end(args);
    bert__fail(e, status, path, at, "%.*s: %s", 100, tensor, text);
    if (e) bert__format(e->tensor, sizeof e->tensor, "%s", tensor);
    return status;
}
#ifdef BERT_NO_MESSAGES
BERT__NOINLINE bert_status bert__fail_tensor_briefly(bert_error *e, bert_status status, const char *path, int64_t at, const char *tensor)
{
    bert__fail_briefly(e, status, path, at);
    if (e) bert__format(e->tensor, sizeof e->tensor, "%s", tensor);
    return status;
}
#define bert__fail_tensor(e, status, path, at, tensor, ...) ((void)sizeof bert__ignored(__VA_ARGS__), bert__fail_tensor_briefly(e, status, path, at, tensor))
#endif

/* What ends a folder's name in a path. */
BERT__FN int bert__is_slash(char c)
{
#ifdef _WIN32
    if (c == '\\' || c == ':') return 1;
#endif
    return c == '/';
}
/* Bytes of the path up to the file's name: "dir/" of "dir/file". */
BERT__FN size_t bert__directory_size(const char *path)
{
    size_t n = strlen(path);
    while (n && !bert__is_slash(path[n - 1])) n--;
    return n;
}
/* Opens a file that stays open with the checkpoint; NULL after a failure that is reported. */
BERT__FN const bert_file *bert__checkpoint_file(bert_checkpoint *c, const char *path, bert_status *status)
{
    bert__open_file *f = (bert__open_file *)bert__arena_get(&c->arena, sizeof *f);
    if (!f) { *status = bert__fail(c->error, BERT_ERROR_MEMORY, path, -1, "out of memory"); return NULL; }
    *status = bert_file_open(path, &c->arena.allocator, &f->file, c->error);
    if (*status != BERT_OK) return NULL;
    f->next = c->files;
    c->files = f;
    c->file_bytes = bert__add(c->file_bytes, f->file.size);
    return &f->file;
}
BERT__FN bert_status bert__directory_get(void *user, bert_checkpoint *c, const char *name, const unsigned char **data, size_t *size)
{
    bert_status status = BERT_OK;
    const bert_file *f = bert__checkpoint_file(c, name, &status);
    (void)user;
    if (!f) return status;
    *data = f->data;
    *size = f->size;
    return BERT_OK;
}
BERT__FN bert__files_from bert__from_directory(void)
{
    bert__files_from from;
    from.get = bert__directory_get;
    from.user = NULL;
    return from;
}
/* A terminated copy of a string, which lives as long as the checkpoint; NULL when memory runs out. */
BERT__FN const char *bert__checkpoint_string(bert_checkpoint *c, const char *text, size_t size)
{
    char *copy = (char *)bert__arena_get_aligned(&c->arena, bert__add(size, 1), 1);
    if (!copy) return NULL;
    if (size) memcpy(copy, text, size);
    copy[size] = 0;
    return copy;
}
BERT__FN uint32_t bert__name_hash(const char *name, size_t n)
{
    uint32_t h = 2166136261u;
    size_t i;
    for (i = 0; i < n; i++) h = (h ^ (unsigned char)name[i]) * 16777619u;
    return h ^ h >> 15;
}
BERT__FN bert_tensor *bert__tensor_at(const bert_checkpoint *c, size_t i) { return (bert_tensor *)(void *)c->tensors.data + i; }
BERT__FN size_t bert__tensor_count(const bert_checkpoint *c) { return c->tensors.size / sizeof(bert_tensor); }

BERT__FN size_t bert__name_slot(const bert_checkpoint *c, const char *name, size_t n)
{
    size_t slot = bert__name_hash(name, n) & (c->slots - 1);
    while (c->index[slot]) {
        const char *have = bert__tensor_at(c, c->index[slot] - 1)->name;
        if (strlen(have) == n && memcmp(have, name, n) == 0) break;
        slot = (slot + 1) & (c->slots - 1);
    }
    return slot;
}

/* Puts a sound tensor into the list. A name that is there already is replaced (as Python's dict would). */
BERT__FN bert_status bert__list_tensor(bert_checkpoint *c, const bert_tensor *t, const char *path)
{
    size_t slot;
    if ((bert__tensor_count(c) + 1) * 2 > c->slots) {
        size_t old = bert__tensor_count(c), i, room = c->slots ? c->slots * 2 : 512;
        c->index = (uint32_t *)bert__arena_get(&c->arena, room * sizeof *c->index);
        if (!c->index) { c->slots = 0; return bert__fail(c->error, BERT_ERROR_MEMORY, path, -1, "out of memory"); }
        memset(c->index, 0, room * sizeof *c->index);
        c->slots = room;
        for (i = 0; i < old; i++) c->index[bert__name_slot(c, bert__tensor_at(c, i)->name, strlen(bert__tensor_at(c, i)->name))] = (uint32_t)i + 1;
    }
    slot = bert__name_slot(c, t->name, strlen(t->name));
    if (c->index[slot]) { *bert__tensor_at(c, c->index[slot] - 1) = *t; return BERT_OK; }
    bert__buf_add(&c->tensors, t, sizeof *t);
    if (c->tensors.failed) return bert__fail(c->error, BERT_ERROR_MEMORY, path, -1, "out of memory");
    c->index[slot] = (uint32_t)bert__tensor_count(c);
    return BERT_OK;
}

/* A tensor as a reader found it. `data` to `limit` are the bytes it may use; element 0 lies `offset` elements behind data. */
typedef struct bert__found {
    const char *name;
    size_t name_size;
    const int64_t *shape, *strides;     /* [rank]; strides in elements, NULL: contiguous */
    int64_t rank, offset;
    bert_dtype dtype;
    const unsigned char *data;
    size_t limit;
    int big_endian;
    const char *path;                   /* for messages, with the byte `at` */
    int64_t at;
} bert__found;

/* Checks a tensor and adds it to the list. Strings are listed, but have no values. */
BERT__FN bert_status bert__add_tensor(bert_checkpoint *c, const bert__found *f)
{
    bert_tensor t;
    int64_t count = 1, last, k;
    int64_t *shape;
    size_t n = bert_dtype_size(f->dtype);
    char name[101];
    memset(&t, 0, sizeof t);
    bert__format(name, sizeof name, "%.*s", f->name_size < 100 ? (int)f->name_size : 100, f->name);
    if (memchr(f->name, 0, f->name_size)) return bert__fail_tensor(c->error, BERT_ERROR_FORMAT, f->path, f->at, name, "the name holds a NUL");
    if (f->name_size > 65535) return bert__fail_tensor(c->error, BERT_ERROR_FORMAT, f->path, f->at, name, "the name has %zu bytes", f->name_size);
    if (!bert__dtype_bits(f->dtype) && f->dtype != BERT_STRING) return bert__fail_tensor(c->error, BERT_ERROR_UNSUPPORTED, f->path, f->at, name, "values of type %s", bert_dtype_name(f->dtype));
    if (f->rank < 0 || f->rank > 64) return bert__fail_tensor(c->error, BERT_ERROR_UNSUPPORTED, f->path, f->at, name, "it has %lld dimensions; up to 64 are read", (long long)f->rank);
    for (k = 0; k < f->rank; k++) {
        if (f->shape[k] < 0) return bert__fail_tensor(c->error, BERT_ERROR_FORMAT, f->path, f->at, name, "dimension %lld is %lld", (long long)k, (long long)f->shape[k]);
        if (f->shape[k] && count > INT64_MAX / 16 / f->shape[k]) return bert__fail_tensor(c->error, BERT_ERROR_FORMAT, f->path, f->at, name, "the dimensions multiply to more than 2^59");
        count *= f->shape[k];
    }
    for (k = 0, last = f->offset; k < f->rank && count && f->strides; k++) {
        const int64_t s = f->strides[k];
        if (s < 0 || (s && f->shape[k] - 1 > (INT64_MAX / 16 - last) / s)) return bert__fail_tensor(c->error, BERT_ERROR_FORMAT, f->path, f->at, name, "stride %lld is %lld: it leaves the storage", (long long)k, (long long)s);
        last += s * (f->shape[k] - 1);
    }
    if (!f->strides) last = f->offset > INT64_MAX / 16 - count ? INT64_MAX / 16 : f->offset + (count ? count - 1 : 0);
    if (f->offset < 0 || (count && n && (uint64_t)last >= f->limit / n))
        return bert__fail_tensor(c->error, BERT_ERROR_FORMAT, f->path, f->at, name, "needs element %lld of a storage that has %zu", (long long)last, f->limit / n);
    if (!n && (uint64_t)count > (uint64_t)f->limit * 8 && f->dtype != BERT_STRING)
        return bert__fail_tensor(c->error, BERT_ERROR_FORMAT, f->path, f->at, name, "needs more than the %zu bytes it has", f->limit);
    if ((uint64_t)count * n / 4 > c->file_bytes)                            /* a tensor by stride 0 from few values: nobody stores that */
        return bert__fail_tensor(c->error, BERT_ERROR_UNSUPPORTED, f->path, f->at, name, "it expands to %lld values, far more than the file holds", (long long)count);
    t.name = bert__checkpoint_string(c, f->name, f->name_size);
    shape = (int64_t *)bert__arena_get_aligned(&c->arena, ((size_t)f->rank * 2 + 1) * sizeof *shape, 8);
    if (!t.name || !shape) return bert__fail(c->error, BERT_ERROR_MEMORY, f->path, -1, "out of memory");
    for (k = 0; k < f->rank; k++) {
        shape[k] = f->shape[k];
        shape[f->rank + k] = f->strides ? f->strides[k] : 0;
    }
    for (k = f->rank - 1, last = 1; k >= 0 && f->strides; k--) {            /* strides that say "contiguous" are dropped */
        if (f->shape[k] != 1 && f->strides[k] != last) t.strides = shape + f->rank;
        last *= f->shape[k];
    }
    if (!count) t.strides = NULL;
    t.shape = shape;
    t.rank = (int32_t)f->rank;
    t.count = count;
    t.dtype = f->dtype;
    t.data = count && n ? f->data + (size_t)f->offset * n : f->data;
    t.big_endian = f->big_endian;
    return bert__list_tensor(c, &t, f->path);
}

BERT_API int64_t bert_checkpoint_count(const bert_checkpoint *checkpoint) { return checkpoint ? (int64_t)bert__tensor_count(checkpoint) : 0; }
BERT_API const bert_tensor *bert_checkpoint_tensor(const bert_checkpoint *checkpoint, int64_t index)
{
    return checkpoint && index >= 0 && index < (int64_t)bert__tensor_count(checkpoint) ? bert__tensor_at(checkpoint, (size_t)index) : NULL;
}
BERT_API const bert_tensor *bert_checkpoint_find(const bert_checkpoint *checkpoint, const char *name)
{
    size_t slot;
    if (!checkpoint || !name || !checkpoint->slots) return NULL;
    slot = bert__name_slot(checkpoint, name, strlen(name));
    return checkpoint->index[slot] ? bert__tensor_at(checkpoint, checkpoint->index[slot] - 1) : NULL;
}
BERT_API const char *bert_checkpoint_format(const bert_checkpoint *checkpoint) { return checkpoint ? checkpoint->format : NULL; }
BERT_API const char *bert_checkpoint_path(const bert_checkpoint *checkpoint) { return checkpoint ? checkpoint->path : NULL; }
BERT_API const char *bert_checkpoint_metadata(const bert_checkpoint *checkpoint, const char *key)
{
    size_t i;
    for (i = checkpoint ? checkpoint->metadata_count : 0; i-- > 0; )    /* of two equal keys the last counts */
        if (strcmp(checkpoint->metadata[2 * i], key) == 0) return checkpoint->metadata[2 * i + 1];
    return NULL;
}
BERT__FN int bert__machine_is_big(void) { const uint16_t one = 1; unsigned char b; memcpy(&b, &one, 1); return b == 0; }

BERT_API const void *bert_tensor_view(const bert_tensor *tensor)
{
    const size_t n = bert_dtype_size(tensor->dtype);
    if (tensor->strides || !n || (tensor->big_endian != bert__machine_is_big() && n > 1)) return NULL;
    return (uintptr_t)tensor->data % (n < 8 ? n : 8) ? NULL : tensor->data;
}
BERT_API size_t bert_tensor_bytes(const bert_tensor *tensor)
{
    const uint64_t bits = bert__dtype_bits(tensor->dtype);
    return (size_t)((uint64_t)tensor->count * (bits / 2) / 4);          /* no more than 2^59 values, 64 bits each at most */
}
BERT_API bert_tensor bert_tensor_transposed(const bert_tensor *tensor, int64_t room[4])
{
    const bert_tensor *t = tensor;
    bert_tensor v = *t;
    room[0] = t->shape[1];
    room[1] = t->shape[0];
    room[2] = t->strides ? t->strides[1] : 1;
    room[3] = t->strides ? t->strides[0] : t->shape[1];
    v.shape = room;
    v.strides = room + 2;
    return v;
}
/* n elements of `width` bytes, `stride` elements apart, side by side. */
BERT__FN void bert__gather(unsigned char *to, const unsigned char *from, size_t width, int64_t stride, int64_t n)
{
    int64_t i;
    if (width == 1) for (i = 0; i < n; i++) to[i] = from[i * stride];
    else if (width == 2) for (i = 0; i < n; i++) memcpy(to + i * 2, from + i * stride * 2, 2);
    else if (width == 4) for (i = 0; i < n; i++) memcpy(to + i * 4, from + i * stride * 4, 4);
    else for (i = 0; i < n; i++) memcpy(to + i * 8, from + i * stride * 8, 8);
}
/* Reverses the bytes of each unit. */
BERT__FN void bert__swap_units(unsigned char *p, size_t bytes, size_t unit)
{
    size_t i, k;
    for (i = 0; i < bytes; i += unit)
        for (k = 0; k < unit / 2; k++) {
            const unsigned char b = p[i + k];
            p[i + k] = p[i + unit - 1 - k];
            p[i + unit - 1 - k] = b;
        }
}
/* Elements first to first+n-1 of a tensor, in order, as `type`, which bert__becomes allows. */
BERT__FN void bert__tensor_run(const bert_tensor *t, bert_dtype type, int64_t first, int64_t n, unsigned char *to)
{
    const size_t width = bert_dtype_size(t->dtype), unit = t->dtype == BERT_C64 ? 4 : width, wide = bert_dtype_size(type);
    const int swap = t->big_endian != bert__machine_is_big() && unit > 1;
    const int64_t last = t->rank - 1, stride = t->strides ? t->strides[last < 0 ? 0 : last] : 1;
    unsigned char raw[2048];
    int64_t at[64], offset = first, rest = first, k, len;
    if (!n) return;                                                     /* of an empty tensor a dimension may be 0 */
    if (!t->strides && !swap) { bert_convert(t->data + (size_t)first * width, t->dtype, to, type, (size_t)n); return; }
    memset(at, 0, sizeof at);
    for (k = last, offset = t->strides ? 0 : first; k >= 0 && t->strides; rest /= t->shape[k], k--) {
        at[k] = rest % t->shape[k];
        offset += at[k] * t->strides[k];
    }
    for (; n; n -= len, to += (size_t)len * wide) {
        len = (int64_t)(sizeof raw / width);
        if (len > n) len = n;
        if (t->strides && last >= 0 && len > t->shape[last] - at[last]) len = t->shape[last] - at[last];
        bert__gather(raw, t->data + offset * (int64_t)width, width, stride, len);
        if (swap) bert__swap_units(raw, (size_t)len * width, unit);
        bert_convert(raw, t->dtype, to, type, (size_t)len);
        offset += len * stride;
        if (!t->strides || last < 0) continue;
        at[last] += len;
        for (k = last; k > 0 && at[k] == t->shape[k]; k--) {             /* the next row: an odometer */
            offset += t->strides[k - 1] - t->shape[k] * t->strides[k];
            at[k] = 0;
            at[k - 1]++;
        }
    }
}
BERT__FN int bert__becomes(bert_dtype from, bert_dtype to) { return bert_dtype_size(from) && (from == to || (bert__is_number(from) && bert__is_number(to))); }

BERT_API bert_status bert_tensor_read(const bert_tensor *tensor, bert_dtype type, void *out, int64_t count, bert_error *error)
{
    unsigned char *to = (unsigned char *)out;
    if (!out || count != tensor->count)
        return bert__fail_tensor(error, BERT_ERROR_ARGUMENT, NULL, -1, tensor->name, "has %lld values, room was given for %lld", (long long)tensor->count, (long long)count);
    if (!bert__becomes(tensor->dtype, type))
        return bert__fail_tensor(error, BERT_ERROR_UNSUPPORTED, NULL, -1, tensor->name, "is %s, which does not become %s", bert_dtype_name(tensor->dtype), bert_dtype_name(type));
    if (tensor->dtype == BERT_F32 && type == BERT_F32 && tensor->strides && tensor->big_endian == bert__machine_is_big() && tensor->rank == 2) {
        const int64_t rows = tensor->shape[0], columns = tensor->shape[1], block = 16;      /* TensorFlow's kernels, transposed: in blocks that stay in the cache */
        int64_t r, c, r0, c0;
        for (r0 = 0; r0 < rows; r0 += block)
            for (c0 = 0; c0 < columns; c0 += block)
                for (r = r0; r < rows && r < r0 + block; r++)
                    for (c = c0; c < columns && c < c0 + block; c++)
                        memcpy(to + (size_t)(r * columns + c) * 4, tensor->data + (size_t)(r * tensor->strides[0] + c * tensor->strides[1]) * 4, 4);
        return BERT_OK;
    }
    bert__tensor_run(tensor, type, 0, count, to);
    return BERT_OK;
}

/* ---- writing ---- */

BERT__FN size_t bert__output_bytes(const bert_output *o)
{
    size_t bytes = bert_dtype_size(o->dtype);
    int32_t k;
    for (k = 0; k < o->rank; k++) bytes = o->shape[k] ? bert__mul(bytes, (size_t)o->shape[k]) : 0;
    return bytes;
}
/* Some of an output's `bytes` bytes as files have them, little-endian: *n of them from byte `at` on, where they lie or in `room`. */
#define BERT__ROOM 4096
BERT__FN const unsigned char *bert__output_part(const bert_output *o, size_t at, size_t bytes, unsigned char *room, size_t *n)
{
    const size_t width = bert_dtype_size(o->dtype), unit = o->dtype == BERT_C64 ? 4 : width;
    const unsigned char *data = (const unsigned char *)(!o->from ? o->data : o->from->dtype == o->dtype ? bert_tensor_view(o->from) : NULL);
    const int swap = unit > 1 && bert__machine_is_big();
    *n = bytes - at;
    if (data && !swap) return data + at;
    if (*n > BERT__ROOM) *n = BERT__ROOM;
    if (data) memcpy(room, data + at, *n);
    else bert__tensor_run(o->from, o->dtype, (int64_t)(at / width), (int64_t)(*n / width), room);
    if (swap) bert__swap_units(room, *n, unit);
    return room;
}
/* All of them to a file. */
BERT__FN void bert__write_output(bert__writer *w, const bert_output *o, size_t bytes)
{
    unsigned char room[BERT__ROOM];
    size_t at, n;
    for (at = 0; at < bytes && w->status == BERT_OK; at += n) {
        const unsigned char *p = bert__output_part(o, at, bytes, room, &n);
        bert__writer_add(w, p, n);
    }
}

BERT_API void bert_checkpoint_close(bert_checkpoint *checkpoint)
{
    bert__arena arena;
    bert__open_file *f;
    if (!checkpoint) return;
    for (f = checkpoint->files; f; f = f->next) bert_file_close(&f->file);
    bert__buf_free(&checkpoint->tensors);
    arena = checkpoint->arena;
    bert__arena_free(&arena);
}

/* ============================================================================================================
   >>zip
   Purpose   archives in memory: what PyTorch writes since 1.6, and what Google publishes its models in.
   Uses      >>container, the base.
   Promises  every offset and size is checked against the file; entries cannot leave it. Unpacking gives exactly the
             declared size or an error, and never more than 64 times the packed size, or in sum 16 times the file (and
             1 MB each). What is unpacked, and archives of up to 16 MB, are checked by CRC-32. Stored entries of larger
             archives are not read at all, only pointed to (so that a large model opens at once), except by
             bert__zip_check; damage to their numbers passes unseen, as in PyTorch.

   A zip archive is read from its end. The last record says where the central directory lies; that lists every entry:
   name, sizes, method, and where its local header is, behind which the bytes lie. Local headers repeat most of this, but
   writers that did not know the sizes in advance leave them zero there, so the directory's word counts; of the local
   header only its length matters. Numbers that do not fit 32 bits stand in a "zip64" field beside the normal ones.
   Bytes in front of the archive shift all offsets by as much; bytes after it are ignored.
   ============================================================================================================ */

BERT__INLINE uint32_t bert__load16(const unsigned char *p) { return (uint32_t)p[0] | (uint32_t)p[1] << 8; }

/* CRC-32 by any (mirrored) polynomial: zip has one, TensorFlow another. Eight bytes a step, with eight tables: table[k][b]
   is the effect of byte b followed by k zero bytes. */
typedef struct bert__crc { uint32_t table[8][256]; } bert__crc;
#define BERT__CRC_ZIP 0xEDB88320u
#define BERT__CRC_CASTAGNOLI 0x82F63B78u

BERT__FN void bert__crc_init(bert__crc *c, uint32_t polynomial)
{
    uint32_t i, k, v;
    for (i = 0; i < 256; i++) {
        for (v = i, k = 0; k < 8; k++) v = v >> 1 ^ (v & 1 ? polynomial : 0);
        c->table[0][i] = v;
    }
    for (i = 0; i < 256; i++)
        for (k = 1; k < 8; k++) c->table[k][i] = c->table[k - 1][i] >> 8 ^ c->table[0][c->table[k - 1][i] & 255];
}
/* Continues a CRC, which starts at 0, with more bytes. */
BERT__FN uint32_t bert__crc_add(const bert__crc *c, uint32_t crc, const void *data, size_t n)
{
    const unsigned char *p = (const unsigned char *)data;
    crc = ~crc;
    for (; n >= 8; p += 8, n -= 8) {
        const uint32_t a = crc ^ bert__load32(p), b = bert__load32(p + 4);
        crc = c->table[7][a & 255] ^ c->table[6][a >> 8 & 255] ^ c->table[5][a >> 16 & 255] ^ c->table[4][a >> 24]
            ^ c->table[3][b & 255] ^ c->table[2][b >> 8 & 255] ^ c->table[1][b >> 16 & 255] ^ c->table[0][b >> 24];
    }
    for (; n; p++, n--) crc = crc >> 8 ^ c->table[0][(crc ^ *p) & 255];
    return ~crc;
}

/* ---- inflate: the "deflate" method, RFC 1951 ----

   The stream is bits, lowest first. Blocks follow each other: copied bytes, or symbols in a Huffman code that is fixed or
   comes with the block. A symbol is a byte, the block's end, or a length, which a distance follows: "copy so many bytes
   from so far back". A code is given by the lengths of its words alone: words of equal length are consecutive numbers in
   the order of their symbols, and shorter words come before longer ones. Words of up to 10 bits are found in a table by
   the next 10 bits; longer ones bit by bit, by counting how many words there are of each length. */

typedef struct bert__huffman { uint16_t fast[1024], count[16], symbol[288]; } bert__huffman;   /* fast: symbol << 4 | length */

/* The code of n symbols with these lengths; 0 if there is none: too many words, or words left over (of which a code of
   one word of one bit has one, and a code without words is never used). */
BERT__FN int bert__huffman_build(bert__huffman *h, const unsigned char *length, uint32_t n, int complete)
{
    uint16_t first[16], next[16];
    uint32_t i, k, code = 0;
    int32_t left = 1;
    memset(h, 0, sizeof *h);
    for (i = 0; i < n; i++) h->count[length[i]]++;
    h->count[0] = 0;
    for (k = 1; k < 16; k++) {
        left = 2 * left - h->count[k];
        if (left < 0) return 0;
        code = (code + h->count[k - 1]) << 1;
        next[k] = (uint16_t)code;
    }
    for (k = 2, i = 0; k < 16; k++) i += h->count[k];
    if (left && (complete || i)) return 0;
    for (k = 1, first[0] = first[1] = 0; k < 15; k++) first[k + 1] = (uint16_t)(first[k] + h->count[k]);
    for (i = 0; i < n; i++) {
        const uint32_t len = length[i];
        uint32_t word, reversed = 0;
        if (!len) continue;
        h->symbol[first[len]++] = (uint16_t)i;
        word = next[len]++;
        if (len > 10) continue;
        for (k = 0; k < len; k++) reversed |= (word >> k & 1) << (len - 1 - k);
        for (k = reversed; k < 1024; k += 1u << len) h->fast[k] = (uint16_t)(i << 4 | len);
    }
    return 1;
}

typedef struct bert__inflater {
    const unsigned char *p, *end;
    uint64_t bits;                      /* the next bits; those above `have` are what is still to be read, or zero */
    uint32_t have, over;                /* over: bytes read past the end, as zeros */
    unsigned char *out;
    size_t at, size;
    bert__huffman literals, distances;
} bert__inflater;

/* At least 56 bits: more than a length with its distance takes. */
BERT__INLINE void bert__inflate_fill(bert__inflater *s)
{
    if (s->end - s->p >= 8) {
        s->bits |= bert__load64(s->p) << s->have;
        s->p += (63 - s->have) >> 3;
        s->have |= 56;
        return;
    }
    for (; s->have < 56; s->have += 8) {
        if (s->p < s->end) s->bits |= (uint64_t)*s->p++ << s->have;
        else s->over++;
    }
}
BERT__INLINE uint32_t bert__inflate_bits(bert__inflater *s, uint32_t n)
{
    const uint32_t v = (uint32_t)s->bits & (((uint32_t)1 << n) - 1);
    s->bits >>= n;
    s->have -= n;
    return v;
}
BERT__INLINE int bert__inflate_symbol(bert__inflater *s, const bert__huffman *h)
{
    const uint32_t found = h->fast[s->bits & 1023];
    uint32_t code = 0, first = 0, index = 0, k;
    if (found) { s->bits >>= found & 15; s->have -= found & 15; return (int)(found >> 4); }
    for (k = 1; k < 16; k++) {
        code |= (uint32_t)(s->bits >> (k - 1)) & 1;
        if (code - first < h->count[k]) { s->bits >>= k; s->have -= k; return h->symbol[index + (code - first)]; }
        index += h->count[k];
        first = (first + h->count[k]) << 1;
        code <<= 1;
    }
    return -1;
}
/* The codes of a block that brings its own; NULL or what is wrong. Their lengths are themselves in a code. */
BERT__FN const char *bert__inflate_codes(bert__inflater *s)
{
    static const unsigned char order[19] = { 16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15 };
    unsigned char length[320];
    uint32_t literals, distances, n, i;
    bert__inflate_fill(s);
    literals = 257 + bert__inflate_bits(s, 5);
    distances = 1 + bert__inflate_bits(s, 5);
    n = 4 + bert__inflate_bits(s, 4);
    if (literals > 286 || distances > 30) return "too many symbols";
    memset(length, 0, 19);
    for (i = 0; i < n; i++) {
        bert__inflate_fill(s);
        length[order[i]] = (unsigned char)bert__inflate_bits(s, 3);
    }
    if (!bert__huffman_build(&s->literals, length, 19, 1)) return "the code of the code lengths is none";
    for (i = 0; i < literals + distances; ) {
        int symbol;
        uint32_t repeat = 1;
        unsigned char v = 0;
        bert__inflate_fill(s);
        symbol = bert__inflate_symbol(s, &s->literals);
        if (symbol < 0) return "not a symbol";
        if (symbol < 16) v = (unsigned char)symbol;
        else if (symbol == 16) {
            if (!i) return "nothing to repeat";
            v = length[i - 1];
            repeat = 3 + bert__inflate_bits(s, 2);
        } else repeat = symbol == 17 ? 3 + bert__inflate_bits(s, 3) : 11 + bert__inflate_bits(s, 7);
        if (repeat > literals + distances - i) return "too many code lengths";
        while (repeat--) length[i++] = v;
    }
    if (!length[256]) return "no end of the block";
    if (!bert__huffman_build(&s->literals, length, literals, 0) || !bert__huffman_build(&s->distances, length + literals, distances, 0)) return "a code that is none";
    return NULL;
}
/* Unpacks exactly s->size bytes to s->out; NULL or what is wrong. */
BERT__FN const char *bert__inflate(bert__inflater *s)
{
    static const uint16_t length_base[29] = { 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258 };
    static const unsigned char length_bits[29] = { 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0 };
    static const uint16_t distance_base[30] = { 1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577 };
    uint32_t last, type, i;
    do {
        bert__inflate_fill(s);
        last = bert__inflate_bits(s, 1);
        type = bert__inflate_bits(s, 2);
        if (s->over * 8 > s->have) return "it ends in the middle";
        if (type == 3) return "a block of no known type";
        if (type == 0) {                                                /* copied: LEN, its complement, bytes */
            uint32_t n, check;
            bert__inflate_bits(s, s->have & 7);
            bert__inflate_fill(s);
            n = bert__inflate_bits(s, 16);
            check = bert__inflate_bits(s, 16);
            if (n != (check ^ 0xFFFF)) return "a copied block with two lengths";
            if (s->over * 8 > s->have) return "it ends in the middle";
            s->p -= s->have / 8 - s->over;                              /* whole bytes: those that were read ahead go back */
            s->bits = 0;
            s->have = s->over = 0;
            if (n > (size_t)(s->end - s->p)) return "it ends in the middle";
            if (n > s->size - s->at) return "more bytes than declared";
            if (n) memcpy(s->out + s->at, s->p, n);
            s->p += n;
            s->at += n;
            continue;
        }
        if (type == 1) {
            unsigned char length[288];
            for (i = 0; i < 288; i++) length[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
            bert__huffman_build(&s->literals, length, 288, 1);
            memset(length, 5, 32);
            bert__huffman_build(&s->distances, length, 32, 1);
        } else {
            const char *wrong = bert__inflate_codes(s);
            if (wrong) return wrong;
        }
        for (;;) {
            int symbol;
            size_t n, back;
            unsigned char *to;
            bert__inflate_fill(s);
            symbol = bert__inflate_symbol(s, &s->literals);
            if (symbol < 0 || symbol > 285) return "not a symbol";
            if (symbol < 256) {
                if (s->at == s->size) return "more bytes than declared";
                s->out[s->at++] = (unsigned char)symbol;
                continue;
            }
            if (symbol == 256) break;
            n = (size_t)length_base[symbol - 257] + bert__inflate_bits(s, length_bits[symbol - 257]);
            symbol = bert__inflate_symbol(s, &s->distances);
            if (symbol < 0 || symbol > 29) return "not a distance";
            back = (size_t)distance_base[symbol] + bert__inflate_bits(s, symbol < 2 ? 0 : (uint32_t)symbol / 2 - 1);
            if (back > s->at) return "a distance to before the start";
            if (n > s->size - s->at) return "more bytes than declared";
            to = s->out + s->at;
            s->at += n;
            if (back >= n) memcpy(to, to - back, n);
            else for (; n; n--, to++) *to = *(to - back);               /* it may reach into what it writes: a repetition */
        }
        if (s->over * 8 > s->have) return "it ends in the middle";
    } while (!last);
    return s->at == s->size ? NULL : "fewer bytes than declared";
}

/* ---- the archive ---- */

typedef struct bert__zip_entry {
    const char *name;                   /* in the file, not terminated */
    size_t name_size;
    const unsigned char *data;          /* packed */
    size_t packed;
    uint64_t size;                      /* unpacked, as declared */
    uint32_t crc, method, flags;
    const unsigned char *unpacked;      /* once it was asked for */
} bert__zip_entry;

typedef struct bert__zip {
    const char *path;
    const unsigned char *data;
    size_t size;
    bert__zip_entry *entries;           /* [count] in the directory's order */
    size_t count;
    uint32_t *index;                    /* [slots] open addressing: entry number + 1 */
    size_t slots;
    uint64_t unpacked;                  /* bytes, of all entries together */
    bert__crc crc;
} bert__zip;

/* Where the end record is: the last place that looks like one and fits; SIZE_MAX if there is none. */
BERT__FN size_t bert__zip_end(const unsigned char *data, size_t size)
{
    size_t at, found = SIZE_MAX;
    const size_t low = size > 65535 + 22 ? size - 65535 - 22 : 0;
    if (size < 22) return SIZE_MAX;
    for (at = size - 22 + 1; at-- > low; ) {
        size_t used;
        if (data[at] != 'P' || bert__load32(data + at) != 0x06054B50) continue;
        used = 22 + bert__load16(data + at + 20);                       /* with its comment */
        if (used == size - at) return at;
        if (used < size - at && found == SIZE_MAX) found = at;          /* and bytes after it */
    }
    return found;
}
/* By content: the start or the end of an archive. */
BERT__FN int bert__is_zip(const unsigned char *data, size_t size)
{
    size_t end;
    if (size >= 4 && data[0] == 'P' && data[1] == 'K' && ((data[2] == 3 && data[3] == 4) || (data[2] == 5 && data[3] == 6) || (data[2] == 6 && (data[3] == 6 || data[3] == 7)))) return 1;
    end = bert__zip_end(data, size);
    return end != SIZE_MAX && (uint64_t)bert__load32(data + end + 12) + bert__load32(data + end + 16) <= end;
}

BERT__FN size_t bert__zip_slot(const bert__zip *z, const char *name, size_t size)
{
    size_t slot = bert__name_hash(name, size) & (z->slots - 1);
    while (z->index[slot]) {
        const bert__zip_entry *e = &z->entries[z->index[slot] - 1];
        if (e->name_size == size && memcmp(e->name, name, size) == 0) break;
        slot = (slot + 1) & (z->slots - 1);
    }
    return slot;
}
BERT__FN bert__zip_entry *bert__zip_find(const bert__zip *z, const char *name, size_t size)
{
    const size_t slot = bert__zip_slot(z, name, size);
    return z->index[slot] ? &z->entries[z->index[slot] - 1] : NULL;
}

/* Reads one entry of the directory at `at` (of `left` bytes), and its local header; *used is what it took. */
BERT__FN bert_status bert__zip_read_entry(bert_checkpoint *c, const bert__zip *z, size_t at, size_t left, uint64_t shift, bert__zip_entry *e, size_t *used)
{
    const unsigned char *p = z->data + at, *extra;
    const char *wrong = "the zip directory's entry is cut short: the file is damaged";
    size_t name, more, comment, k;
    uint64_t packed, local;
    if (left < 46 || bert__load32(p) != 0x02014B50) return bert__fail(c->error, BERT_ERROR_FORMAT, z->path, (int64_t)at, "the zip directory has no entry here: the file is damaged");
    name = bert__load16(p + 28);
    more = bert__load16(p + 30);
    comment = bert__load16(p + 32);
    if (name + more + comment > left - 46) return bert__fail(c->error, BERT_ERROR_FORMAT, z->path, (int64_t)at, "%s", wrong);
    *used = 46 + name + more + comment;
    memset(e, 0, sizeof *e);
    e->name = (const char *)p + 46;
    e->name_size = name;
    e->flags = bert__load16(p + 8);
    e->method = bert__load16(p + 10);
    e->crc = bert__load32(p + 16);
    packed = bert__load32(p + 20);
    e->size = bert__load32(p + 24);
    local = bert__load32(p + 42);
    if (packed == 0xFFFFFFFF || e->size == 0xFFFFFFFF || local == 0xFFFFFFFF) {     /* then a zip64 field has them, in this order */
        int done = 0;
        for (k = 0, extra = p + 46 + name; !done && k + 4 <= more; k += 4 + bert__load16(extra + k + 2)) {
            size_t f = k + 4, end = k + 4 + bert__load16(extra + k + 2);
            if (end > more) break;
            if (bert__load16(extra + k) != 1) continue;
            done = 1;
            if (e->size == 0xFFFFFFFF) { if (f + 8 <= end) e->size = bert__load64(extra + f); else done = 0; f += 8; }
            if (packed == 0xFFFFFFFF) { if (f + 8 <= end) packed = bert__load64(extra + f); else done = 0; f += 8; }
            if (local == 0xFFFFFFFF) { if (f + 8 <= end) local = bert__load64(extra + f); else done = 0; }
            if (!done) break;
        }
        if (!done) return bert__fail(c->error, BERT_ERROR_FORMAT, z->path, (int64_t)at, "%.*s: its zip64 sizes are missing", name < 100 ? (int)name : 100, e->name);
    }
    if (local > z->size || local + shift > z->size || z->size - (size_t)(local + shift) < 30 || bert__load32(z->data + local + shift) != 0x04034B50)
        return bert__fail(c->error, BERT_ERROR_FORMAT, z->path, (int64_t)at, "%.*s: no local header where the zip directory says", name < 100 ? (int)name : 100, e->name);
    p = z->data + local + shift;
    k = (size_t)(p - z->data) + 30 + bert__load16(p + 26) + bert__load16(p + 28);
    if (bert__load16(p + 26) != name || k > z->size || packed > z->size - k)
        return bert__fail(c->error, BERT_ERROR_FORMAT, z->path, (int64_t)(p - z->data), "%.*s: %llu bytes, which the file does not have there", name < 100 ? (int)name : 100, e->name, (unsigned long long)packed);
    e->data = z->data + k;
    e->packed = (size_t)packed;
    return BERT_OK;
}

/* Reads the directory. The entries lie in the checkpoint's arena, the bytes where they are. */
BERT__FN bert_status bert__zip_open(bert_checkpoint *c, bert__zip *z, const char *path, const unsigned char *data, size_t size)
{
    const size_t end = bert__zip_end(data, size);
    uint64_t count, bytes, offset, shift = 0;
    size_t top = end, at, left, most, used = 0;                         /* top: where the directory has ended */
    int zip64 = 0;
    z->path = path;
    z->data = data;
    z->size = size;
    z->count = 0;
    z->unpacked = 0;
    bert__crc_init(&z->crc, BERT__CRC_ZIP);
    if (end == SIZE_MAX) return bert__fail(c->error, BERT_ERROR_FORMAT, path, (int64_t)size, "a zip archive without its end record: the file is cut short; download or copy it again");
    count = bert__load16(data + end + 10);
    bytes = bert__load32(data + end + 12);
    offset = bert__load32(data + end + 16);
    if (end >= 20 && bert__load32(data + end - 20) == 0x07064B50) {     /* the zip64 locator, and what it points to */
        const uint64_t where = bert__load64(data + end - 12);
        size_t record = where <= end ? (size_t)where : SIZE_MAX;
        if (end < 76) record = SIZE_MAX;
        else if (record > end - 76 || bert__load32(data + record) != 0x06064B50) record = end - 76;     /* shifted: it stands in front */
        if (record == SIZE_MAX || bert__load32(data + record) != 0x06064B50)
            return bert__fail(c->error, BERT_ERROR_FORMAT, path, (int64_t)end - 20, "a zip64 archive without its end record: the file is damaged");
        zip64 = 1;
        top = record;
        count = bert__load64(data + record + 32);
        bytes = bert__load64(data + record + 40);
        offset = bert__load64(data + record + 48);
    }
    if (bert__load16(data + end + 4) != 0 && bert__load16(data + end + 4) != 0xFFFF)
        return bert__fail(c->error, BERT_ERROR_UNSUPPORTED, path, (int64_t)end, "one part of a zip archive in several files; join them first");
    if (bytes > top || offset > top - bytes)
        return bert__fail(c->error, BERT_ERROR_FORMAT, path, (int64_t)top, "the zip directory (%llu bytes from byte %llu) is not inside the file: it is damaged", (unsigned long long)bytes, (unsigned long long)offset);
    if (bytes && (bytes < 46 || bert__load32(data + offset) != 0x02014B50)) shift = top - bytes - offset;   /* bytes in front */
    left = (size_t)bytes;
    at = (size_t)(offset + shift);
    most = left / 46;                                                   /* an entry takes at least so much */
    if (zip64 ? count > most : count > (most > 65535 ? 65535 : most))
        return bert__fail(c->error, BERT_ERROR_FORMAT, path, (int64_t)top, "the zip directory has no room for %llu entries", (unsigned long long)count);
    for (z->slots = 16; z->slots < most * 2; z->slots *= 2) { }
    z->entries = (bert__zip_entry *)bert__arena_get(&c->arena, bert__mul(most + 1, sizeof *z->entries));
    z->index = (uint32_t *)bert__arena_get(&c->arena, bert__mul(z->slots, sizeof *z->index));
    if (!z->entries || !z->index || most > 0xFFFFFFF0) return bert__fail(c->error, BERT_ERROR_MEMORY, path, -1, "out of memory");
    memset(z->index, 0, z->slots * sizeof *z->index);
    for (; left; at += used, left -= used) {
        bert__zip_entry *e = &z->entries[z->count];
        size_t slot;
        bert_status s = bert__zip_read_entry(c, z, at, left, shift, e, &used);
        if (s != BERT_OK) return s;
        slot = bert__zip_slot(z, e->name, e->name_size);
        if (z->index[slot])
            return bert__fail(c->error, BERT_ERROR_FORMAT, path, (int64_t)at, "the archive has two entries named %.*s", e->name_size < 100 ? (int)e->name_size : 100, e->name);
        z->index[slot] = (uint32_t)++z->count;
    }
    if (zip64 ? z->count != count : (z->count & 65535) != count)
        return bert__fail(c->error, BERT_ERROR_FORMAT, path, (int64_t)top, "the zip directory has %zu entries and says %llu", z->count, (unsigned long long)count);
    return BERT_OK;
}

BERT__FN bert_status bert__zip_fail(bert_checkpoint *c, const bert__zip *z, const bert__zip_entry *e, bert_status status, const char *what)
{
    return bert__fail(c->error, status, z->path, (int64_t)(e->data - z->data), "%.*s: %s", e->name_size < 100 ? (int)e->name_size : 100, e->name, what);
}
/* Compares an entry's bytes with its CRC-32. */
BERT__FN bert_status bert__zip_check(bert_checkpoint *c, const bert__zip *z, const bert__zip_entry *e, const unsigned char *data, size_t size)
{
    if ((e->crc == 0 && e->method == 0) || bert__crc_add(&z->crc, 0, data, size) == e->crc) return BERT_OK;    /* 0: torch.save can be told not to count */
    return bert__zip_fail(c, z, e, BERT_ERROR_FORMAT, "the CRC-32 is another: the file is damaged; download or copy it again");
}
/* The bytes of an entry: in the file if they are stored, else unpacked, once, into the checkpoint's arena. */
BERT__FN bert_status bert__zip_bytes(bert_checkpoint *c, bert__zip *z, bert__zip_entry *e, const unsigned char **data, size_t *size)
{
    bert__inflater *s;
    unsigned char *out;
    const char *wrong;
    if (e->flags & 1) return bert__zip_fail(c, z, e, BERT_ERROR_UNSUPPORTED, "is encrypted; unpack the archive first");
    if (e->method != 0 && e->method != 8) return bert__zip_fail(c, z, e, BERT_ERROR_UNSUPPORTED, "is compressed by another method than deflate; unpack the archive first");
    if (e->method == 0) {
        if (e->size != e->packed) return bert__zip_fail(c, z, e, BERT_ERROR_FORMAT, "is stored, but its two sizes differ");
        *data = e->data;
        *size = e->packed;
        return z->size <= (size_t)16 << 20 ? bert__zip_check(c, z, e, *data, *size) : BERT_OK;
    }
    *data = e->unpacked;
    *size = (size_t)e->size;
    if (e->unpacked) return BERT_OK;
    if (e->size / 64 > (uint64_t)e->packed + (1 << 14) || e->size > SIZE_MAX / 4 || z->unpacked + e->size > (uint64_t)z->size * 16 + (1 << 20))
        return bert__zip_fail(c, z, e, BERT_ERROR_UNSUPPORTED, "unpacks to far more than the archive has; unpack it yourself if you trust it");
    z->unpacked += e->size;
    out = (unsigned char *)bert__arena_get(&c->arena, (size_t)e->size);
    s = (bert__inflater *)bert__alloc(&c->arena.allocator, sizeof *s);
    if (!out || !s) {
        bert__free(&c->arena.allocator, s);
        return bert__fail(c->error, BERT_ERROR_MEMORY, z->path, -1, "out of memory");
    }
    s->p = e->data;
    s->end = e->data + e->packed;
    s->bits = 0;
    s->have = s->over = 0;
    s->out = out;
    s->at = 0;
    s->size = (size_t)e->size;
    wrong = bert__inflate(s);
    bert__free(&c->arena.allocator, s);
    if (wrong)
        return bert__fail(c->error, BERT_ERROR_FORMAT, z->path, (int64_t)(e->data - z->data), "%.*s: its compressed data are damaged: %s", e->name_size < 100 ? (int)e->name_size : 100, e->name, wrong);
    *data = e->unpacked = out;
    return bert__zip_check(c, z, e, out, *size);
}

/* ============================================================================================================
   >>safetensors
   Purpose   Hugging Face's format for weights: read in place, and written byte for byte as their library writes it.
   Uses      >>json, >>container; bert__writer of >>files.
   Promises  the tensors of an accepted file tile it exactly: no hole, no overlap, nothing before or behind them. Opening
             touches the header only, so the size of the weights does not matter; n tensors cost n log n, and memory
             that is at most some times the header's text.

   A file is   8 bytes     N, little-endian
               N bytes     a JSON object, padded with blanks:
                           {"__metadata__":{"format":"pt"},
                            "bert.pooler.dense.bias":{"dtype":"F32","shape":[768],"data_offsets":[0,3072]}, ...}
               the rest    the values, little-endian and row-major; data_offsets [begin,end) count from here

   Reading. The header is checked as UTF-8; then each member becomes a tree of the base's parser, whose offsets are those
   of the file, so that each complaint can name a byte, and a tensor, before the next is looked at. A name that occurs twice
   counts with its last entry, as in the reference library. Then the ranges are sorted by their begin, and each must begin
   where the one before it ended, the last at the end of the file. Stricter than the reference: an entry must be an object
   (theirs may be a list) of at most 64 KB, the first byte of the header must be '{' (as the format says), and 64 dimensions
   are enough.

   Writing. The order is theirs: by type in the order of their list, last first (so wide types come first and every
   tensor lies aligned, for the header's length is a multiple of 8), then by name. The values are streamed.
   ============================================================================================================ */

/* Sorts the numbers 0 ... n-1 in `order` by a comparison that never calls two different ones equal. Heap sort: in
   place, and no input makes it slow. */
typedef int (*bert__before_fn)(const void *user, uint32_t a, uint32_t b);

BERT__FN void bert__sort_order(uint32_t *order, size_t n, bert__before_fn before, const void *user)
{
    size_t end, build = n / 2, i, child;
    uint32_t v;
    for (i = 0; i < n; i++) order[i] = (uint32_t)i;
    for (end = n; end > 1;) {
        if (build) { v = order[--build]; i = build; }                   /* first make the heap: a parent is never before a child */
        else { v = order[--end]; order[end] = order[0]; i = 0; }        /* then move its top behind it, again and again */
        while ((child = 2 * i + 1) < end) {
            if (child + 1 < end && before(user, order[child], order[child + 1])) child++;
            if (!before(user, v, order[child])) break;
            order[i] = order[child];
            i = child;
        }
        order[i] = v;
    }
}
/* The first byte of a text that is not UTF-8; n if all is. */
BERT__FN size_t bert__utf8_check(const char *text, size_t n)
{
    size_t i = 0;
    while (i < n) {
        uint32_t c;
        int got = bert__utf8_get((const unsigned char *)text + i, n - i, &c);
        if (got <= 0) break;
        i += (size_t)got;
    }
    return i;
}

#ifndef BERT_NO_SAFETENSORS

enum { BERT__ST_HEADER_MOST = 100000000, BERT__ST_ENTRY_MOST = 65536 };      /* the first is the reference's limit too */

/* The types in the order of the reference's list (safetensors 0.8). */
static const bert_dtype bert__st_dtypes[] = {
    BERT_BOOL, BERT_F4, BERT_F6_E2M3, BERT_F6_E3M2, BERT_U8, BERT_I8, BERT_F8_E5M2, BERT_F8_E4M3, BERT_F8_E8M0, BERT_F8_E4M3FNUZ,
    BERT_F8_E5M2FNUZ, BERT_I16, BERT_U16, BERT_F16, BERT_BF16, BERT_I32, BERT_U32, BERT_F32, BERT_C64, BERT_F64, BERT_I64, BERT_U64
};
enum { BERT__ST_DTYPES = sizeof bert__st_dtypes / sizeof *bert__st_dtypes };

/* Where the values of a tensor lie, and where the header says so. */
typedef struct bert__st_range { uint64_t begin, end; size_t at; } bert__st_range;

BERT__FN int bert__st_range_before(const void *user, uint32_t a, uint32_t b)
{
    const bert__st_range *r = (const bert__st_range *)user;
    if (r[a].begin != r[b].begin) return r[a].begin < r[b].begin;
    return r[a].end != r[b].end ? r[a].end < r[b].end : a < b;
}
/* A number of the header: digits only, at most 2^63 - 1. */
BERT__FN int bert__st_number(const bert_json *v, int64_t *out) { return bert_json_int(v, out) && v->text[0] != '-'; }

/* The header while it is read, member by member: a tree of all of it would take far more memory than its text. */
typedef struct bert__st_reader {
    bert_checkpoint *c;
    bert__json_state s;                 /* text from byte 0 of the file: offsets are the file's */
    const unsigned char *data;
    size_t size, values;                /* of the file; where the values begin */
    bert__buf ranges, strings;          /* bert__st_range of each tensor; keys and values of __metadata__ */
    int metadata;                       /* it was there */
} bert__st_reader;

typedef bert_status (*bert__st_member_fn)(bert__st_reader *r, const bert_json *v);

/* Where the value at `at` ends: at the comma or bracket that is not its own. What is between is checked when it is parsed. */
BERT__FN size_t bert__st_value_end(const char *text, size_t at, size_t end)
{
    size_t depth = 0;
    for (; at < end; at++) {
        const char c = text[at];
        if (c == '"') for (at++; at < end && text[at] != '"'; at++) at += text[at] == '\\';
        if (!depth && (c == ',' || c == '}' || c == ']')) return at;
        if (c == '{' || c == '[') depth++;
        if (c == '}' || c == ']') depth--;
    }
    return end;
}
BERT__FN bert_status bert__st_members(bert__st_reader *r, bert__st_member_fn each);

/* One member of __metadata__: a string by name. */
BERT__FN bert_status bert__st_metadata(bert__st_reader *r, const bert_json *v)
{
    bert_checkpoint *c = r->c;
    const char *pair[2];
    if (v->type != 's') return bert__fail(c->error, BERT_ERROR_FORMAT, r->s.path, (int64_t)v->offset, "__metadata__ holds \"%s\", which is not a string", v->key);
    if (bert__utf8_check(v->key, v->key_size) != v->key_size || bert__utf8_check(v->text, v->size) != v->size)
        return bert__fail(c->error, BERT_ERROR_FORMAT, r->s.path, (int64_t)v->offset, "__metadata__ names half of a surrogate pair");
    pair[0] = bert__checkpoint_string(c, v->key, v->key_size);
    pair[1] = bert__checkpoint_string(c, v->text, v->size);
    bert__buf_add(&r->strings, pair, sizeof pair);
    return pair[0] && pair[1] && !r->strings.failed ? BERT_OK : bert__fail(c->error, BERT_ERROR_MEMORY, r->s.path, -1, "out of memory");
}

/* One member of the header becomes a tensor of c over `values`; *range says where it lies. */
BERT__FN bert_status bert__st_entry(bert_checkpoint *c, const char *path, const bert_json *v, const unsigned char *values, uint64_t values_size, bert__st_range *range)
{
    const bert_json *field, *dtype = NULL, *dims = NULL, *offsets = NULL;
    int64_t shape[64], begin, end;
    uint64_t need;
    int k, n = 0, seen[3] = { 0, 0, 0 };
    bert__found found;
    const char *name = v->key;
    memset(&found, 0, sizeof found);
    if (bert__utf8_check(v->key, v->key_size) != v->key_size)
        return bert__fail_tensor(c->error, BERT_ERROR_FORMAT, path, (int64_t)v->offset, name, "the name holds half of a surrogate pair");
    if (v->type != 'o') return bert__fail_tensor(c->error, BERT_ERROR_FORMAT, path, (int64_t)v->offset, name, "the entry is not an object with dtype, shape and data_offsets");
    for (field = v->first; field; field = field->next) {                /* unknown fields are passed over */
        static const char *const names[] = { "dtype", "shape", "data_offsets" };
        for (k = 0; k < 3; k++) {
            if (field->key_size != strlen(names[k]) || memcmp(field->key, names[k], field->key_size)) continue;
            if (seen[k]++) return bert__fail_tensor(c->error, BERT_ERROR_FORMAT, path, (int64_t)field->offset, name, "%s is given twice", names[k]);
            if (k == 0) dtype = field; else if (k == 1) dims = field; else offsets = field;
        }
    }
    if (!dtype || !dims || !offsets)
        return bert__fail_tensor(c->error, BERT_ERROR_FORMAT, path, (int64_t)v->offset, name, "%s is missing", !dtype ? "dtype" : !dims ? "shape" : "data_offsets");
    for (k = 0; k < BERT__ST_DTYPES && !bert_json_is(dtype, bert_dtype_name(bert__st_dtypes[k])); k++) {}
    if (k == BERT__ST_DTYPES)
        return bert__fail_tensor(c->error, BERT_ERROR_FORMAT, path, (int64_t)dtype->offset, name, "dtype \"%.*s\" is none of safetensors' types", 40, dtype->type == 's' ? dtype->text : "(not a string)");
    found.dtype = bert__st_dtypes[k];
    if (dims->type != 'a') return bert__fail_tensor(c->error, BERT_ERROR_FORMAT, path, (int64_t)dims->offset, name, "the shape is not a list of numbers");
    if (dims->count > 64) return bert__fail_tensor(c->error, BERT_ERROR_UNSUPPORTED, path, (int64_t)dims->offset, name, "it has %zu dimensions; up to 64 are read", dims->count);
    need = bert__dtype_bits(found.dtype);
    for (field = dims->first; field; field = field->next, n++) {
        if (!bert__st_number(field, &shape[n]))
            return bert__fail_tensor(c->error, BERT_ERROR_FORMAT, path, (int64_t)field->offset, name, "dimension %d is %.*s, not a whole number from 0 to 2^63 - 1", n, 40, field->text ? field->text : "not a number");
        if (shape[n] && need > UINT64_MAX / (uint64_t)shape[n])
            return bert__fail_tensor(c->error, BERT_ERROR_FORMAT, path, (int64_t)field->offset, name, "the dimensions multiply to more than 2^64 bits");
        need *= (uint64_t)shape[n];
    }
    if (need % 8)
        return bert__fail_tensor(c->error, BERT_ERROR_FORMAT, path, (int64_t)dims->offset, name, "%llu bits of %s do not end at a byte", (unsigned long long)need, bert_dtype_name(found.dtype));
    need /= 8;
    if (offsets->type != 'a' || offsets->count != 2 || !bert__st_number(offsets->first, &begin) || !bert__st_number(offsets->first->next, &end))
        return bert__fail_tensor(c->error, BERT_ERROR_FORMAT, path, (int64_t)offsets->offset, name, "data_offsets are not two whole numbers from 0 to 2^63 - 1");
    if (end < begin)
        return bert__fail_tensor(c->error, BERT_ERROR_FORMAT, path, (int64_t)offsets->offset, name, "data_offsets [%lld, %lld] end before they begin", (long long)begin, (long long)end);
    if ((uint64_t)end > values_size)
        return bert__fail_tensor(c->error, BERT_ERROR_FORMAT, path, (int64_t)offsets->offset, name,
                                 "data_offsets [%lld, %lld], but the file has %llu bytes of values: is it cut off? Fetch it again", (long long)begin, (long long)end, (unsigned long long)values_size);
    if (need != (uint64_t)(end - begin))
        return bert__fail_tensor(c->error, BERT_ERROR_FORMAT, path, (int64_t)offsets->offset, name, "shape and type need %llu bytes, data_offsets [%lld, %lld] give %lld",
                                 (unsigned long long)need, (long long)begin, (long long)end, (long long)(end - begin));
    range->begin = (uint64_t)begin;
    range->end = (uint64_t)end;
    range->at = offsets->offset;
    found.name = v->key;
    found.name_size = v->key_size;
    found.shape = shape;
    found.rank = n;
    found.data = values + begin;
    found.limit = (size_t)(end - begin);
    found.path = path;
    found.at = (int64_t)v->offset;
    return bert__add_tensor(c, &found);
}

/* One member of the header: a tensor. */
BERT__FN bert_status bert__st_tensor(bert__st_reader *r, const bert_json *v)
{
    bert__st_range range;
    size_t at;
    bert_status st = bert__st_entry(r->c, r->s.path, v, r->data + r->values, r->size - r->values, &range);
    if (st != BERT_OK) return st;
    at = (size_t)(bert_checkpoint_find(r->c, v->key) - bert__tensor_at(r->c, 0)) * sizeof range;
    if (at < r->ranges.size) memcpy(r->ranges.data + at, &range, sizeof range);     /* the name came before */
    else bert__buf_add(&r->ranges, &range, sizeof range);
    return r->ranges.failed ? bert__fail(r->c->error, BERT_ERROR_MEMORY, r->s.path, -1, "out of memory") : BERT_OK;
}
/* The members of the object whose '{' r->s stands behind, each parsed alone and then forgotten. */
BERT__FN bert_status bert__st_members(bert__st_reader *r, bert__st_member_fn each)
{
    bert__json_state *s = &r->s;
    const size_t size = s->size;
    const int top = each == bert__st_tensor;
    bert_status st = BERT_OK;
    bert__arena tree;
    char c = bert__json_next(s);
    if (c == '}') { s->at++; return BERT_OK; }
    bert__arena_init(&tree, &r->c->arena.allocator, 4096);
    for (s->arena = &tree; st == BERT_OK; s->at++) {
        bert_json v;
        const bert_json *value = NULL;
        const char *key = NULL;
        size_t key_size = 0;
        if (bert__json_next(s) != '"') { st = bert__json_fail(s, "a member's name in quotes is missing here"); break; }
        if ((st = bert__json_string(s, &key, &key_size)) != BERT_OK) break;
        if (bert__json_next(s) != ':') { st = bert__json_fail(s, "a ':' is missing here"); break; }
        s->at++;
        c = bert__json_next(s);
        if (top && key_size == 12 && memcmp(key, "__metadata__", 12) == 0 && c == '{') {
            if (r->metadata++) { st = bert__fail(r->c->error, BERT_ERROR_FORMAT, s->path, (int64_t)s->at, "__metadata__ is given twice"); break; }
            s->at++;
            st = bert__st_members(r, bert__st_metadata);
            s->arena = &tree;
        } else {
            s->size = bert__st_value_end(s->text, s->at, size);
            if (c != '"' && s->size - s->at > BERT__ST_ENTRY_MOST)
                st = bert__fail_tensor(r->c->error, BERT_ERROR_UNSUPPORTED, s->path, (int64_t)s->at, key, "its entry in the header has %zu bytes; up to %d are read", s->size - s->at, (int)BERT__ST_ENTRY_MOST);
            else if (s->size == s->at && s->at == size) st = bert__json_fail(s, "the text ends too early");
            else if (s->size == s->at) st = bert__json_fail(s, "a value is missing here or misspelt");
            else st = bert__json_parse(s, &value);
            s->size = size;
            if (st != BERT_OK) break;
            v = *value;
            v.key = key;
            v.key_size = key_size;
            if (!top || key_size != 12 || memcmp(key, "__metadata__", 12) != 0) st = each(r, &v);
            else if (r->metadata++) st = bert__fail(r->c->error, BERT_ERROR_FORMAT, s->path, (int64_t)v.offset, "__metadata__ is given twice");
            else if (v.type != 'n') st = bert__fail(r->c->error, BERT_ERROR_FORMAT, s->path, (int64_t)v.offset, "__metadata__ is not an object of strings");
        }
        bert__arena_free(&tree);
        if (st != BERT_OK) break;
        c = bert__json_next(s);
        if (c == '}') { s->at++; break; }
        if (c != ',') st = bert__json_fail(s, s->at < size ? "a ',' or the closing bracket is missing here" : "the text ends too early");
    }
    bert__arena_free(&tree);
    return st;
}
/* The ranges of all tensors, sorted, must tile the values. */
BERT__FN bert_status bert__st_tiles(const bert__st_reader *r, uint32_t *order)
{
    const bert__st_range *ranges = (const bert__st_range *)(const void *)r->ranges.data;
    bert_checkpoint *c = r->c;
    const size_t n = bert__tensor_count(c);
    const char *path = r->s.path;
    uint64_t at = 0;
    size_t i;
    bert__sort_order(order, n, bert__st_range_before, ranges);
    for (i = 0; i < n; i++) {
        const bert__st_range *range = &ranges[order[i]];
        const char *name = bert__tensor_at(c, order[i])->name;
        if (range->begin > at)
            return bert__fail_tensor(c->error, BERT_ERROR_FORMAT, path, (int64_t)range->at, name, "begins at byte %llu of the values, but what is before it ends at %llu: a hole",
                                     (unsigned long long)range->begin, (unsigned long long)at);
        if (range->begin < at)
            return bert__fail_tensor(c->error, BERT_ERROR_FORMAT, path, (int64_t)range->at, name, "begins at byte %llu of the values, where %s still lies: they overlap",
                                     (unsigned long long)range->begin, bert__tensor_at(c, order[i - 1])->name);
        at = range->end;
    }
    if (at != r->size - r->values)
        return bert__fail(c->error, BERT_ERROR_FORMAT, path, (int64_t)(r->values + at), "%llu bytes after the last tensor's values: the file is not what was written",
                          (unsigned long long)(r->size - r->values - at));
    return BERT_OK;
}

BERT__FN bert_status bert__open_safetensors(bert_checkpoint *c, const char *path, const unsigned char *data, size_t size)
{
    bert_status st;
    uint64_t header;
    size_t bad;
    bert__st_reader r;
    c->format = "safetensors";
    if (size < 8) return bert__fail(c->error, BERT_ERROR_FORMAT, path, 0, "%zu bytes are too few for a safetensors file: fetch it again", size);
    header = bert__load64(data);
    if (header > BERT__ST_HEADER_MOST)
        return bert__fail(c->error, BERT_ERROR_FORMAT, path, 0, "says that its header has %llu bytes, more than the 100 MB allowed: damaged, or not safetensors", (unsigned long long)header);
    if (header > size - 8)
        return bert__fail(c->error, BERT_ERROR_FORMAT, path, 0, "says that its header has %llu bytes, but only %zu follow: cut off, or not safetensors. Fetch it again", (unsigned long long)header, size - 8);
    if (!header || data[8] != '{') return bert__fail(c->error, BERT_ERROR_FORMAT, path, 8, "the header of a safetensors file starts with '{', this one does not");
    bad = bert__utf8_check((const char *)data + 8, (size_t)header);
    if (bad < header) return bert__fail(c->error, BERT_ERROR_FORMAT, path, (int64_t)bad + 8, "the header is not UTF-8 here");

    memset(&r, 0, sizeof r);
    r.c = c;
    r.data = data;
    r.size = size;
    r.values = (size_t)header + 8;
    r.s.text = (const char *)data;
    r.s.at = 9;                                                         /* behind the '{' */
    r.s.size = r.values;
    r.s.path = path;
    r.s.error = c->error;
    bert__buf_init(&r.ranges, &c->arena.allocator);
    bert__buf_init(&r.strings, &c->arena.allocator);
    st = bert__st_members(&r, bert__st_tensor);
    if (st == BERT_OK && (bert__json_next(&r.s), r.s.at < r.s.size)) st = bert__json_fail(&r.s, "more text after the end of the value");
    if (st == BERT_OK) {
        uint32_t *order = (uint32_t *)bert__alloc(&c->arena.allocator, bert__mul(bert__tensor_count(c), sizeof *order));
        c->metadata = (const char **)bert__arena_get(&c->arena, r.strings.size);
        if (!order || !c->metadata) st = bert__fail(c->error, BERT_ERROR_MEMORY, path, -1, "out of memory");
        else {
            if (r.strings.size) memcpy((void *)c->metadata, r.strings.data, r.strings.size);
            c->metadata_count = r.strings.size / (2 * sizeof *c->metadata);
            st = bert__st_tiles(&r, order);
        }
        bert__free(&c->arena.allocator, order);
    }
    bert__buf_free(&r.ranges);
    bert__buf_free(&r.strings);
    return st;
}

/* ---- writing ---- */

BERT__FN int bert__st_place(bert_dtype type)
{
    int k;
    for (k = 0; k < BERT__ST_DTYPES && bert__st_dtypes[k] != type; k++) {}
    return k;
}
BERT__FN int bert__st_output_before(const void *user, uint32_t a, uint32_t b)
{
    const bert_output *t = (const bert_output *)user;
    const int x = bert__st_place(t[a].dtype), y = bert__st_place(t[b].dtype), names = strcmp(t[a].name, t[b].name);
    return x != y ? x > y : names ? names < 0 : a < b;
}
BERT__FN void bert__add_text(bert__buf *b, const char *text) { bert__buf_add(b, text, strlen(text)); }
BERT__FN void bert__add_quoted(bert__buf *b, const char *text)
{
    size_t n = strlen(text), need = bert_json_quote(text, n, 0, NULL, 0);
    if (!bert__buf_reserve(b, need)) return;
    bert_json_quote(text, n, 0, b->data + b->size, need);
    b->size += need;
}
BERT__FN void bert__add_number(bert__buf *b, uint64_t v)
{
    char digits[24];
    bert__buf_add(b, digits, bert__format(digits, sizeof digits, "%llu", (unsigned long long)v));
}
/* The desc has been checked by bert_checkpoint_write. */
BERT__FN bert_status bert__write_safetensors(const bert_write_desc *d)
{
    static const char *const usual[] = { "format", "pt", NULL };
    const char *const *meta = d->metadata ? d->metadata : usual;
    bert_allocator allocator = bert__allocator(&d->allocator);
    bert__buf header;
    bert__writer w;
    uint32_t *order = (uint32_t *)bert__alloc(&allocator, bert__mul(d->count, sizeof *order));
    uint64_t at = 0;
    size_t i, k;
    bert_status st = BERT_OK;
    bert__buf_init(&header, &allocator);
    if (!order) return bert__fail(d->error, BERT_ERROR_MEMORY, d->path, -1, "out of memory");
    for (i = 0; i < d->count && st == BERT_OK; i++) {
        if (bert__st_place(d->tensors[i].dtype) == BERT__ST_DTYPES)
            st = bert__fail_tensor(d->error, BERT_ERROR_UNSUPPORTED, d->path, -1, d->tensors[i].name, "safetensors has no type %s", bert_dtype_name(d->tensors[i].dtype));
        else if (strcmp(d->tensors[i].name, "__metadata__") == 0)
            st = bert__fail_tensor(d->error, BERT_ERROR_ARGUMENT, d->path, -1, d->tensors[i].name, "this name is the format's own");
    }
    if (st != BERT_OK) { bert__free(&allocator, order); return st; }
    bert__sort_order(order, d->count, bert__st_output_before, d->tensors);
    bert__buf_add(&header, "\0\0\0\0\0\0\0\0{", 9);                     /* the length comes last */
    if (meta[0]) bert__add_text(&header, "\"__metadata__\":{");
    for (k = 0; meta[0] && meta[k] && meta[k + 1]; k += 2) {
        if (k) bert__add_text(&header, ",");
        bert__add_quoted(&header, meta[k]);
        bert__add_text(&header, ":");
        bert__add_quoted(&header, meta[k + 1]);
    }
    if (meta[0]) bert__add_text(&header, d->count ? "}," : "}");
    for (i = 0; i < d->count; i++) {
        const bert_output *t = &d->tensors[order[i]];
        if (i) bert__add_text(&header, ",");
        bert__add_quoted(&header, t->name);
        bert__add_text(&header, ":{\"dtype\":\"");
        bert__add_text(&header, bert_dtype_name(t->dtype));
        bert__add_text(&header, "\",\"shape\":[");
        for (k = 0; k < (size_t)t->rank; k++) {
            if (k) bert__add_text(&header, ",");
            bert__add_number(&header, (uint64_t)t->shape[k]);
        }
        bert__add_text(&header, "],\"data_offsets\":[");
        bert__add_number(&header, at);
        bert__add_text(&header, ",");
        bert__add_number(&header, at += bert__output_bytes(t));
        bert__add_text(&header, "]}");
    }
    bert__add_text(&header, "}");
    while (header.size % 8 && !header.failed) bert__add_text(&header, " ");
    for (k = 0; k < 8 && !header.failed; k++) header.data[k] = (char)((uint64_t)(header.size - 8) >> 8 * k & 255);
    if (header.failed) st = bert__fail(d->error, BERT_ERROR_MEMORY, d->path, -1, "out of memory");
    else if (header.size - 8 > BERT__ST_HEADER_MOST)
        st = bert__fail(d->error, BERT_ERROR_UNSUPPORTED, d->path, -1, "the header would have %zu bytes; safetensors allows 100 MB", header.size - 8);
    if (st == BERT_OK) {
        bert__writer_open(&w, d->path, d->error);
        bert__writer_add(&w, header.data, header.size);
        for (i = 0; i < d->count && w.status == BERT_OK; i++) bert__write_output(&w, &d->tensors[order[i]], bert__output_bytes(&d->tensors[order[i]]));
        st = bert__writer_commit(&w);
    }
    bert__buf_free(&header);
    bert__free(&allocator, order);
    return st;
}
#endif /* BERT_NO_SAFETENSORS */

#ifndef BERT_NO_PICKLE
/* ============================================================================================================
   >>pytorch
   Purpose   PyTorch's files: the zip archives of torch.save since 1.6, and the older single stream; writing the former.
   Uses      >>zip, >>container, the base. BERT_NO_PICKLE removes this section.
   Promises  nothing in a file is executed: a pickle that names anything but tensors and plain values is refused, by
             that name. Work and memory are linear in the pickle's size, there is no recursion, and what is nested or
             shared a billion times is walked once. Numbers are not copied: tensors point into the file.

   A file is a pickle, which says how to build a Python object, and storages: blocks of plain numbers. In a zip archive
   the pickle is NAME/data.pkl, storage K is the entry NAME/data/K, and NAME/byteorder says "little" or "big". The older
   format has it all in a row: three small pickles (a magic number, a version, facts about the machine), the object, the
   list of the storages' keys, then for each its number of elements in 8 bytes and the elements, always little-endian.

   A pickle is a program for a machine with a stack and a memo (numbered places). Most operations push a value: a number,
   a string, None. Some build a tuple, a list or a dict from what was pushed since the last "mark". GLOBAL pushes
   something by its name, and REDUCE calls what was pushed with a tuple of arguments; in Python that can be any function,
   which is why foreign pickles are dangerous. Here a name is looked up in a short list (bert__py_global), calling one
   only ever builds a value of ours, and all other names end the reading. A tensor is a call of _rebuild_tensor_v2 with
   a storage, an offset, the sizes and the strides; a storage is a "persistent id", ('storage', torch.FloatStorage, key,
   device, elements), which the machine notes and the reader looks up when the pickle is done. Devices are ignored.

   Then the object is walked. Tensors have the names of their places: keys joined by "/", numbers for list items. A state
   dict is often an entry of the whole beside the optimizer; so where a dict without tensors of its own has an entry
   model, state_dict, model_state_dict or module that is a dict, that word is left out of the names: "model" and
   "optimizer" beside each other give bert.pooler.dense.bias and optimizer/state/0/exp_avg. Whole numbers are listed,
   as I64, where their key is step or global_step. Other plain values are passed over.
   ============================================================================================================ */

enum {
    BERT__PY_NONE, BERT__PY_BOOL, BERT__PY_INT, BERT__PY_LONG, BERT__PY_FLOAT, BERT__PY_TEXT, BERT__PY_BYTES, BERT__PY_TUPLE,
    BERT__PY_LIST, BERT__PY_DICT, BERT__PY_GLOBAL, BERT__PY_STORAGE, BERT__PY_TENSOR, BERT__PY_OTHER
};

/* A value. Names point into the pickle, items to memory of the machine. */
typedef struct bert__py bert__py;
struct bert__py {
    uint32_t at;                        /* byte of the pickle */
    uint8_t type, seen;                 /* seen: walked; of a list: has become an OrderedDict */
    uint8_t what, dtype;                /* GLOBAL, TENSOR: which of bert__py_globals; GLOBAL, STORAGE: its dtype */
    union {
        int64_t i;                      /* BOOL, INT */
        const char *text;               /* TEXT, BYTES, LONG (little-endian, two's complement) */
        bert__py **items;               /* TUPLE, LIST; DICT: key, value, key, value ...; TENSOR: the call's arguments */
        int64_t *view;                  /* STORAGE: first element, elements */
    } u;
    size_t count;                       /* bytes or items; STORAGE: its number */
};

/* A storage that the pickle speaks of. */
typedef struct bert__py_storage {
    const char *key;
    size_t key_size, bytes;
    uint32_t at;
    bert_dtype dtype;
    const unsigned char *data;          /* NULL until it is found */
} bert__py_storage;

typedef struct bert__py_machine {
    bert_checkpoint *c;
    const char *path;
    const unsigned char *data;          /* the pickle */
    size_t size, pos;
    int64_t base;                       /* its place in the file; -1: it was unpacked */
    int storages_allowed;
    bert_status status;
    size_t room;                        /* what names may still cost */
    bert__arena arena;
    bert__buf stack, marks, memo;       /* bert__py *, size_t, bert__py * */
    bert__buf storages;                 /* bert__py_storage */
    uint32_t *index;                    /* [slots] open addressing by key: number + 1 */
    size_t slots;
    bert__py none, yes, no, empty;      /* values that need not be made again */
} bert__py_machine;

BERT__PRINTF(4, 5) BERT__NOINLINE bert_status bert__py_fail(bert__py_machine *m, bert_status status, size_t at, const char *format, ...)
{
    char text[400];
    va_list args;
    if (m->status != BERT_OK) return m->status;                         /* the first failure counts */
    va_start(args, format);
    bert__vformat(text, sizeof text, format, args);
    va_end(args);
    if (m->base >= 0) return m->status = bert__fail(m->c->error, status, m->path, m->base + (int64_t)at, "%s", text);
    return m->status = bert__fail(m->c->error, status, m->path, -1, "%s (at byte %zu of data.pkl, unpacked)", text, at);
}
BERT__FN bert_status bert__py_memory(bert__py_machine *m) { return m->status = bert__fail(m->c->error, BERT_ERROR_MEMORY, m->path, -1, "out of memory"); }
BERT__FN bert_status bert__py_bad(bert__py_machine *m, size_t at, const char *what)
{
    return bert__py_fail(m, BERT_ERROR_FORMAT, at, "damaged pickle: %s", what);
}

/* ---- names that may occur ---- */

enum {
    BERT__PY_G_REFUSED, BERT__PY_G_DICT, BERT__PY_G_TENSOR1, BERT__PY_G_TENSOR2, BERT__PY_G_TENSOR3, BERT__PY_G_PARAMETER, BERT__PY_G_TYPED,
    BERT__PY_G_SIZE, BERT__PY_G_VALUE, BERT__PY_G_CLASS, BERT__PY_G_STORAGE, BERT__PY_G_DTYPE
};
typedef struct bert__py_global { const char *module, *name; uint8_t what, dtype; } bert__py_global;

static const bert__py_global bert__py_globals[] = {
    { "collections", "OrderedDict", BERT__PY_G_DICT, 0 },
    { "collections", "Counter", BERT__PY_G_VALUE, 0 },
    { "torch._utils", "_rebuild_tensor_v2", BERT__PY_G_TENSOR2, 0 },
    { "torch._utils", "_rebuild_tensor", BERT__PY_G_TENSOR1, 0 },
    { "torch._utils", "_rebuild_tensor_v3", BERT__PY_G_TENSOR3, 0 },                    /* with a dtype of its own */
    { "torch._utils", "_rebuild_parameter", BERT__PY_G_PARAMETER, 0 },
    { "torch._utils", "_rebuild_parameter_with_state", BERT__PY_G_PARAMETER, 0 },
    { "torch.nn.parameter", "Parameter", BERT__PY_G_PARAMETER, 0 },
    { "torch._tensor", "_rebuild_from_type_v2", BERT__PY_G_TYPED, 0 },                  /* a tensor with Python attributes */
    { "torch", "Tensor", BERT__PY_G_CLASS, 0 },
    { "torch", "Size", BERT__PY_G_SIZE, 0 },
    { "torch", "device", BERT__PY_G_VALUE, 0 },
    { "torch.serialization", "_get_layout", BERT__PY_G_VALUE, 0 },
    { "_codecs", "encode", BERT__PY_G_VALUE, 0 },                                       /* bytes, as protocol 2 has them */
    { "builtins", "set", BERT__PY_G_VALUE, 0 },
    { "__builtin__", "set", BERT__PY_G_VALUE, 0 },
    { "builtins", "bytearray", BERT__PY_G_VALUE, 0 },
    { "__builtin__", "bytearray", BERT__PY_G_VALUE, 0 },
    { "torch", "FloatStorage", BERT__PY_G_STORAGE, BERT_F32 },
    { "torch", "DoubleStorage", BERT__PY_G_STORAGE, BERT_F64 },
    { "torch", "HalfStorage", BERT__PY_G_STORAGE, BERT_F16 },
    { "torch", "BFloat16Storage", BERT__PY_G_STORAGE, BERT_BF16 },
    { "torch", "LongStorage", BERT__PY_G_STORAGE, BERT_I64 },
    { "torch", "IntStorage", BERT__PY_G_STORAGE, BERT_I32 },
    { "torch", "ShortStorage", BERT__PY_G_STORAGE, BERT_I16 },
    { "torch", "CharStorage", BERT__PY_G_STORAGE, BERT_I8 },
    { "torch", "ByteStorage", BERT__PY_G_STORAGE, BERT_U8 },
    { "torch", "BoolStorage", BERT__PY_G_STORAGE, BERT_BOOL },
    { "torch", "ComplexFloatStorage", BERT__PY_G_STORAGE, BERT_C64 },
    { "torch", "UntypedStorage", BERT__PY_G_STORAGE, BERT_DTYPE_NONE },
    { "torch.storage", "UntypedStorage", BERT__PY_G_STORAGE, BERT_DTYPE_NONE },
    { "torch", "uint16", BERT__PY_G_DTYPE, BERT_U16 },
    { "torch", "uint32", BERT__PY_G_DTYPE, BERT_U32 },
    { "torch", "uint64", BERT__PY_G_DTYPE, BERT_U64 },
    { "torch", "float8_e4m3fn", BERT__PY_G_DTYPE, BERT_F8_E4M3 },
    { "torch", "float8_e5m2", BERT__PY_G_DTYPE, BERT_F8_E5M2 },
    { "torch", "float8_e4m3fnuz", BERT__PY_G_DTYPE, BERT_F8_E4M3FNUZ },
    { "torch", "float8_e5m2fnuz", BERT__PY_G_DTYPE, BERT_F8_E5M2FNUZ },
    { "torch", "float8_e8m0fnu", BERT__PY_G_DTYPE, BERT_F8_E8M0 },
    { "torch", "float32", BERT__PY_G_DTYPE, BERT_F32 },
    { "torch", "float", BERT__PY_G_DTYPE, BERT_F32 },
    { "torch", "float64", BERT__PY_G_DTYPE, BERT_F64 },
    { "torch", "double", BERT__PY_G_DTYPE, BERT_F64 },
    { "torch", "float16", BERT__PY_G_DTYPE, BERT_F16 },
    { "torch", "half", BERT__PY_G_DTYPE, BERT_F16 },
    { "torch", "bfloat16", BERT__PY_G_DTYPE, BERT_BF16 },
    { "torch", "int64", BERT__PY_G_DTYPE, BERT_I64 },
    { "torch", "long", BERT__PY_G_DTYPE, BERT_I64 },
    { "torch", "int32", BERT__PY_G_DTYPE, BERT_I32 },
    { "torch", "int", BERT__PY_G_DTYPE, BERT_I32 },
    { "torch", "int16", BERT__PY_G_DTYPE, BERT_I16 },
    { "torch", "short", BERT__PY_G_DTYPE, BERT_I16 },
    { "torch", "int8", BERT__PY_G_DTYPE, BERT_I8 },
    { "torch", "uint8", BERT__PY_G_DTYPE, BERT_U8 },
    { "torch", "bool", BERT__PY_G_DTYPE, BERT_BOOL },
    { "torch", "complex64", BERT__PY_G_DTYPE, BERT_C64 },
    { "torch", "cfloat", BERT__PY_G_DTYPE, BERT_C64 },
    { "torch", "complex128", BERT__PY_G_DTYPE, BERT_DTYPE_NONE },
    { "torch", "cdouble", BERT__PY_G_DTYPE, BERT_DTYPE_NONE }
};

BERT__FN int bert__same(const char *a, size_t n, const char *b) { return strlen(b) == n && memcmp(a, b, n) == 0; }

/* ---- the machine ---- */

BERT__FN void bert__py_free(bert__py_machine *m)
{
    bert__free(&m->arena.allocator, m->index);
    bert__buf_free(&m->stack);
    bert__buf_free(&m->marks);
    bert__buf_free(&m->memo);
    bert__buf_free(&m->storages);
    bert__arena_free(&m->arena);
}
BERT__FN void bert__py_init(bert__py_machine *m, bert_checkpoint *c, const char *path)
{
    memset(m, 0, sizeof *m);
    m->c = c;
    m->path = path;
    bert__arena_init(&m->arena, &c->arena.allocator, (size_t)1 << 16);
    bert__buf_init(&m->stack, &c->arena.allocator);
    bert__buf_init(&m->marks, &c->arena.allocator);
    bert__buf_init(&m->memo, &c->arena.allocator);
    bert__buf_init(&m->storages, &c->arena.allocator);
    m->none.type = BERT__PY_NONE;
    m->yes.type = m->no.type = BERT__PY_BOOL;
    m->yes.u.i = 1;
    m->empty.type = BERT__PY_TUPLE;
}

BERT__FN void bert__py_push(bert__py_machine *m, bert__py *v) { if (v) bert__buf_add(&m->stack, &v, sizeof v); }
/* How many values there are above the last mark, and the value `back` from the top, from 1. */
BERT__FN size_t bert__py_height(const bert__py_machine *m)
{
    size_t low = 0;
    if (m->marks.size) memcpy(&low, m->marks.data + m->marks.size - sizeof low, sizeof low);
    return m->stack.size / sizeof(bert__py *) - low;
}
BERT__FN bert__py **bert__py_top(const bert__py_machine *m, size_t back) { return (bert__py **)(void *)(m->stack.data + m->stack.size) - back; }
BERT__FN int bert__py_need(bert__py_machine *m, size_t n, size_t at)
{
    if (bert__py_height(m) >= n) return 1;
    bert__py_bad(m, at, "it takes more from the stack than there is");
    return 0;
}
BERT__FN void bert__py_drop(bert__py_machine *m, size_t n) { m->stack.size -= n * sizeof(bert__py *); }

BERT__FN bert__py *bert__py_new(bert__py_machine *m, int type, size_t at)
{
    bert__py *v = (bert__py *)bert__arena_get_aligned(&m->arena, sizeof *v, 8);
    if (!v) { bert__py_memory(m); return NULL; }
    memset(v, 0, sizeof *v);
    v->type = (uint8_t)type;
    v->at = (uint32_t)at;
    return v;
}
/* Appends to a list or dict, whose room is the next power of two. */
BERT__FN int bert__py_append(bert__py_machine *m, bert__py *list, bert__py *item)
{
    const size_t n = list->count;
    if (n == 0 || (n >= 4 && (n & (n - 1)) == 0)) {
        bert__py **items = (bert__py **)bert__arena_get_aligned(&m->arena, bert__mul(n ? n * 2 : 4, sizeof *items), 8);
        if (!items) { bert__py_memory(m); return 0; }
        if (n) memcpy(items, list->u.items, n * sizeof *items);
        list->u.items = items;
    }
    list->u.items[list->count++] = item;
    return 1;
}
/* A tuple of the top n values, in their place. */
BERT__FN void bert__py_tuple(bert__py_machine *m, size_t n, size_t at)
{
    bert__py *v = &m->empty;
    if (n) {
        v = (bert__py *)bert__arena_get_aligned(&m->arena, bert__add(sizeof *v, bert__mul(n, sizeof v)), 8);
        if (!v) { bert__py_memory(m); return; }
        memset(v, 0, sizeof *v);
        v->type = BERT__PY_TUPLE;
        v->at = (uint32_t)at;
        v->count = n;
        v->u.items = (bert__py **)(void *)(v + 1);                      /* behind it, in the same piece */
        memcpy(v->u.items, bert__py_top(m, n), n * sizeof v);
        bert__py_drop(m, n);
    }
    bert__py_push(m, v);
}
/* Takes the last mark away; the values above it are *n. */
BERT__FN int bert__py_unmark(bert__py_machine *m, size_t *n, size_t at)
{
    if (!m->marks.size) { bert__py_bad(m, at, "a mark is missing"); return 0; }
    *n = bert__py_height(m);
    m->marks.size -= sizeof(size_t);
    return 1;
}
/* Puts the top n values, two by two, into the dict below them; or, one by one, into the list. */
BERT__FN void bert__py_fill(bert__py_machine *m, int type, size_t n, size_t at)
{
    bert__py *to, **from;
    size_t i;
    if (!bert__py_need(m, n + 1, at)) return;
    from = bert__py_top(m, n);
    to = from[-1];
    if (type == BERT__PY_DICT && n % 2) { bert__py_bad(m, at, "a dict with a key but no value"); return; }
    if (to->type == type) for (i = 0; i < n; i++) { if (!bert__py_append(m, to, from[i])) return; }
    else if (to->type != BERT__PY_OTHER) { bert__py_bad(m, at, type == BERT__PY_DICT ? "items are set in something that is no dict" : "items are appended to something that is no list"); return; }
    bert__py_drop(m, n);
}
BERT__FN void bert__py_remember(bert__py_machine *m, uint64_t place, size_t at)
{
    const size_t n = m->memo.size / sizeof(bert__py *);
    if (!bert__py_need(m, 1, at)) return;
    if (place > at) { bert__py_bad(m, at, "a memo number larger than the pickle"); return; }   /* they are counted up */
    if (place >= n) {
        const size_t more = ((size_t)place + 1 - n) * sizeof(bert__py *);
        if (!bert__buf_reserve(&m->memo, more)) { bert__py_memory(m); return; }
        memset(m->memo.data + m->memo.size, 0, more);
        m->memo.size += more;
    }
    ((bert__py **)(void *)m->memo.data)[place] = *bert__py_top(m, 1);
}
BERT__FN void bert__py_recall(bert__py_machine *m, uint64_t place, size_t at)
{
    bert__py *v = place < m->memo.size / sizeof v ? ((bert__py **)(void *)m->memo.data)[place] : NULL;
    if (!v) bert__py_bad(m, at, "it reads a memo number that was not written");
    bert__py_push(m, v);
}

/* n bytes of the pickle, or NULL: it ends before. */
BERT__FN const unsigned char *bert__py_take(bert__py_machine *m, uint64_t n, size_t at)
{
    const unsigned char *p = m->data + m->pos;
    if (n > m->size - m->pos) { bert__py_fail(m, BERT_ERROR_FORMAT, at, "the pickle ends in the middle of a value: the file is damaged or cut short"); return NULL; }
    m->pos += (size_t)n;
    return p;
}
/* A number of n bytes, unsigned; and one line of text. */
BERT__FN uint64_t bert__py_number(bert__py_machine *m, size_t n, size_t at)
{
    const unsigned char *p = bert__py_take(m, n, at);
    uint64_t v = 0;
    while (p && n--) v = v << 8 | p[n];
    return v;
}
BERT__FN const char *bert__py_line(bert__py_machine *m, size_t *size, size_t at)
{
    const char *p = (const char *)m->data + m->pos, *end = m->size > m->pos ? (const char *)memchr(p, '\n', m->size - m->pos) : NULL;
    if (!end) { bert__py_bad(m, at, "a line without an end"); return NULL; }
    *size = (size_t)(end - p);
    m->pos += *size + 1;
    if (*size && p[*size - 1] == '\r') --*size;
    return p;
}
BERT__FN int bert__py_utf8(const char *text, size_t size)
{
    uint32_t c;
    size_t i;
    for (i = 0; i < size; ) {
        const int n = (unsigned char)text[i] < 128 ? 1 : bert__utf8_get((const unsigned char *)text + i, size - i, &c);
        if (n <= 0) return 0;
        i += (size_t)n;
    }
    return 1;
}
/* Pushes a string of the pickle. Those that Python 2 wrote as bytes are text too if they can be. */
BERT__FN void bert__py_string(bert__py_machine *m, int type, const void *text, size_t size, size_t at)
{
    const int good = text && type != BERT__PY_BYTES && bert__py_utf8((const char *)text, size);
    bert__py *v;
    if (!text) return;
    if (type == BERT__PY_TEXT && !good) { bert__py_bad(m, at, "a string that is not UTF-8"); return; }
    v = bert__py_new(m, good ? BERT__PY_TEXT : BERT__PY_BYTES, at);
    if (!v) return;
    v->u.text = (const char *)text;
    v->count = size;
    bert__py_push(m, v);
}
BERT__FN void bert__py_int(bert__py_machine *m, int64_t i, size_t at)
{
    bert__py *v = m->status == BERT_OK ? bert__py_new(m, BERT__PY_INT, at) : NULL;
    if (v) v->u.i = i;
    bert__py_push(m, v);
}
/* An integer in little-endian two's complement. */
BERT__FN void bert__py_long(bert__py_machine *m, uint64_t size, size_t at)
{
    const unsigned char *p = bert__py_take(m, size, at);
    uint64_t value = 0;
    size_t n = (size_t)size, i;
    bert__py *v;
    if (!p) return;
    if (n <= 8) {
        for (i = 0; i < 8; i++) value |= (uint64_t)(i < n ? p[i] : n && p[n - 1] > 127 ? 255 : 0) << 8 * i;
        bert__py_int(m, value > INT64_MAX ? -(int64_t)(UINT64_MAX - value) - 1 : (int64_t)value, at);
        return;
    }
    v = bert__py_new(m, BERT__PY_LONG, at);
    if (!v) return;
    v->u.text = (const char *)p;
    v->count = n;
    bert__py_push(m, v);
}
/* The same as decimal text (protocol 0): INT, with 00 and 01 for False and True, or LONG, with an L behind. */
BERT__FN void bert__py_decimal(bert__py_machine *m, int allow_bool, size_t at)
{
    size_t n, i = 0;
    const char *p = bert__py_line(m, &n, at);
    uint64_t value = 0;
    int negative, large = 0;
    if (!p) return;
    if (allow_bool && n == 2 && p[0] == '0' && (p[1] == '0' || p[1] == '1')) { bert__py_push(m, p[1] == '1' ? &m->yes : &m->no); return; }
    if (n && p[n - 1] == 'L') n--;
    negative = n && p[0] == '-';
    if (negative) i = 1;
    if (i == n) { bert__py_bad(m, at, "a number without digits"); return; }
    for (; i < n; i++) {
        if (!bert__is_digit(p[i])) { bert__py_bad(m, at, "a number with something that is no digit"); return; }
        if (value > (uint64_t)INT64_MAX / 10 - 1) large = 1;
        else value = value * 10 + (uint64_t)(p[i] - '0');
    }
    if (large) bert__py_push(m, bert__py_new(m, BERT__PY_OTHER, at));
    else bert__py_int(m, negative ? -(int64_t)value : (int64_t)value, at);
}

/* Pushes what has this name, if that may occur. */
BERT__FN void bert__py_find_global(bert__py_machine *m, const char *module, size_t module_size, const char *name, size_t name_size, size_t at)
{
    const size_t n = sizeof bert__py_globals / sizeof bert__py_globals[0];
    const int quantised = bert__same(module, module_size, "torch") && name_size > 8 && name[0] == 'Q' && memcmp(name + name_size - 7, "Storage", 7) == 0;
    size_t i;
    if (bert__same(module, module_size, "torch.cuda")) module_size = 5;    /* storage classes of old GPU files */
    for (i = 0; i < n; i++) {
        const bert__py_global *g = &bert__py_globals[i];
        if (bert__same(module, module_size, g->module) && bert__same(name, name_size, g->name)) {
            bert__py *v = bert__py_new(m, BERT__PY_GLOBAL, at);
            if (v) { v->what = g->what; v->dtype = g->dtype; }
            bert__py_push(m, v);
            return;
        }
    }
    bert__py_fail(m, BERT_ERROR_UNSUPPORTED, at, quantised ? "holds quantised numbers (%.*s%s.%.*s%s), which are not read; save the model unquantised"
                  : "contains the Python object %.*s%s.%.*s%s; nothing was executed; only tensors and plain values are read: in Python, torch.save(model.state_dict(), file)",
                  module_size < 80 ? (int)module_size : 80, module, module_size > 80 ? "..." : "", name_size < 80 ? (int)name_size : 80, name, name_size > 80 ? "..." : "");
}

BERT__FN bert__py_storage *bert__py_storage_at(const bert__py_machine *m, size_t i) { return (bert__py_storage *)(void *)m->storages.data + i; }
BERT__FN size_t bert__py_storage_slot(const bert__py_machine *m, const char *key, size_t size)
{
    size_t slot = bert__name_hash(key, size) & (m->slots - 1);
    while (m->index[slot]) {
        const bert__py_storage *s = bert__py_storage_at(m, m->index[slot] - 1);
        if (s->key_size == size && memcmp(s->key, key, size) == 0) break;
        slot = (slot + 1) & (m->slots - 1);
    }
    return slot;
}
/* The persistent id on the stack becomes a storage: ('storage', class, key, device, elements), in old files also None
   or a part of it, (its own key, first element, elements). */
BERT__FN void bert__py_persistent(bert__py_machine *m, size_t at)
{
    bert__py *id, **part, *v, *view = NULL;
    bert__py_storage *s, one;
    size_t n = m->storages.size / sizeof one, size, slot;
    if (!bert__py_need(m, 1, at)) return;
    id = *bert__py_top(m, 1);
    part = id->u.items;
    if (!m->storages_allowed || id->type != BERT__PY_TUPLE || id->count < 5 || part[0]->type != BERT__PY_TEXT || !bert__same(part[0]->u.text, part[0]->count, "storage")) {
        bert__py_fail(m, BERT_ERROR_UNSUPPORTED, at, "refers to something outside that is no storage of numbers; in Python, torch.save(model.state_dict(), file)");
        return;
    }
    if (part[1]->type != BERT__PY_GLOBAL || part[1]->what != BERT__PY_G_STORAGE) { bert__py_bad(m, at, "a storage of a class that is none"); return; }
    if (part[2]->type != BERT__PY_TEXT) { bert__py_bad(m, at, "a storage whose key is no string"); return; }
    size = bert_dtype_size((bert_dtype)part[1]->dtype);
    if (!size) size = 1;                                                /* untyped: counted in bytes */
    if (part[4]->type != BERT__PY_INT || part[4]->u.i < 0 || (uint64_t)part[4]->u.i > SIZE_MAX / 2 / size) { bert__py_bad(m, at, "a storage with an impossible number of elements"); return; }
    if (id->count > 5 && part[5]->type != BERT__PY_NONE) {
        view = part[5];
        if (view->type != BERT__PY_TUPLE || view->count != 3 || view->u.items[1]->type != BERT__PY_INT || view->u.items[2]->type != BERT__PY_INT) { bert__py_bad(m, at, "a part of a storage that is described wrongly"); return; }
    }
    memset(&one, 0, sizeof one);
    one.key = part[2]->u.text;
    one.key_size = part[2]->count;
    one.bytes = (size_t)part[4]->u.i * size;
    one.at = (uint32_t)at;
    one.dtype = (bert_dtype)part[1]->dtype;
    if ((n + 1) * 2 > m->slots) {
        const size_t more = m->slots ? m->slots * 2 : 256;
        size_t i;
        uint32_t *index = (uint32_t *)bert__alloc(&m->arena.allocator, more * sizeof *index);
        if (!index) { bert__py_memory(m); return; }
        memset(index, 0, more * sizeof *index);
        bert__free(&m->arena.allocator, m->index);
        m->index = index;
        m->slots = more;
        for (i = 0; i < n; i++) m->index[bert__py_storage_slot(m, bert__py_storage_at(m, i)->key, bert__py_storage_at(m, i)->key_size)] = (uint32_t)i + 1;
    }
    slot = bert__py_storage_slot(m, one.key, one.key_size);
    if (!m->index[slot]) {
        bert__buf_add(&m->storages, &one, sizeof one);
        if (m->storages.failed) { bert__py_memory(m); return; }
        m->index[slot] = (uint32_t)++n;
    }
    s = bert__py_storage_at(m, m->index[slot] - 1);
    if (s->bytes != one.bytes) {
        bert__py_fail(m, BERT_ERROR_FORMAT, at, "storage %.*s has %zu bytes here and %zu elsewhere", one.key_size < 40 ? (int)one.key_size : 40, one.key, one.bytes, s->bytes);
        return;
    }
    v = bert__py_new(m, BERT__PY_STORAGE, at);
    if (!v) return;
    v->u.view = (int64_t *)bert__arena_get_aligned(&m->arena, 2 * sizeof(int64_t), 8);
    if (!v->u.view) { bert__py_memory(m); return; }
    v->dtype = part[1]->dtype;
    v->count = m->index[slot] - 1;
    v->u.view[0] = view ? view->u.items[1]->u.i : 0;
    v->u.view[1] = view ? view->u.items[2]->u.i : part[4]->u.i;
    if (v->u.view[0] < 0 || v->u.view[1] < 0 || v->u.view[0] > part[4]->u.i || v->u.view[1] > part[4]->u.i - v->u.view[0]) { bert__py_bad(m, at, "a part of a storage that leaves it"); return; }
    *bert__py_top(m, 1) = v;
}

/* Calls what is below the tuple on the stack, with that; the result takes their place. */
BERT__FN void bert__py_reduce(bert__py_machine *m, size_t at)
{
    bert__py *f, *a, *v = NULL, **arg;
    size_t n, k;
    int what;
    if (!bert__py_need(m, 2, at)) return;
    f = *bert__py_top(m, 2);
    a = *bert__py_top(m, 1);
    if (f->type != BERT__PY_GLOBAL) { bert__py_bad(m, at, "it calls something that is no function"); return; }
    if (a->type != BERT__PY_TUPLE) { bert__py_bad(m, at, "it calls with something that is no tuple"); return; }
    if (f->what == BERT__PY_G_TYPED) {                                  /* (function, class, its arguments, attributes) */
        if (a->count < 3 || a->u.items[0]->type != BERT__PY_GLOBAL || a->u.items[2]->type != BERT__PY_TUPLE) { bert__py_bad(m, at, "a tensor with the wrong arguments"); return; }
        f = a->u.items[0];
        a = a->u.items[2];
    }
    what = f->what;
    arg = a->u.items;
    n = a->count;
    switch (what) {
    case BERT__PY_G_DICT:                                               /* OrderedDict(), or of a list of pairs */
        v = bert__py_new(m, BERT__PY_DICT, at);
        if (!v || n == 0) break;
        if (n != 1 || arg[0]->type != BERT__PY_LIST || arg[0]->seen) { bert__py_bad(m, at, "an OrderedDict with the wrong arguments"); return; }
        arg[0]->seen = 1;                                               /* once: else a short pickle could copy a long list often */
        for (k = 0; k < arg[0]->count; k++) {
            const bert__py *pair = arg[0]->u.items[k];
            if ((pair->type != BERT__PY_TUPLE && pair->type != BERT__PY_LIST) || pair->count != 2) { bert__py_bad(m, at, "an OrderedDict of something that is no pair"); return; }
            if (!bert__py_append(m, v, pair->u.items[0]) || !bert__py_append(m, v, pair->u.items[1])) return;
        }
        break;
    case BERT__PY_G_TENSOR1: case BERT__PY_G_TENSOR2: case BERT__PY_G_TENSOR3:
        if (n < (what == BERT__PY_G_TENSOR1 ? 4u : what == BERT__PY_G_TENSOR2 ? 6u : 7u) || arg[0]->type != BERT__PY_STORAGE
            || (arg[2]->type != BERT__PY_TUPLE && arg[2]->type != BERT__PY_LIST) || (arg[3]->type != BERT__PY_TUPLE && arg[3]->type != BERT__PY_LIST)
            || (what == BERT__PY_G_TENSOR3 && (arg[6]->type != BERT__PY_GLOBAL || arg[6]->what != BERT__PY_G_DTYPE))) {
            bert__py_bad(m, at, "a tensor with the wrong arguments");
            return;
        }
        v = bert__py_new(m, BERT__PY_TENSOR, at);
        if (!v) return;
        v->what = (uint8_t)what;
        v->u.items = arg;
        break;
    case BERT__PY_G_PARAMETER:                                          /* (tensor, requires_grad, ...) is the tensor */
        if (n < 1 || arg[0]->type != BERT__PY_TENSOR) { bert__py_bad(m, at, "a Parameter of something that is no tensor"); return; }
        v = arg[0];
        break;
    case BERT__PY_G_SIZE:
        if (n != 1 || (arg[0]->type != BERT__PY_TUPLE && arg[0]->type != BERT__PY_LIST)) { bert__py_bad(m, at, "a torch.Size of something that is no tuple"); return; }
        v = arg[0];
        break;
    case BERT__PY_G_VALUE:
        v = bert__py_new(m, BERT__PY_OTHER, at);
        break;
    default:
        bert__py_bad(m, at, "it calls something that is no function");
        return;
    }
    if (!v) return;
    bert__py_drop(m, 2);
    bert__py_push(m, v);
}

/* Runs one pickle from m->pos to its STOP; its value, or NULL and m->status. */
BERT__FN bert__py *bert__py_run(bert__py_machine *m)
{
    bert__py *v;
    size_t n, at, k;
    uint64_t size;
    const unsigned char *p;
    const char *text, *name;
    m->stack.size = m->marks.size = m->memo.size = 0;
    if (m->size > 0xFFFFFFF0) m->size = 0xFFFFFFF0;
    while (m->status == BERT_OK) {
        at = m->pos;
        p = bert__py_take(m, 1, at);
        if (!p) break;
        switch (*p) {
        case 0x80: bert__py_number(m, 1, at); break;                                            /* PROTO: the opcodes tell enough */
        case 0x95: size = bert__py_number(m, 8, at); if (size > m->size - m->pos) bert__py_bad(m, at, "a frame longer than the file"); break;
        case '.':                                                                               /* STOP */
            if (!bert__py_need(m, 1, at)) return NULL;
            return *bert__py_top(m, 1);
        /* the stack and the memo */
        case '(': n = m->stack.size / sizeof v; bert__buf_add(&m->marks, &n, sizeof n); break;
        case '0': if (bert__py_height(m)) bert__py_drop(m, 1); else if (bert__py_unmark(m, &n, at)) bert__py_drop(m, n); break;
        case '1': if (bert__py_unmark(m, &n, at)) bert__py_drop(m, n); break;
        case '2': if (bert__py_need(m, 1, at)) bert__py_push(m, *bert__py_top(m, 1)); break;
        case 'q': bert__py_remember(m, bert__py_number(m, 1, at), at); break;
        case 'r': bert__py_remember(m, bert__py_number(m, 4, at), at); break;
        case 0x94: bert__py_remember(m, m->memo.size / sizeof v, at); break;
        case 'h': bert__py_recall(m, bert__py_number(m, 1, at), at); break;
        case 'j': bert__py_recall(m, bert__py_number(m, 4, at), at); break;
        case 'p': case 'g':
            bert__py_decimal(m, 0, at);
            if (m->status != BERT_OK) break;
            v = *bert__py_top(m, 1);
            bert__py_drop(m, 1);
            if (v->type != BERT__PY_INT || v->u.i < 0) bert__py_bad(m, at, "an impossible memo number");
            else if (*p == 'p') bert__py_remember(m, (uint64_t)v->u.i, at);
            else bert__py_recall(m, (uint64_t)v->u.i, at);
            break;
        /* plain values */
        case 'N': bert__py_push(m, &m->none); break;
        case 0x88: bert__py_push(m, &m->yes); break;
        case 0x89: bert__py_push(m, &m->no); break;
        case 'K': bert__py_int(m, (int64_t)bert__py_number(m, 1, at), at); break;
        case 'M': bert__py_int(m, (int64_t)bert__py_number(m, 2, at), at); break;
        case 'J': size = bert__py_number(m, 4, at); bert__py_int(m, (int64_t)size - (size > 0x7FFFFFFF ? (int64_t)1 << 32 : 0), at); break;
        case 0x8A: size = bert__py_number(m, 1, at); if (m->status == BERT_OK) bert__py_long(m, size, at); break;
        case 0x8B:
            size = bert__py_number(m, 4, at);
            if (size > 0x7FFFFFFF) bert__py_bad(m, at, "a number of negative length");
            else if (m->status == BERT_OK) bert__py_long(m, size, at);
            break;
        case 'I': bert__py_decimal(m, 1, at); break;
        case 'L': bert__py_decimal(m, 0, at); break;
        case 'G': if (bert__py_take(m, 8, at)) bert__py_push(m, bert__py_new(m, BERT__PY_FLOAT, at)); break;
        case 'F': if (bert__py_line(m, &n, at)) bert__py_push(m, bert__py_new(m, BERT__PY_FLOAT, at)); break;
        /* strings: text, bytes, and Python 2's, which may be either */
        case 0x8C: size = bert__py_number(m, 1, at); goto as_text;
        case 0x8D: size = bert__py_number(m, 8, at); goto as_text;
        case 'X': size = bert__py_number(m, 4, at);
        as_text: if (m->status == BERT_OK) bert__py_string(m, BERT__PY_TEXT, bert__py_take(m, size, at), (size_t)size, at); break;
        case 'C': size = bert__py_number(m, 1, at); goto as_bytes;
        case 0x8E: case 0x96: size = bert__py_number(m, 8, at); goto as_bytes;
        case 'B': size = bert__py_number(m, 4, at);
        as_bytes: if (m->status == BERT_OK) bert__py_string(m, BERT__PY_BYTES, bert__py_take(m, size, at), (size_t)size, at); break;
        case 'U': size = bert__py_number(m, 1, at); goto as_either;
        case 'T': size = bert__py_number(m, 4, at);
            if (size > 0x7FFFFFFF) { bert__py_bad(m, at, "a string of negative length"); break; }
        as_either: if (m->status == BERT_OK) bert__py_string(m, BERT__PY_OTHER, bert__py_take(m, size, at), (size_t)size, at); break;
        case 'S': case 'V':                                                                     /* as source text: with quotes, or bare */
            text = bert__py_line(m, &n, at);
            if (!text) break;
            if (*p == 'S') {
                if (n < 2 || (text[0] != '\'' && text[0] != '"') || text[n - 1] != text[0]) { bert__py_bad(m, at, "a string without quotes"); break; }
                text++;
                n -= 2;
            }
            if (n && memchr(text, '\\', n)) bert__py_push(m, bert__py_new(m, BERT__PY_OTHER, at));      /* escapes: no name needs them */
            else bert__py_string(m, BERT__PY_OTHER, text, n, at);
            break;
        /* collections */
        case ')': bert__py_push(m, &m->empty); break;
        case 0x85: case 0x86: case 0x87: n = *p - 0x84u; if (bert__py_need(m, n, at)) bert__py_tuple(m, n, at); break;
        case 't': if (bert__py_unmark(m, &n, at)) bert__py_tuple(m, n, at); break;
        case ']': bert__py_push(m, bert__py_new(m, BERT__PY_LIST, at)); break;
        case '}': bert__py_push(m, bert__py_new(m, BERT__PY_DICT, at)); break;
        case 0x8F: bert__py_push(m, bert__py_new(m, BERT__PY_OTHER, at)); break;                /* a set */
        case 'l': case 'd': case 0x91:
            if (!bert__py_unmark(m, &n, at)) break;
            v = bert__py_new(m, *p == 'l' ? BERT__PY_LIST : *p == 'd' ? BERT__PY_DICT : BERT__PY_OTHER, at);
            if (!v) break;
            if (*p == 'd' && n % 2) { bert__py_bad(m, at, "a dict with a key but no value"); break; }
            for (k = 0; k < n && *p != 0x91; k++) if (!bert__py_append(m, v, bert__py_top(m, n)[k])) break;
            bert__py_drop(m, n);
            bert__py_push(m, v);
            break;
        case 'a': bert__py_fill(m, BERT__PY_LIST, 1, at); break;
        case 's': bert__py_fill(m, BERT__PY_DICT, 2, at); break;
        case 'e': case 0x90: if (bert__py_unmark(m, &n, at)) bert__py_fill(m, BERT__PY_LIST, n, at); break;
        case 'u': if (bert__py_unmark(m, &n, at)) bert__py_fill(m, BERT__PY_DICT, n, at); break;
        /* things by name, calls, storages */
        case 'c': case 'i':
            text = bert__py_line(m, &n, at);
            name = text ? bert__py_line(m, &k, at) : NULL;
            if (name) bert__py_find_global(m, text, n, name, k, at);
            if (*p == 'i' && m->status == BERT_OK) bert__py_bad(m, at, "an object made in a way that torch.save does not");
            break;
        case 0x93:
            if (!bert__py_need(m, 2, at)) break;
            v = *bert__py_top(m, 2);
            if (v->type != BERT__PY_TEXT || (*bert__py_top(m, 1))->type != BERT__PY_TEXT) { bert__py_bad(m, at, "a name that is no string"); break; }
            name = (*bert__py_top(m, 1))->u.text;
            k = (*bert__py_top(m, 1))->count;
            bert__py_drop(m, 2);
            bert__py_find_global(m, v->u.text, v->count, name, k, at);
            break;
        case 'R': case 0x81: bert__py_reduce(m, at); break;                                     /* NEWOBJ: class and arguments, the same here */
        case 'b':                                                                               /* BUILD: attributes, such as a state dict's _metadata */
            if (!bert__py_need(m, 2, at)) break;
            v = *bert__py_top(m, 2);
            if (v->type != BERT__PY_DICT && v->type != BERT__PY_OTHER) bert__py_bad(m, at, "attributes for something that has none");
            else bert__py_drop(m, 1);
            break;
        case 'Q': bert__py_persistent(m, at); break;
        default:
            if (*p > 32 && *p < 127) bert__py_fail(m, BERT_ERROR_FORMAT, at, "damaged pickle: no operation '%c'", *p);
            else bert__py_fail(m, BERT_ERROR_FORMAT, at, "damaged pickle: no operation 0x%x", (unsigned)*p);
        }
        if (m->stack.failed || m->marks.failed) bert__py_memory(m);
    }
    return NULL;
}

/* ---- from the object to the list of tensors ---- */

typedef struct bert__py_frame { bert__py *v; size_t next, path, skip; } bert__py_frame;   /* skip: the entry whose key is no part of names */

/* The value of a dict's key, the last one set; its index, or SIZE_MAX. */
BERT__FN size_t bert__py_entry(const bert__py *dict, const char *key)
{
    size_t i;
    for (i = dict->count; i >= 2; i -= 2) {
        const bert__py *k = dict->u.items[i - 2];
        if (k->type == BERT__PY_TEXT && bert__same(k->u.text, k->count, key)) return i - 2;
    }
    return SIZE_MAX;
}
/* Which entry of a dict is the state dict; SIZE_MAX: none, or the dict itself is. */
BERT__FN size_t bert__py_wrapper(const bert__py *dict)
{
    static const char *const names[] = { "model", "state_dict", "model_state_dict", "module" };
    size_t i, at;
    for (i = 1; i < dict->count; i += 2)
        if (dict->u.items[i]->type == BERT__PY_TENSOR) return SIZE_MAX;
    for (i = 0; i < sizeof names / sizeof names[0]; i++) {
        at = bert__py_entry(dict, names[i]);
        if (at != SIZE_MAX && dict->u.items[at + 1]->type == BERT__PY_DICT) return at;
    }
    return SIZE_MAX;
}
/* Names cost memory, and a pickle can use one string or tensor very often. */
BERT__FN int bert__py_spend(bert__py_machine *m, size_t cost, size_t at)
{
    if (cost <= m->room) { m->room -= cost; return 1; }
    bert__py_fail(m, BERT_ERROR_UNSUPPORTED, at, "its names and tensors add up to far more than the pickle that holds them");
    return 0;
}
BERT__FN bert_status bert__py_add_tensor(bert__py_machine *m, const bert__buf *name, const bert__py *v, int big)
{
    int64_t shape[64], strides[64];
    bert__found f;
    const bert__py *storage = v->u.items[0], *dims = v->u.items[2], *steps = v->u.items[3];
    const bert__py_storage *s = bert__py_storage_at(m, storage->count);
    const size_t unit = bert_dtype_size((bert_dtype)storage->dtype) ? bert_dtype_size((bert_dtype)storage->dtype) : 1;
    char short_name[101];
    size_t k;
    const char *wrong = NULL;
    memset(&f, 0, sizeof f);
    f.name = name->data;
    f.name_size = name->size;
    f.dtype = v->what == BERT__PY_G_TENSOR3 ? (bert_dtype)v->u.items[6]->dtype : (bert_dtype)storage->dtype;
    f.path = m->path;
    f.at = m->base >= 0 ? m->base + v->at : -1;
    f.big_endian = big;
    if (v->u.items[1]->type != BERT__PY_INT) wrong = "its offset is no number of 64 bits";
    if (dims->count != steps->count) wrong = "it has another number of sizes than of strides";
    if (dims->count > 64) wrong = "it has more than 64 dimensions";
    for (k = 0; !wrong && k < dims->count; k++) {
        if (dims->u.items[k]->type != BERT__PY_INT || steps->u.items[k]->type != BERT__PY_INT) wrong = "a size or a stride is no number of 64 bits";
        else { shape[k] = dims->u.items[k]->u.i; strides[k] = steps->u.items[k]->u.i; }
    }
    if (wrong) {
        bert__format(short_name, sizeof short_name, "%.*s", name->size < 100 ? (int)name->size : 100, name->data);
        return m->status = bert__fail_tensor(m->c->error, BERT_ERROR_FORMAT, m->path, f.at, short_name, "%s", wrong);
    }
    f.offset = v->u.items[1]->u.i;
    f.shape = shape;
    f.strides = strides;
    f.rank = (int64_t)dims->count;
    f.data = s->data + (size_t)storage->u.view[0] * unit;
    f.limit = (size_t)storage->u.view[1] * unit;
    return m->status = bert__add_tensor(m->c, &f);
}
BERT__FN bert_status bert__py_add_number(bert__py_machine *m, const bert__buf *name, const bert__py *v)
{
    bert__found f;
    int64_t *data = (int64_t *)bert__arena_get_aligned(&m->c->arena, sizeof *data, 8);
    if (!data) return bert__py_memory(m);
    *data = v->u.i;
    memset(&f, 0, sizeof f);
    f.name = name->data;
    f.name_size = name->size;
    f.dtype = BERT_I64;
    f.data = (const unsigned char *)data;
    f.limit = sizeof *data;
    f.big_endian = bert__machine_is_big();
    f.path = m->path;
    f.at = m->base >= 0 ? m->base + v->at : -1;
    return m->status = bert__add_tensor(m->c, &f);
}
/* Walks the object, each collection once; the stack of open collections is a buffer, not recursion. */
BERT__FN bert_status bert__py_collect(bert__py_machine *m, bert__py *top, int big)
{
    const size_t before = bert__tensor_count(m->c);
    bert__buf frames, path;
    bert__py_frame f;
    bert__buf_init(&frames, &m->arena.allocator);
    bert__buf_init(&path, &m->arena.allocator);
    if (top->type == BERT__PY_TENSOR) bert__py_fail(m, BERT_ERROR_UNSUPPORTED, top->at, "is one tensor without a name; a dict of tensors is needed");
    if (top->type == BERT__PY_DICT || top->type == BERT__PY_LIST || top->type == BERT__PY_TUPLE) {
        top->seen = 1;
        f.v = top;
        f.next = f.path = 0;
        f.skip = top->type == BERT__PY_DICT ? bert__py_wrapper(top) : SIZE_MAX;
        bert__buf_add(&frames, &f, sizeof f);
    }
    while (m->status == BERT_OK && frames.size && !frames.failed && !path.failed) {
        bert__py_frame *frame = (bert__py_frame *)(void *)(frames.data + frames.size) - 1;
        const int dict = frame->v->type == BERT__PY_DICT;
        const size_t i = frame->next;
        bert__py *key, *v;
        int is_count;
        path.size = frame->path;
        if (i + (dict ? 1 : 0) >= frame->v->count) { frames.size -= sizeof f; continue; }
        key = dict ? frame->v->u.items[i] : NULL;
        v = frame->v->u.items[dict ? i + 1 : i];
        frame->next += dict ? 2 : 1;
        is_count = v->type == BERT__PY_INT && key && key->type == BERT__PY_TEXT && (bert__same(key->u.text, key->count, "step") || bert__same(key->u.text, key->count, "global_step"));
        if (v->type != BERT__PY_TENSOR && !is_count && v->type != BERT__PY_DICT && v->type != BERT__PY_LIST && v->type != BERT__PY_TUPLE) continue;
        if (v->type != BERT__PY_TENSOR && !is_count && (v->seen || !v->count)) continue;
        if (i != frame->skip) {
            char number[32];
            size_t n;
            if (path.size) bert__buf_add(&path, "/", 1);
            if (key && key->type == BERT__PY_TEXT) {
                if (!bert__py_spend(m, key->count, v->at)) break;
                bert__buf_add(&path, key->u.text, key->count);
            } else {                                                    /* an item's number, or a key that is none */
                n = key && key->type != BERT__PY_INT ? bert__format(number, sizeof number, "[%zu]", i / 2)
                  : bert__format(number, sizeof number, "%lld", key ? (long long)key->u.i : (long long)i);
                bert__buf_add(&path, number, n);
            }
        }
        if (path.failed) break;
        if (v->type == BERT__PY_TENSOR || is_count) {
            const size_t rank = is_count ? 0 : v->u.items[2]->count;
            if (!bert__py_spend(m, bert__add(path.size + sizeof(bert_tensor), bert__mul(rank, 16)), v->at)) break;
            if (is_count) bert__py_add_number(m, &path, v);
            else bert__py_add_tensor(m, &path, v, big);
        } else {
            if (frames.size >= 1000 * sizeof f) { bert__py_fail(m, BERT_ERROR_UNSUPPORTED, v->at, "is nested more than 1000 deep"); break; }
            v->seen = 1;
            f.v = v;
            f.next = 0;
            f.path = path.size;
            f.skip = v->type == BERT__PY_DICT && path.size == 0 ? bert__py_wrapper(v) : SIZE_MAX;
            bert__buf_add(&frames, &f, sizeof f);
        }
    }
    if (m->status == BERT_OK && (frames.failed || path.failed)) bert__py_memory(m);
    bert__buf_free(&frames);
    bert__buf_free(&path);
    if (m->status == BERT_OK && bert__tensor_count(m->c) == before && (top->type != BERT__PY_DICT || top->count))
        bert__py_fail(m, BERT_ERROR_FORMAT, top->at, "holds no tensors");
    return m->status;
}

/* ---- the two formats ---- */

/* In an archive: each storage is an entry of exactly its size. */
BERT__FN bert_status bert__pytorch_zip(bert__py_machine *m, const unsigned char *data, size_t size)
{
    bert__zip *z = (bert__zip *)bert__arena_get(&m->c->arena, sizeof *z);
    bert__zip_entry *pickle = NULL, *e;
    bert__buf name;
    bert__py *top;
    const unsigned char *bytes;
    const char *prefix;
    size_t i, n, prefix_size;
    int big = 0, numpy = 0;
    if (!z) return bert__py_memory(m);
    m->status = bert__zip_open(m->c, z, m->path, data, size);
    if (m->status != BERT_OK) return m->status;
    for (i = 0; i < z->count; i++) {
        e = &z->entries[i];
        n = e->name_size;
        if (n > 4 && memcmp(e->name + n - 4, ".npy", 4) == 0) numpy = 1;
        if (n > 13 && memcmp(e->name + n - 14, "/constants.pkl", 14) == 0)
            return bert__fail(m->c->error, BERT_ERROR_UNSUPPORTED, m->path, (int64_t)(e->data - data),
                              "is a TorchScript archive (a compiled program: it has %.*s), not saved weights; in Python, torch.save(torch.jit.load(file).state_dict(), new_file)", n < 100 ? (int)n : 100, e->name);
        if (n < 8 || memcmp(e->name + n - 8, "data.pkl", 8) || (n > 8 && e->name[n - 9] != '/')) continue;
        if (pickle) return bert__fail(m->c->error, BERT_ERROR_FORMAT, m->path, (int64_t)(e->data - data), "the archive has two data.pkl; which one is meant?");
        pickle = e;
    }
    if (!pickle)
        return bert__fail(m->c->error, BERT_ERROR_UNSUPPORTED, m->path, -1, numpy ? "is a NumPy .npz archive, not a PyTorch file (it has no data.pkl); in Python, torch.save a dict of its arrays as tensors"
                          : "is a zip archive without data.pkl: not a PyTorch file");
    prefix = pickle->name;
    prefix_size = pickle->name_size - 8;
    bert__buf_init(&name, &m->arena.allocator);
    bert__buf_add(&name, prefix, prefix_size);
    bert__buf_add(&name, "byteorder", 9);
    e = name.failed ? NULL : bert__zip_find(z, name.data, name.size);
    if (name.failed) bert__py_memory(m);
    if (e && m->status == BERT_OK) m->status = bert__zip_bytes(m->c, z, e, &bytes, &n);
    if (e && m->status == BERT_OK) {
        big = bert__same((const char *)bytes, n, "big");
        if (!big && !bert__same((const char *)bytes, n, "little")) m->status = bert__fail(m->c->error, BERT_ERROR_FORMAT, m->path, (int64_t)(e->data - data), "byteorder is neither little nor big");
    }
    if (m->status == BERT_OK) m->status = bert__zip_bytes(m->c, z, pickle, &m->data, &m->size);
    if (m->status == BERT_OK && pickle->method == 0) m->status = bert__zip_check(m->c, z, pickle, m->data, m->size);
    if (m->status != BERT_OK) { bert__buf_free(&name); return m->status; }
    m->base = pickle->method == 0 ? (int64_t)(m->data - data) : -1;
    m->room = bert__add(bert__mul(m->size, 64), (size_t)1 << 20);
    m->storages_allowed = 1;
    top = bert__py_run(m);
    n = m->storages.size / sizeof(bert__py_storage);
    for (i = 0; i < n && m->status == BERT_OK; i++) {
        bert__py_storage *s = bert__py_storage_at(m, i);
        const int shown = s->key_size < 40 ? (int)s->key_size : 40;
        size_t has;
        name.size = prefix_size;
        bert__buf_add(&name, "data/", 5);
        bert__buf_add(&name, s->key, s->key_size);
        if (name.failed) { bert__py_memory(m); break; }
        e = bert__zip_find(z, name.data, name.size);
        if (!e) { bert__py_fail(m, BERT_ERROR_FORMAT, s->at, "storage %.*s is not in the archive", shown, s->key); break; }
        m->status = bert__zip_bytes(m->c, z, e, &s->data, &has);
        if (m->status != BERT_OK) break;
        if (has != s->bytes) bert__py_fail(m, BERT_ERROR_FORMAT, s->at, "storage %.*s has %zu bytes, the pickle says %zu", shown, s->key, has, s->bytes);
    }
    bert__buf_free(&name);
    if (m->status == BERT_OK && top) bert__py_collect(m, top, big);
    return m->status;
}

static const unsigned char bert__pytorch_magic[10] = { 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19 };

/* By content: the pickle of the magic number, which may stand in a frame. */
BERT__FN int bert__is_legacy_pytorch(const unsigned char *data, size_t size)
{
    static const char text[] = "L119547037146038801333356L\n.";
    size_t at = 0;
    if (size >= sizeof text - 1 && memcmp(data, text, sizeof text - 1) == 0) return 1;
    if (size > 2 && data[0] == 0x80 && data[1] < 6) at = 2;
    if (size > at + 9 && data[at] == 0x95) at += 9;
    return size >= at + 12 && data[at] == 0x8A && data[at + 1] == 10 && memcmp(data + at + 2, bert__pytorch_magic, 10) == 0;
}
/* The next pickle of a file that is several in a row. */
BERT__FN bert__py *bert__pytorch_next(bert__py_machine *m, const unsigned char *data, size_t size, size_t *at)
{
    bert__py *v;
    m->base = (int64_t)*at;
    m->data = data + *at;
    m->size = size - *at;
    m->pos = 0;
    v = bert__py_run(m);
    *at += m->pos;
    return v;
}
BERT__FN bert_status bert__pytorch_legacy(bert__py_machine *m, const unsigned char *data, size_t size)
{
    bert__py *top, *keys, *v;
    size_t at = 0, i, slot, pickle;
    int64_t base;
    v = bert__pytorch_next(m, data, size, &at);
    if (!v) return m->status;
    if (!bert__is_legacy_pytorch(data, size))
        return bert__fail(m->c->error, BERT_ERROR_FORMAT, m->path, 0, "a pickle, but not a file of torch.save: its magic number is missing or damaged");
    v = bert__pytorch_next(m, data, size, &at);                         /* the version */
    if (!v) return m->status;
    if (v->type != BERT__PY_INT || v->u.i != 1001) return bert__py_fail(m, BERT_ERROR_UNSUPPORTED, 0, "the file's version is not 1001, the only one there was");
    v = bert__pytorch_next(m, data, size, &at);                         /* facts about the machine: numbers are little-endian all the same */
    if (!v) return m->status;
    if (v->type != BERT__PY_DICT) return bert__py_bad(m, 0, "no dict where the system's facts should be");
    m->storages_allowed = 1;
    pickle = at;
    top = bert__pytorch_next(m, data, size, &at);
    if (!top) return m->status;
    base = m->base;
    m->room = bert__add(bert__mul(at - pickle, 64), (size_t)1 << 20);
    m->storages_allowed = 0;
    keys = bert__pytorch_next(m, data, size, &at);
    if (!keys) return m->status;
    if (keys->type != BERT__PY_LIST) return bert__py_bad(m, 0, "no list where the storages' keys should be");
    for (i = 0; i < keys->count; i++) {                                 /* as many elements as the pickle said, then those */
        const bert__py *key = keys->u.items[i];
        const int shown = key->count < 40 ? (int)key->count : 40;
        bert__py_storage *s;
        size_t unit;
        if (key->type != BERT__PY_TEXT) return bert__py_bad(m, key->at, "a storage's key that is no string");
        slot = m->slots ? bert__py_storage_slot(m, key->u.text, key->count) : 0;
        if (!m->slots || !m->index[slot]) return bert__py_fail(m, BERT_ERROR_FORMAT, key->at, "storage %.*s is in the list, but no tensor has it", shown, key->u.text);
        s = bert__py_storage_at(m, m->index[slot] - 1);
        if (s->data) return bert__py_fail(m, BERT_ERROR_FORMAT, key->at, "storage %.*s is listed twice", shown, key->u.text);
        unit = bert_dtype_size(s->dtype) ? bert_dtype_size(s->dtype) : 1;
        if (size - at < 8 || size - at - 8 < s->bytes)
            return bert__fail(m->c->error, BERT_ERROR_FORMAT, m->path, (int64_t)at, "storage %.*s needs %zu bytes, the file has %zu: it is cut short", shown, key->u.text, s->bytes, size - at < 8 ? (size_t)0 : size - at - 8);
        if (bert__load64(data + at) != s->bytes / unit)
            return bert__fail(m->c->error, BERT_ERROR_FORMAT, m->path, (int64_t)at, "storage %.*s has %lld elements, the pickle says %zu", shown, key->u.text, (long long)bert__load64(data + at), s->bytes / unit);
        s->data = data + at + 8;
        at += 8 + s->bytes;
    }
    m->base = base;
    for (i = 0; i < m->storages.size / sizeof(bert__py_storage); i++) {
        const bert__py_storage *s = bert__py_storage_at(m, i);
        if (!s->data) return bert__py_fail(m, BERT_ERROR_FORMAT, s->at, "storage %.*s is not in the list of storages", s->key_size < 40 ? (int)s->key_size : 40, s->key);
    }
    return bert__py_collect(m, top, 0);
}

/* Reads a PyTorch file that lies in memory and stays there. */
BERT__FN bert_status bert__open_pytorch(bert_checkpoint *c, const char *path, const unsigned char *data, size_t size)
{
    bert__py_machine m;
    bert_status s;
    const int zip = !bert__is_legacy_pytorch(data, size) && bert__is_zip(data, size);
    c->format = zip ? "PyTorch zip" : "PyTorch legacy";
    bert__py_init(&m, c, path);
    s = zip ? bert__pytorch_zip(&m, data, size) : bert__pytorch_legacy(&m, data, size);
    bert__py_free(&m);
    return s;
}

/* ---- writing ----

   The archive is what torch.save makes: archive/data.pkl, byteorder, data/0 ..., version, all stored, each one's bytes at a
   multiple of 64 (a made-up extra field "FB" fills the gap), so that a reader can map them. Times are zero: the same
   tensors give the same bytes. The pickle is an OrderedDict of names and calls of _rebuild_tensor_v2, in protocol 2.
   Tensors over the same memory share a storage, as tied weights do. */

typedef struct bert__zip_writer {
    bert__writer out;
    bert__buf directory, header;
    size_t count;
    bert__crc crc;
} bert__zip_writer;

BERT__FN void bert__put(bert__buf *b, uint64_t v, int bytes)            /* little-endian */
{
    char p[8];
    int k;
    for (k = 0; k < bytes; k++) p[k] = (char)(v >> 8 * k & 255);
    bert__buf_add(b, p, (size_t)bytes);
}
BERT__FN void bert__put_text(bert__buf *b, const char *text) { bert__buf_add(b, text, strlen(text)); }

/* One entry: the values of an output. */
BERT__FN void bert__zip_add(bert__zip_writer *w, const char *name, const bert_output *o, size_t size)
{
    const int large = size >= 0xFFFFFFFF;
    const uint64_t at = w->out.size;
    const size_t n = strlen(name), extra = large ? 20 : 0;
    const size_t fill = (64 - (size_t)((at + 30 + n + extra + 4) % 64)) % 64;
    unsigned char room[BERT__ROOM];
    size_t done, k;
    uint32_t crc = 0;
    for (done = 0; done < size; done += k) {
        const unsigned char *p = bert__output_part(o, done, size, room, &k);
        crc = bert__crc_add(&w->crc, crc, p, k);
    }
    w->header.size = 0;
    bert__put(&w->header, 0x04034B50, 4);
    bert__put(&w->header, large ? 45 : 20, 2);                          /* version needed */
    bert__put(&w->header, 0, 8);                                        /* flags, method: stored, time, date */
    bert__put(&w->header, crc, 4);
    bert__put(&w->header, large ? 0xFFFFFFFF : size, 4);
    bert__put(&w->header, large ? 0xFFFFFFFF : size, 4);
    bert__put(&w->header, n, 2);
    bert__put(&w->header, extra + 4 + fill, 2);
    bert__put_text(&w->header, name);
    if (large) { bert__put(&w->header, 1, 2); bert__put(&w->header, 16, 2); bert__put(&w->header, size, 8); bert__put(&w->header, size, 8); }
    bert__put_text(&w->header, "FB");
    bert__put(&w->header, fill, 2);
    for (k = 0; k < fill; k++) bert__buf_add(&w->header, "Z", 1);
    bert__writer_add(&w->out, w->header.data, w->header.size);
    bert__write_output(&w->out, o, size);
    bert__put(&w->directory, 0x02014B50, 4);
    bert__put(&w->directory, 45, 2);                                    /* made by, needed */
    bert__put(&w->directory, large || at >= 0xFFFFFFFF ? 45 : 20, 2);
    bert__put(&w->directory, 0, 8);
    bert__put(&w->directory, crc, 4);
    bert__put(&w->directory, large ? 0xFFFFFFFF : size, 4);
    bert__put(&w->directory, large ? 0xFFFFFFFF : size, 4);
    bert__put(&w->directory, n, 2);
    k = (large ? 16u : 0u) + (at >= 0xFFFFFFFF ? 8u : 0u);
    bert__put(&w->directory, k ? k + 4 : 0, 2);
    bert__put(&w->directory, 0, 8);                                     /* comment, disk, attributes */
    bert__put(&w->directory, 0, 2);
    bert__put(&w->directory, at >= 0xFFFFFFFF ? 0xFFFFFFFF : at, 4);
    bert__put_text(&w->directory, name);
    if (k) { bert__put(&w->directory, 1, 2); bert__put(&w->directory, k, 2); }
    if (large) { bert__put(&w->directory, size, 8); bert__put(&w->directory, size, 8); }
    if (at >= 0xFFFFFFFF) bert__put(&w->directory, at, 8);
    w->count++;
}
BERT__FN void bert__zip_add_bytes(bert__zip_writer *w, const char *name, const char *data, size_t size)
{
    bert_output o;
    memset(&o, 0, sizeof o);
    o.data = data;
    o.dtype = BERT_U8;
    bert__zip_add(w, name, &o, size);
}
/* The directory and the end records; the zip64 one always, as torch.save does. */
BERT__FN void bert__zip_finish(bert__zip_writer *w)
{
    const uint64_t at = w->out.size, size = w->directory.size, end = at + size;
    bert__writer_add(&w->out, w->directory.data, w->directory.size);
    w->header.size = 0;
    bert__put(&w->header, 0x06064B50, 4);
    bert__put(&w->header, 44, 8);                                       /* bytes that follow */
    bert__put(&w->header, 45 | 45u << 16, 4);
    bert__put(&w->header, 0, 8);                                        /* disks */
    bert__put(&w->header, w->count, 8);
    bert__put(&w->header, w->count, 8);
    bert__put(&w->header, size, 8);
    bert__put(&w->header, at, 8);
    bert__put(&w->header, 0x07064B50, 4);
    bert__put(&w->header, 0, 4);
    bert__put(&w->header, end, 8);
    bert__put(&w->header, 1, 4);
    bert__put(&w->header, 0x06054B50, 4);
    bert__put(&w->header, 0, 4);
    bert__put(&w->header, w->count < 0xFFFF ? w->count : 0xFFFF, 2);
    bert__put(&w->header, w->count < 0xFFFF ? w->count : 0xFFFF, 2);
    bert__put(&w->header, size < 0xFFFFFFFF ? size : 0xFFFFFFFF, 4);
    bert__put(&w->header, at < 0xFFFFFFFF ? at : 0xFFFFFFFF, 4);
    bert__put(&w->header, 0, 2);
    bert__writer_add(&w->out, w->header.data, w->header.size);
}

/* Pickling: integers, strings, and what is used more than once through the memo. */
BERT__FN void bert__put_int(bert__buf *b, uint64_t v)
{
    if (v < 256) { bert__put_text(b, "K"); bert__put(b, v, 1); }
    else if (v < 65536) { bert__put_text(b, "M"); bert__put(b, v, 2); }
    else if (v < 0x80000000u) { bert__put_text(b, "J"); bert__put(b, v, 4); }
    else { bert__put_text(b, "\x8A\x08"); bert__put(b, v, 8); }
}
BERT__FN void bert__put_string(bert__buf *b, const char *text, size_t n)
{
    bert__put_text(b, "X");
    bert__put(b, n, 4);
    bert__buf_add(b, text, n);
}
/* Something by its name, at place `slot` of the memo, from its second use on by that. */
BERT__FN void bert__put_global(bert__buf *b, unsigned char *used, int slot, const char *module, const char *name)
{
    if (used[slot]) { bert__put_text(b, "h"); bert__put(b, (uint64_t)slot, 1); return; }
    used[slot] = 1;
    bert__put_text(b, "c");
    bert__put_text(b, module);
    bert__put_text(b, "\n");
    bert__put_text(b, name);
    bert__put_text(b, "\nq");
    bert__put(b, (uint64_t)slot, 1);
}
/* The name of a type's storage class or, where it has none, of the type. */
BERT__FN const bert__py_global *bert__py_class(bert_dtype dtype, int what)
{
    size_t i;
    for (i = 0; i < sizeof bert__py_globals / sizeof bert__py_globals[0]; i++)
        if (bert__py_globals[i].what == what && bert__py_globals[i].dtype == (uint8_t)dtype) return &bert__py_globals[i];
    return NULL;
}
/* A tensor with its storage's key. */
BERT__FN void bert__put_tensor(bert__buf *b, unsigned char *used, const bert_output *t, size_t key, size_t count)
{
    const bert__py_global *storage = bert__py_class(t->dtype, BERT__PY_G_STORAGE), *type = storage ? NULL : bert__py_class(t->dtype, BERT__PY_G_DTYPE);
    char number[24];
    int32_t k, j;
    bert__put_global(b, used, type ? 3 : 2, "torch._utils", type ? "_rebuild_tensor_v3" : "_rebuild_tensor_v2");
    bert__put_text(b, "((");
    if (used[0]) bert__put_text(b, "h\x01");
    else { bert__put_string(b, "storage", 7); bert__put_text(b, "q\x01"); }
    bert__put_global(b, used, 8 + (int)(storage ? t->dtype : BERT_DTYPE_NONE), storage ? "torch" : "torch.storage", storage ? storage->name : "UntypedStorage");
    bert__put_string(b, number, bert__format(number, sizeof number, "%zu", key));
    if (used[0]) bert__put_text(b, "h\x04");
    else { bert__put_string(b, "cpu", 3); bert__put_text(b, "q\x04"); used[0] = 1; }
    bert__put_int(b, storage ? count : count * bert_dtype_size(t->dtype));
    bert__put_text(b, "tQK");
    bert__put(b, 0, 1);                                                 /* offset */
    bert__put_text(b, "(");
    for (k = 0; k < t->rank; k++) bert__put_int(b, (uint64_t)t->shape[k]);
    bert__put_text(b, "t(");
    for (k = 0; k < t->rank; k++) {                                     /* strides: the product of the later dimensions */
        uint64_t stride = 1;
        for (j = k + 1; j < t->rank && count; j++) stride *= (uint64_t)t->shape[j];
        bert__put_int(b, stride);
    }
    bert__put_text(b, "t\x89h");                                        /* no gradient, no hooks */
    bert__put(b, 5, 1);
    bert__put_text(b, ")R");
    if (type) bert__put_global(b, used, 8 + (int)t->dtype, "torch", type->name);
    bert__put_text(b, "tR");
}

/* Do two outputs come from the same place in memory? Such tensors share a storage, as tied weights do in PyTorch. */
BERT__FN int bert__same_output(const bert_output *a, const bert_output *b)
{
    if (a->dtype != b->dtype || !a->from != !b->from) return 0;
    return a->from ? a->from->data == b->from->data && a->from->dtype == b->from->dtype && !a->from->strides && !b->from->strides : a->data == b->data;
}

/* Writes tensors as torch.save writes a state dict. The desc has been checked by bert_checkpoint_write. */
BERT__FN bert_status bert__write_pytorch(const bert_write_desc *d)
{
    const bert_allocator allocator = bert__allocator(&d->allocator);
    bert__zip_writer *w = (bert__zip_writer *)bert__alloc(&allocator, sizeof *w);
    bert__buf pickle, keys;                                             /* keys: the tensor that each storage is of, size_t */
    size_t *slots = NULL, room = 16, i;                                 /* by address: number of storage + 1 */
    unsigned char used[8 + BERT_DTYPE_COUNT];
    bert_status s = BERT_OK;
    memset(used, 0, sizeof used);
    bert__buf_init(&pickle, &allocator);
    bert__buf_init(&keys, &allocator);
    while (room < d->count * 2) room *= 2;
    slots = (size_t *)bert__alloc(&allocator, bert__mul(room, sizeof *slots));
    if (!w || !slots) s = bert__fail(d->error, BERT_ERROR_MEMORY, d->path, -1, "out of memory");
    else memset(slots, 0, room * sizeof *slots);
    bert__put_text(&pickle, "\x80\x02");
    bert__put_global(&pickle, used, 5, "collections", "OrderedDict");
    bert__put_text(&pickle, ")R(");
    for (i = 0; i < d->count && s == BERT_OK; i++) {
        const bert_output *t = &d->tensors[i];
        const size_t n = strlen(t->name), count = bert__output_bytes(t) / bert_dtype_size(t->dtype);
        size_t slot, key;
        if (!bert__py_utf8(t->name, n) || n > 65535) { s = bert__fail(d->error, BERT_ERROR_ARGUMENT, d->path, -1, "tensor %zu needs a name in UTF-8 of up to 65535 bytes", i); break; }
        slot = (size_t)((uintptr_t)(t->from ? t->from->data : t->data) >> 4) * 2654435761u;
        for (slot = (slot ^ slot >> 15) & (room - 1); slots[slot]; slot = (slot + 1) & (room - 1)) {
            size_t other;
            memcpy(&other, keys.data + (slots[slot] - 1) * 2 * sizeof other, sizeof other);
            if (count && bert__same_output(&d->tensors[other], t)) {
                memcpy(&key, keys.data + ((slots[slot] - 1) * 2 + 1) * sizeof key, sizeof key);
                if (key == count) break;
            }
        }
        key = slots[slot] ? slots[slot] - 1 : keys.size / (2 * sizeof key);
        if (!slots[slot]) {
            bert__buf_add(&keys, &i, sizeof i);
            bert__buf_add(&keys, &count, sizeof count);
            if (keys.failed) { s = bert__fail(d->error, BERT_ERROR_MEMORY, d->path, -1, "out of memory"); break; }
            slots[slot] = key + 1;
        }
        bert__put_string(&pickle, t->name, n);
        bert__put_tensor(&pickle, used, t, key, count);
    }
    bert__put_text(&pickle, "u.");
    if (s == BERT_OK && pickle.failed) s = bert__fail(d->error, BERT_ERROR_MEMORY, d->path, -1, "out of memory");
    if (s == BERT_OK) s = bert__writer_open(&w->out, d->path, d->error);
    if (s == BERT_OK) {
        bert__buf_init(&w->directory, &allocator);
        bert__buf_init(&w->header, &allocator);
        bert__crc_init(&w->crc, BERT__CRC_ZIP);
        w->count = 0;
        bert__zip_add_bytes(w, "archive/data.pkl", pickle.data, pickle.size);
        bert__zip_add_bytes(w, "archive/byteorder", "little", 6);
        for (i = 0; i < keys.size / (2 * sizeof i); i++) {
            size_t of[2];
            char name[48];
            memcpy(of, keys.data + i * sizeof of, sizeof of);
            bert__format(name, sizeof name, "archive/data/%zu", i);
            bert__zip_add(w, name, &d->tensors[of[0]], of[1] * bert_dtype_size(d->tensors[of[0]].dtype));
        }
        bert__zip_add_bytes(w, "archive/version", "3\n", 2);
        bert__zip_finish(w);
        if (w->directory.failed || w->header.failed) {
            bert__writer_abort(&w->out);
            s = bert__fail(d->error, BERT_ERROR_MEMORY, d->path, -1, "out of memory");
        } else s = bert__writer_commit(&w->out);
        bert__buf_free(&w->directory);
        bert__buf_free(&w->header);
    }
    bert__buf_free(&pickle);
    bert__buf_free(&keys);
    bert__free(&allocator, slots);
    bert__free(&allocator, w);
    return s;
}
#endif /* BERT_NO_PICKLE */

/* ============================================================================================================
   >>bundle
   Purpose   TensorFlow's checkpoints, the "V2" format that tf.train.Saver and tf.train.Checkpoint write: PREFIX.index
             and PREFIX.data-00000-of-00001 (-00000-of-00002, ... when there are several); the file `checkpoint` beside.
   Uses      >>container, the base.
   Promises  every block of the index is checked against its checksum; every tensor against its type, its shape and the
             size of its data file; tensors of up to 4 KB also against their checksum. Larger ones are not read here, so
             that opening stays fast: bert__bundle_verify reads all. Memory stays in proportion to the index. What is
             written is byte for byte what TensorFlow's Saver writes for the same tensors. BERT_NO_TF removes this section, but
             for checksums, varints and messages, which >>records needs as well.

   How the format works.
   The data files hold the values and nothing else, one tensor behind the other. The index says what lies where. It is a
   sorted table of key and value, in the layout of LevelDB's tables, read from its end:

      data block*   the pairs, in the order of the keys (bytes, unsigned)
      meta block    empty here
      index block   for each data block a key that is not below its last and below the next block's first, and its handle
      footer        48 bytes: the handles of the meta and the index block, filled up with zeros to 40, then the magic
                    number DB4775248B80FB57, lowest byte first

   A handle is offset and size, both as varint: 7 bits a byte, the lowest first, and the top bit set if more follow.
   Behind each block stand 5 bytes: how it is packed (0: not; 1: snappy), and the CRC-32C of block and that byte. The CRC
   is "masked", rotated and a constant added, because a CRC over bytes that hold their own CRC says little.

   A block is entries, then restart points: varint shared, varint fresh, varint length, `fresh` bytes of key, `length`
   bytes of value. The key is the first `shared` bytes of the key before and the fresh ones, so what names have in common
   is stored once. Every 16th entry shares nothing; the offsets of these stand at the block's end (32 bits each, then
   their number), so that a search can start in the middle. We read from front to back and only check them. A data block
   ends with the entry that brings it to 256 KB; in the index block every entry is a restart point.

   The values are protocol buffers: fields, each a varint `number << 3 | kind`, then a varint (kind 0), 8 bytes (1), a
   varint size and so many bytes (2) or 4 bytes (5); fields with unknown numbers are skipped. A field that is zero is left
   out. The key "" has the header: 1 number of data files, 2 byte order (1: big), 3 version {1 producer, 2 oldest reader}.
   Every other key is the name of a tensor: 1 type, 2 shape {2 dimension {1 size}}*, 3 data file, 4 offset, 5 size, 6
   masked CRC-32C of the values (4 bytes), 7 slices, of tensors that were saved in pieces: those are refused, BERT has none.
   Strings and what else has no fixed size (Python objects and the graph of a TF2 checkpoint) are listed as BERT_STRING
   and have no values here.
   ============================================================================================================ */

#if !defined(BERT_NO_TF) || !defined(BERT_NO_DATA)
/* ---- crc32c ---- */

BERT__INLINE uint32_t bert__crc_mask(uint32_t crc) { return (crc >> 15 | crc << 17) + 0xA282EAD8u; }

BERT__FN void bert__store32(unsigned char *p, uint32_t v)
{
    p[0] = (unsigned char)v;
    p[1] = (unsigned char)(v >> 8);
    p[2] = (unsigned char)(v >> 16);
    p[3] = (unsigned char)(v >> 24);
}

/* ---- varints and protocol buffers ---- */

/* Reads one and moves *p behind it; 0 if it is cut off or has more than 64 bits. */
BERT__FN int bert__varint(const unsigned char **p, const unsigned char *end, uint64_t *v)
{
    const unsigned char *q = *p;
    uint32_t shift;
    *v = 0;
    for (shift = 0; shift < 64 && q < end; shift += 7) {
        *v |= (uint64_t)(*q & 127) << shift;
        if (*q++ & 128) continue;
        if (shift == 63 && q[-1] > 1) return 0;
        *p = q;
        return 1;
    }
    return 0;
}
BERT__FN size_t bert__varint_put(unsigned char *p, uint64_t v)
{
    size_t n = 0;
    for (; v > 127; v >>= 7) p[n++] = (unsigned char)(v | 128);
    p[n++] = (unsigned char)v;
    return n;
}

/* A message being read, and the field it stands at: `value` of the kinds 0, 1 and 5, `bytes` of kind 2. */
typedef struct bert__proto {
    const unsigned char *p, *end, *bytes;
    uint64_t value, field;
    size_t size;
    int kind;
} bert__proto;

BERT__FN bert__proto bert__proto_begin(const unsigned char *data, size_t size)
{
    bert__proto m;
    memset(&m, 0, sizeof m);
    m.p = data;
    m.end = data + size;
    return m;
}
/* 1: there is a next field; 0: the end; -1: it is damaged. */
BERT__FN int bert__proto_next(bert__proto *m)
{
    uint64_t tag;
    if (m->p == m->end) return 0;
    if (!bert__varint(&m->p, m->end, &tag)) return -1;
    m->field = tag >> 3;
    m->kind = (int)(tag & 7);
    if (!m->field || m->field >> 29) return -1;
    switch (m->kind) {
    case 0: return bert__varint(&m->p, m->end, &m->value) ? 1 : -1;
    case 1:
        if (m->end - m->p < 8) return -1;
        m->value = bert__load64(m->p);
        m->p += 8;
        return 1;
    case 2:
        if (!bert__varint(&m->p, m->end, &m->value) || m->value > (uint64_t)(m->end - m->p)) return -1;
        m->bytes = m->p;
        m->size = (size_t)m->value;
        m->p += m->size;
        return 1;
    case 5:
        if (m->end - m->p < 4) return -1;
        m->value = bert__load32(m->p);
        m->p += 4;
        return 1;
    default: return -1;                                                 /* groups went out of use before any checkpoint */
    }
}

#endif /* BERT_NO_TF and BERT_NO_DATA */

#ifndef BERT_NO_TF

/* ---- snappy ---- */

/* Unpacks the elements behind the length: literals, and copies of what came out before. NULL, or what is wrong. */
BERT__FN const char *bert__snappy(const unsigned char *p, size_t n, unsigned char *out, size_t room)
{
    const unsigned char *end = p + n;
    size_t done = 0, length, back, k, extra;
    while (p < end) {
        const unsigned tag = *p++;
        const int copy = (tag & 3) != 0;
        extra = tag & 3;                                                /* bytes behind the tag: 1, 2 or (3:) 4 of offset */
        if (extra == 3) extra = 4;
        if (!copy && tag >> 2 >= 60) extra = (tag >> 2) - 59;           /* a long literal: its length is there */
        if (extra > (size_t)(end - p)) return "it ends within an element";
        for (back = 0, k = 0; k < extra; k++) back |= (size_t)p[k] << 8 * k;
        p += extra;
        if (copy) {
            length = (tag >> 2) + 1;
            if (extra == 1) { length = (tag >> 2 & 7) + 4; back |= (size_t)(tag >> 5) << 8; }
            if (!back || back > done) return "it copies from before its start";
            if (length > room - done) return "it holds more than it says";
            for (k = 0; k < length; k++, done++) out[done] = out[done - back];   /* one by one: they may overlap */
        } else {
            length = extra ? back : tag >> 2;
            if (length >= (size_t)(end - p)) return "it ends within an element";
            if (length >= room - done) return "it holds more than it says";
            memcpy(out + done, p, ++length);
            p += length;
            done += length;
        }
    }
    return done == room ? NULL : "it holds less than it says";
}

/* ---- the table ---- */

typedef struct bert__shard { struct bert__shard *next; const char *path; const unsigned char *data; size_t size, used; uint64_t number; } bert__shard;

/* A bundle being read. */
typedef struct bert__bundle {
    bert_checkpoint *c;
    const bert__files_from *from;
    const char *prefix, *path;          /* PREFIX.index */
    const unsigned char *index;
    size_t index_size;
    size_t check, names_left;           /* tensors up to so many bytes are checked; bytes of names that may still come */
    bert__shard *shards;                /* opened so far */
    uint64_t shard_count;
    int big_endian, list;
    bert_status status;
    bert__crc crc;
} bert__bundle;

/* A block of the table, unpacked, and a walk over its entries. */
typedef struct bert__table_block {
    const unsigned char *data;
    unsigned char *memory;              /* of an unpacked one */
    size_t start, end, next;            /* in the file; of the entries; of the next entry */
    size_t restarts, restart;           /* how many, how many were met */
} bert__table_block;

/* The keys of a walk: each must be above the one before. */
typedef struct bert__table_key { bert__buf text; size_t count; } bert__table_key;

#define BERT__TABLE_MAGIC 0xDB4775248B80FB57u
enum { BERT__TABLE_FOOTER = 48, BERT__TABLE_BLOCK = 262144, BERT__TABLE_NAME = 65535 };

BERT__FN int bert__is_bundle_index(const unsigned char *data, size_t size)
{
    return size >= BERT__TABLE_FOOTER && bert__load64(data + size - 8) == BERT__TABLE_MAGIC;
}

BERT__FN bert_status bert__block_open(bert__bundle *b, bert__table_block *k, uint64_t at, uint64_t size)
{
    const size_t room = b->index_size - BERT__TABLE_FOOTER;
    const unsigned char *p, *end;
    bert_error *e = b->c->error;
    const char *why;
    uint64_t length;
    memset(k, 0, sizeof *k);
    if (room < 5 || size > room - 5 || at > room - 5 - size)
        return b->status = bert__fail(e, BERT_ERROR_FORMAT, b->path, -1, "a block of %llu bytes at byte %llu leaves the file, which has %zu: it is cut off or damaged", (unsigned long long)size, (unsigned long long)at, b->index_size);
    k->start = (size_t)at;
    k->end = (size_t)size;
    k->data = p = b->index + k->start;
    end = p + k->end;
    if (bert__crc_mask(bert__crc_add(&b->crc, 0, p, k->end + 1)) != bert__load32(end + 1))
        return b->status = bert__fail(e, BERT_ERROR_FORMAT, b->path, (int64_t)at, "a block of the index does not match its checksum: the file is damaged, fetch it again");
    if (*end > 1) return b->status = bert__fail(e, BERT_ERROR_UNSUPPORTED, b->path, (int64_t)at, "a block is packed by method %u; 0 (not at all) and 1 (snappy) are read", (unsigned)*end);
    if (*end == 1) {
        if (!bert__varint(&p, end, &length) || length / 32 > size)      /* the best snappy can do is 64 bytes in 3 */
            return b->status = bert__fail(e, BERT_ERROR_FORMAT, b->path, (int64_t)at, "a block packed by snappy has an impossible length");
        k->memory = (unsigned char *)bert__alloc(&b->c->arena.allocator, (size_t)length);
        if (!k->memory) return b->status = bert__fail(e, BERT_ERROR_MEMORY, b->path, -1, "out of memory");
        k->data = k->memory;
        k->end = (size_t)length;
        why = bert__snappy(p, (size_t)(end - p), k->memory, k->end);
        if (why) return b->status = bert__fail(e, BERT_ERROR_FORMAT, b->path, (int64_t)at, "a block packed by snappy is damaged: %s", why);
    }
    if (k->end >= 4) k->restarts = bert__load32(k->data + k->end - 4);
    if (k->end < 4 || !k->restarts || k->restarts > (k->end - 4) / 4)
        return b->status = bert__fail(e, BERT_ERROR_FORMAT, b->path, (int64_t)at, "a block has no room for the %zu restart points it says it has", k->restarts);
    k->end -= 4 + 4 * k->restarts;
    return BERT_OK;
}
BERT__FN void bert__block_close(bert__bundle *b, bert__table_block *k)
{
    bert__free(&b->c->arena.allocator, k->memory);
    k->memory = NULL;
}
/* Where an entry is in the file, for messages: a packed block as a whole. */
BERT__FN int64_t bert__block_at(const bert__table_block *k, size_t entry) { return (int64_t)(k->start + (k->memory ? 0 : entry)); }

/* The next entry: its key in `key`, its value. 1; 0 at the end; -1 and b->status if it is damaged. */
BERT__FN int bert__block_next(bert__bundle *b, bert__table_block *k, bert__table_key *key, const unsigned char **value, size_t *size)
{
    const unsigned char *p = k->data + k->next, *end = k->data + k->end;
    const int64_t at = bert__block_at(k, k->next);
    const int restart = k->restart < k->restarts && bert__load32(end + 4 * k->restart) == k->next;
    uint64_t shared, fresh, length;
    size_t common;
    const char *why = NULL;
    int order;
    if (k->next == k->end && k->restart + (restart && !k->end) == k->restarts) return 0;
    if (k->next == k->end || (!restart && !k->next)) why = "restart points that are not at entries";
    else if (!bert__varint(&p, end, &shared) || !bert__varint(&p, end, &fresh) || !bert__varint(&p, end, &length)) why = "an entry that is cut off";
    else if (fresh > (uint64_t)(end - p) || length > (uint64_t)(end - p) - fresh) why = "an entry that leaves the block";
    else if (shared > (restart ? 0 : key->text.size)) why = "an entry that shares more of its name than there is";
    else if (shared + fresh > BERT__TABLE_NAME) why = "a name of more than 65535 bytes";
    if (!why && key->count) {
        common = key->text.size - (size_t)shared;
        if (common > fresh) common = (size_t)fresh;
        order = common ? memcmp(p, key->text.data + shared, common) : 0;
        if (order < 0 || (order == 0 && fresh <= key->text.size - shared)) why = "names that are not in order";
    }
    if (why) {
        b->status = bert__fail(b->c->error, BERT_ERROR_FORMAT, b->path, at, "a block of the index has %s", why);
        return -1;
    }
    key->text.size = (size_t)shared;
    bert__buf_add(&key->text, p, (size_t)fresh);
    if (key->text.failed) {
        b->status = bert__fail(b->c->error, BERT_ERROR_MEMORY, b->path, -1, "out of memory");
        return -1;
    }
    key->count++;
    k->restart += (size_t)restart;
    *value = p + fresh;
    *size = (size_t)length;
    k->next = (size_t)(*value + length - k->data);
    return 1;
}

/* ---- tensors ---- */

/* TensorFlow's numbers of types and ours; quantized integers are read as what they are stored in. */
static const unsigned char bert__tf_types[][2] = {
    { 1, BERT_F32 }, { 2, BERT_F64 }, { 3, BERT_I32 }, { 4, BERT_U8 }, { 5, BERT_I16 }, { 6, BERT_I8 }, { 8, BERT_C64 }, { 9, BERT_I64 },
    { 10, BERT_BOOL }, { 14, BERT_BF16 }, { 17, BERT_U16 }, { 19, BERT_F16 }, { 22, BERT_U32 }, { 23, BERT_U64 }, { 24, BERT_F8_E5M2 },
    { 25, BERT_F8_E4M3 }, { 11, BERT_I8 }, { 12, BERT_U8 }, { 13, BERT_I32 }, { 15, BERT_I16 }, { 16, BERT_U16 }
};
enum { BERT__TF_TYPES = sizeof bert__tf_types / sizeof *bert__tf_types };

/* ".data-00003-of-00010" */
BERT__FN void bert__shard_suffix(char *out, uint64_t number, uint64_t count)
{
    size_t k;
    memcpy(out, ".data-00000-of-00000", 21);
    for (k = 10; k > 5; k--, number /= 10) out[k] = (char)('0' + number % 10);
    for (k = 19; k > 14; k--, count /= 10) out[k] = (char)('0' + count % 10);
}
BERT__FN char *bert__bundle_name(bert_checkpoint *c, const char *prefix, const char *suffix)
{
    const size_t n = strlen(prefix), m = strlen(suffix) + 1;
    char *name = (char *)bert__arena_get_aligned(&c->arena, n + m, 1);
    if (!name) {
        bert__fail(c->error, BERT_ERROR_MEMORY, prefix, -1, "out of memory");
        return NULL;
    }
    memcpy(name, prefix, n);
    memcpy(name + n, suffix, m);
    return name;
}
/* A data file, opened when its first tensor comes; NULL and b->status after a failure. */
BERT__FN bert__shard *bert__bundle_shard(bert__bundle *b, uint64_t number)
{
    char suffix[21];
    bert__shard *s;
    for (s = b->shards; s; s = s->next) if (s->number == number) return s;
    b->status = BERT_ERROR_MEMORY;
    s = (bert__shard *)bert__arena_get_aligned(&b->c->arena, sizeof *s, 8);
    if (!s) { bert__fail(b->c->error, BERT_ERROR_MEMORY, b->path, -1, "out of memory"); return NULL; }
    bert__shard_suffix(suffix, number, b->shard_count);
    s->path = bert__bundle_name(b->c, b->prefix, suffix);
    if (!s->path) return NULL;
    s->number = number;
    s->used = 0;
    b->status = b->from->get(b->from->user, b->c, s->path, &s->data, &s->size);
    if (b->status != BERT_OK) return NULL;
    if (!s->size) s->data = (const unsigned char *)"";
    s->next = b->shards;
    return b->shards = s;
}

BERT__FN bert_status bert__bundle_header(bert__bundle *b, const unsigned char *value, size_t size, int64_t at)
{
    bert__proto m = bert__proto_begin(value, size), version;
    bert_error *e = b->c->error;
    uint64_t oldest = 0;
    int more, v1 = 0;
    while ((more = bert__proto_next(&m)) > 0) {
        if (m.field == 1 && m.kind == 0) b->shard_count = m.value;
        if (m.field == 1 && m.kind == 2) v1 = 1;
        if (m.field == 2 && m.kind == 0) b->big_endian = m.value == 1;
        if (m.field != 3 || m.kind != 2) continue;
        version = bert__proto_begin(m.bytes, m.size);
        while ((more = bert__proto_next(&version)) > 0) if (version.field == 2 && version.kind == 0) oldest = version.value;
        if (more < 0) break;
    }
    if (more == 0 && v1) return bert__fail(e, BERT_ERROR_UNSUPPORTED, b->path, at, "is a TensorFlow checkpoint of the old V1 format; restore it there and save it again (V2 is the default since TensorFlow 1.0)");
    if (more < 0) return bert__fail(e, BERT_ERROR_FORMAT, b->path, at, "the header of the bundle is damaged");
    if (oldest > 1) return bert__fail(e, BERT_ERROR_UNSUPPORTED, b->path, at, "asks for a reader of version %llu, this one is 1", (unsigned long long)oldest);
    if (!b->shard_count || b->shard_count > 99999) return bert__fail(e, BERT_ERROR_FORMAT, b->path, at, "says it has %llu data files", (unsigned long long)b->shard_count);
    return BERT_OK;
}

BERT__FN bert_status bert__bundle_entry(bert__bundle *b, const char *text, size_t text_size, const unsigned char *value, size_t size, int64_t at)
{
    bert__proto m = bert__proto_begin(value, size), shape, dim;
    bert_error *e = b->c->error;
    uint64_t type = 0, number = 0, offset = 0, bytes = 0, crc = 0, count = 1;
    bert__shard *s;
    int64_t dims[64];
    bert__found f;
    size_t i, width;
    int more, sliced = 0;
    char name[101];
    bert__format(name, sizeof name, "%.*s", text_size < 100 ? (int)text_size : 100, text);
    memset(&f, 0, sizeof f);
    while ((more = bert__proto_next(&m)) > 0) {
        if (m.kind == 0 && m.field == 1) type = m.value;
        if (m.kind == 0 && m.field == 3) number = m.value;
        if (m.kind == 0 && m.field == 4) offset = m.value;
        if (m.kind == 0 && m.field == 5) bytes = m.value;
        if (m.kind == 5 && m.field == 6) crc = m.value;
        if (m.kind == 2 && m.field == 7) sliced = 1;
        if (m.kind != 2 || m.field != 2) continue;
        shape = bert__proto_begin(m.bytes, m.size);
        while ((more = bert__proto_next(&shape)) > 0) {
            uint64_t length = 0;
            if (shape.field != 2 || shape.kind != 2) continue;
            dim = bert__proto_begin(shape.bytes, shape.size);
            while ((more = bert__proto_next(&dim)) > 0) if (dim.field == 1 && dim.kind == 0) length = dim.value;
            if (more < 0) break;
            if (f.rank < 64) dims[f.rank] = length > INT64_MAX ? -1 : (int64_t)length;
            f.rank++;
        }
        if (more < 0) break;
    }
    if (more < 0) return bert__fail_tensor(e, BERT_ERROR_FORMAT, b->path, at, name, "its entry in the index is damaged");
    if (sliced) return bert__fail_tensor(e, BERT_ERROR_UNSUPPORTED, b->path, at, name, "is stored in slices (a partitioned variable); restore it in TensorFlow and save it whole");
    f.name = text;
    f.name_size = text_size;
    f.shape = dims;
    f.dtype = BERT_STRING;
    f.big_endian = b->big_endian;
    f.path = b->path;
    f.at = at;
    for (i = BERT__TF_TYPES; i--;) if (bert__tf_types[i][0] == type) f.dtype = (bert_dtype)bert__tf_types[i][1];
    width = bert_dtype_size(f.dtype);
    if (width) {
        for (i = 0; (int64_t)i < f.rank && i < 64 && dims[i] > 0; i++) count = count > UINT64_MAX / 16 / (uint64_t)dims[i] ? UINT64_MAX / 16 : count * (uint64_t)dims[i];
        if ((int64_t)i < f.rank && i < 64 && dims[i] == 0) count = 0;
        if (f.rank <= 64 && bytes != count * width)
            return bert__fail_tensor(e, BERT_ERROR_FORMAT, b->path, at, name, "has %llu bytes, but its shape and type (%s) need %llu", (unsigned long long)bytes, bert_dtype_name(f.dtype), (unsigned long long)(count * width));
        if (number >= b->shard_count)
            return bert__fail_tensor(e, BERT_ERROR_FORMAT, b->path, at, name, "lies in data file %llu of %llu", (unsigned long long)number, (unsigned long long)b->shard_count);
        s = bert__bundle_shard(b, number);
        if (!s) return b->status;
        if (bytes > s->size || offset > s->size - bytes)
            return bert__fail_tensor(e, BERT_ERROR_FORMAT, s->path, -1, name, "lies at byte %llu, %llu bytes long, but the file has only %zu: it is cut off, or of another checkpoint", (unsigned long long)offset, (unsigned long long)bytes, s->size);
        if (bytes > s->size - s->used)                                  /* the work, too, stays in proportion */
            return bert__fail_tensor(e, BERT_ERROR_FORMAT, s->path, (int64_t)offset, name, "lies over other tensors: all together are larger than the file, which has %zu bytes", s->size);
        s->used += (size_t)bytes;
        f.data = s->data + offset;
        f.limit = (size_t)bytes;
        if (bytes <= b->check && bert__crc_mask(bert__crc_add(&b->crc, 0, f.data, f.limit)) != crc)
            return bert__fail_tensor(e, BERT_ERROR_FORMAT, s->path, (int64_t)offset, name, "its values do not match their checksum: the file is damaged, or of another checkpoint");
    }
    return b->list ? bert__add_tensor(b->c, &f) : BERT_OK;
}

/* All entries of one data block. */
BERT__FN bert_status bert__bundle_block(bert__bundle *b, bert__table_block *k, bert__table_key *key)
{
    const unsigned char *value;
    size_t size;
    for (;;) {
        const int64_t at = bert__block_at(k, k->next);
        const int more = bert__block_next(b, k, key, &value, &size);
        if (more <= 0) return more < 0 ? b->status : BERT_OK;
        if (key->count == 1) {
            b->status = key->text.size ? bert__fail(b->c->error, BERT_ERROR_FORMAT, b->path, at, "the index has no header") : bert__bundle_header(b, value, size, at);
        } else if (key->text.data[0]) {                                 /* (those with a NUL in front are slices: see their tensor) */
            if (key->text.size > b->names_left) return b->status = bert__fail(b->c->error, BERT_ERROR_UNSUPPORTED, b->path, at, "the names of the tensors unfold to far more than the file holds");
            b->names_left -= key->text.size;
            b->status = bert__bundle_entry(b, key->text.data, key->text.size, value, size, at);
        }
        if (b->status != BERT_OK) return b->status;
    }
}

/* Reads the index. Tensors of up to `check` bytes are checked; if `list`, they are added to c. */
BERT__FN bert_status bert__read_bundle(bert_checkpoint *c, const char *prefix, const bert__files_from *from, size_t check, int list)
{
    bert__bundle b;
    bert__table_block index, block;
    bert__table_key outer, inner;
    const unsigned char *p, *value;
    uint64_t at, size, last = 0;
    size_t value_size;
    memset(&b, 0, sizeof b);
    b.c = c;
    b.from = from;
    b.prefix = prefix;
    b.check = check;
    b.list = list;
    b.path = bert__bundle_name(c, prefix, ".index");
    if (!b.path) return BERT_ERROR_MEMORY;
    b.status = from->get(from->user, c, b.path, &b.index, &b.index_size);
    if (b.status != BERT_OK) return b.status;
    if (!bert__is_bundle_index(b.index, b.index_size))
        return bert__fail(c->error, BERT_ERROR_FORMAT, b.path, -1, "is not the index of a TensorFlow checkpoint, or is cut off: its last 8 bytes are not the magic number");
    bert__crc_init(&b.crc, BERT__CRC_CASTAGNOLI);
    b.names_left = bert__add(65536, bert__mul(b.index_size, 64));
    memset(&outer, 0, sizeof outer);
    memset(&inner, 0, sizeof inner);
    bert__buf_init(&outer.text, &c->arena.allocator);
    bert__buf_init(&inner.text, &c->arena.allocator);
    memset(&index, 0, sizeof index);
    p = b.index + b.index_size - BERT__TABLE_FOOTER;
    value = p + 40;
    if (!bert__varint(&p, value, &at) || !bert__varint(&p, value, &size) || !bert__varint(&p, value, &at) || !bert__varint(&p, value, &size))
        b.status = bert__fail(c->error, BERT_ERROR_FORMAT, b.path, (int64_t)b.index_size - BERT__TABLE_FOOTER, "the footer is damaged");
    else bert__block_open(&b, &index, at, size);
    while (b.status == BERT_OK && bert__block_next(&b, &index, &outer, &value, &value_size) > 0) {
        p = value;
        if (!bert__varint(&p, value + value_size, &at) || !bert__varint(&p, value + value_size, &size) || at < last) {
            b.status = bert__fail(c->error, BERT_ERROR_FORMAT, b.path, (int64_t)index.start, "the index block is damaged");
            break;
        }
        if (bert__block_open(&b, &block, at, size) == BERT_OK) bert__bundle_block(&b, &block, &inner);
        bert__block_close(&b, &block);
        last = at + size;                                               /* no block twice: the work stays in proportion */
    }
    if (b.status == BERT_OK && !inner.count) b.status = bert__fail(c->error, BERT_ERROR_FORMAT, b.path, -1, "the index has no header");
    bert__block_close(&b, &index);
    bert__buf_free(&outer.text);
    bert__buf_free(&inner.text);
    if (b.status == BERT_OK && list) c->format = b.shard_count > 1 ? "sharded TensorFlow bundle" : "TensorFlow bundle";
    return b.status;
}
BERT__FN bert_status bert__open_bundle(bert_checkpoint *c, const char *prefix, const bert__files_from *from)
{
    return bert__read_bundle(c, prefix, from, 4096, 1);
}
/* Compares the values of all tensors with their checksums: reads all of the data files. Nothing is added to c but the
   files, if the provider opens them again. */
BERT__FN bert_status bert__bundle_verify(bert_checkpoint *c, const char *prefix, const bert__files_from *from)
{
    return bert__read_bundle(c, prefix, from, SIZE_MAX, 0);
}

/* ---- writing ---- */

/* A block being made. */
typedef struct bert__block_out {
    bert__buf bytes, restarts, last;    /* entries; their restart points; the key before */
    uint32_t interval, since;           /* a restart point every so many entries */
} bert__block_out;

/* A bundle being written. */
typedef struct bert__bundle_out {
    bert__writer data, index;
    bert__block_out block, blocks;      /* of tensors, of handles of blocks */
    bert__buf separator;
    bert_allocator allocator;
    bert__crc crc;
} bert__bundle_out;

BERT__FN void bert__block_init(bert__block_out *k, const bert_allocator *allocator, uint32_t interval)
{
    bert__buf_init(&k->bytes, allocator);
    bert__buf_init(&k->restarts, allocator);
    bert__buf_init(&k->last, allocator);
    k->interval = interval;
    k->since = 0;
}
BERT__FN void bert__block_restart(bert__block_out *k)
{
    unsigned char at[4];
    bert__store32(at, (uint32_t)k->bytes.size);
    bert__buf_add(&k->restarts, at, 4);
    k->since = 0;
}
BERT__FN void bert__block_add(bert__block_out *k, const void *key, size_t key_size, const void *value, size_t size)
{
    unsigned char head[30];
    const char *text = (const char *)key;
    size_t shared = 0, n;
    if (!k->restarts.size || k->since == k->interval) bert__block_restart(k);
    else while (shared < key_size && shared < k->last.size && text[shared] == k->last.data[shared]) shared++;
    n = bert__varint_put(head, shared);
    n += bert__varint_put(head + n, key_size - shared);
    n += bert__varint_put(head + n, size);
    bert__buf_add(&k->bytes, head, n);
    bert__buf_add(&k->bytes, text + shared, key_size - shared);
    bert__buf_add(&k->bytes, value, size);
    k->last.size = 0;
    bert__buf_add(&k->last, text, key_size);
    k->since++;
}
/* Writes the block and empties it; `handle` [20] is where it lies. Returns the handle's size. */
BERT__FN size_t bert__block_finish(bert__bundle_out *o, bert__block_out *k, unsigned char *handle)
{
    unsigned char tail[5];
    size_t n = bert__varint_put(handle, o->index.size);
    if (!k->restarts.size) bert__block_restart(k);
    bert__store32(tail, (uint32_t)(k->restarts.size / 4));
    bert__buf_add(&k->bytes, k->restarts.data, k->restarts.size);
    bert__buf_add(&k->bytes, tail, 4);
    n += bert__varint_put(handle + n, k->bytes.size);
    tail[0] = 0;
    bert__store32(tail + 1, bert__crc_mask(bert__crc_add(&o->crc, bert__crc_add(&o->crc, 0, k->bytes.data, k->bytes.size), tail, 1)));
    bert__writer_add(&o->index, k->bytes.data, k->bytes.size);
    bert__writer_add(&o->index, tail, 5);
    k->bytes.size = k->restarts.size = k->last.size = 0;
    return n;
}
/* A finished block's entry in the index block: under a short key between its last one and the next block's first. */
BERT__FN void bert__block_list(bert__bundle_out *o, const char *last, const char *next, const unsigned char *handle, size_t handle_size)
{
    size_t n = strlen(last), i = 0;
    o->separator.size = 0;
    bert__buf_add(&o->separator, last, n);
    if (o->separator.failed) return;
    if (next) {
        while (last[i] && last[i] == next[i]) i++;
        if (!last[i] || (unsigned char)last[i] + 1 >= (unsigned char)next[i]) i = n;
    } else while (i < n && (unsigned char)last[i] == 255) i++;
    if (i < n) {
        o->separator.data[i] = (char)((unsigned char)last[i] + 1);
        o->separator.size = i + 1;
    }
    bert__block_add(&o->blocks, o->separator.size ? o->separator.data : "", o->separator.size, handle, handle_size);
}

/* Sorts tensors by name, by a heap: the largest goes to the end, n times. */
BERT__FN void bert__sort_outputs(const bert_output **t, size_t n)
{
    size_t start = n / 2, i, child;
    while (n > 1) {
        const bert_output *down;
        if (start) down = t[--start];
        else { down = t[--n]; t[n] = t[0]; }
        for (i = start; (child = 2 * i + 1) < n; i = child) {
            if (child + 1 < n && strcmp(t[child]->name, t[child + 1]->name) < 0) child++;
            if (strcmp(down->name, t[child]->name) >= 0) break;
            t[i] = t[child];
        }
        t[i] = down;
    }
}
/* TensorFlow's number of a type; 0: none. */
BERT__FN unsigned bert__tf_type(bert_dtype dtype)
{
    size_t i;
    for (i = 0; i < BERT__TF_TYPES; i++) if (bert__tf_types[i][1] == (unsigned)dtype) return bert__tf_types[i][0];
    return 0;
}
/* The values, little-endian; returns their checksum. */
BERT__FN uint32_t bert__bundle_values(bert__bundle_out *o, const bert_output *t, size_t size)
{
    unsigned char room[BERT__ROOM];
    uint32_t crc = 0;
    size_t at, n;
    for (at = 0; at < size; at += n) {
        const unsigned char *p = bert__output_part(t, at, size, room, &n);
        crc = bert__crc_add(&o->crc, crc, p, n);
        bert__writer_add(&o->data, p, n);
    }
    return crc;
}
/* The entry of a tensor, as its protocol buffer; returns its size. */
BERT__FN size_t bert__bundle_record(unsigned char *out, const bert_output *t, uint64_t offset, uint64_t size, uint32_t crc)
{
    unsigned char shape[64 * 13], dim[12];
    size_t n = 0, m = 0, d;
    int32_t k;
    for (k = 0; k < t->rank; k++) {
        d = 0;
        if (t->shape[k]) { dim[0] = 1 << 3; d = 1 + bert__varint_put(dim + 1, (uint64_t)t->shape[k]); }
        shape[m++] = 2 << 3 | 2;
        shape[m++] = (unsigned char)d;
        memcpy(shape + m, dim, d);
        m += d;
    }
    out[n++] = 1 << 3;
    n += bert__varint_put(out + n, bert__tf_type(t->dtype));
    out[n++] = 2 << 3 | 2;
    n += bert__varint_put(out + n, m);
    memcpy(out + n, shape, m);
    n += m;
    if (offset) { out[n++] = 4 << 3; n += bert__varint_put(out + n, offset); }
    if (size) { out[n++] = 5 << 3; n += bert__varint_put(out + n, size); }
    if (crc) { out[n++] = 6 << 3 | 5; bert__store32(out + n, crc); n += 4; }
    return n;
}

/* Both files, with the tensors in order; the writers are open. */
BERT__FN void bert__bundle_fill(bert__bundle_out *o, const bert_output *const *tensors, size_t count)
{
    static const unsigned char header[] = { 1 << 3, 1, 3 << 3 | 2, 2, 1 << 3, 1 };      /* one data file, version 1 */
    unsigned char record[64 * 13 + 64], handle[20], footer[BERT__TABLE_FOOTER];
    const char *last = "";
    size_t i, n = 0, size = 0, pending = 0;
    bert__block_add(&o->block, "", 0, header, sizeof header);
    for (i = 0; i < count; i++) {
        const bert_output *t = tensors[i];
        const uint64_t offset = o->data.size;
        uint32_t crc;
        size = bert__output_bytes(t);
        crc = bert__crc_mask(bert__bundle_values(o, t, size));
        n = bert__bundle_record(record, t, offset, size, crc);
        if (pending) bert__block_list(o, last, t->name, handle, pending);
        bert__block_add(&o->block, t->name, strlen(t->name), record, n);
        last = t->name;
        pending = 0;
        if (o->block.bytes.size + o->block.restarts.size + 4 >= BERT__TABLE_BLOCK) pending = bert__block_finish(o, &o->block, handle);
    }
    if (o->block.bytes.size) pending = bert__block_finish(o, &o->block, handle);
    bert__block_list(o, last, NULL, handle, pending);
    memset(footer, 0, sizeof footer);
    n = bert__block_finish(o, &o->block, footer);                       /* the meta block: empty */
    bert__block_finish(o, &o->blocks, footer + n);
    bert__store32(footer + 40, (uint32_t)(BERT__TABLE_MAGIC & 0xFFFFFFFFu));
    bert__store32(footer + 44, (uint32_t)(BERT__TABLE_MAGIC >> 32));
    bert__writer_add(&o->index, footer, sizeof footer);
}
/* Writes PREFIX.data-00000-of-00001 and PREFIX.index. The values come in the order of the names, as a Saver has them.
   Both files are complete before one gets its name; the index comes last, for without it there is no checkpoint. The desc has been
   checked by bert_checkpoint_write. */
BERT__FN bert_status bert__write_bundle(const bert_write_desc *d)
{
    const bert_allocator allocator = bert__allocator(&d->allocator);
    const bert_output **tensors;
    bert__bundle_out *o;
    char *data_path, *index_path;
    bert_status status = BERT_OK;
    size_t i, n = strlen(d->path);
    for (i = 0; i < d->count; i++) {
        const bert_output *t = d->tensors + i;
        if (strlen(t->name) > BERT__TABLE_NAME) return bert__fail_tensor(d->error, BERT_ERROR_ARGUMENT, d->path, -1, t->name, "its name has more than 65535 bytes");
        if (!bert__tf_type(t->dtype)) return bert__fail_tensor(d->error, BERT_ERROR_UNSUPPORTED, d->path, -1, t->name, "values of type %s cannot be written for TensorFlow", bert_dtype_name(t->dtype));
    }
    tensors = (const bert_output **)bert__alloc(&allocator, bert__mul(d->count, sizeof *tensors));
    o = (bert__bundle_out *)bert__alloc(&allocator, sizeof *o);
    data_path = (char *)bert__alloc(&allocator, bert__add(2 * n, 64));
    if (!tensors || !o || !data_path) {
        bert__free(&allocator, (void *)tensors);
        bert__free(&allocator, o);
        bert__free(&allocator, data_path);
        return bert__fail(d->error, BERT_ERROR_MEMORY, d->path, -1, "out of memory");
    }
    index_path = data_path + n + 21;
    memcpy(data_path, d->path, n);
    bert__shard_suffix(data_path + n, 0, 1);
    memcpy(index_path, d->path, n);
    memcpy(index_path + n, ".index", 7);
    for (i = 0; i < d->count; i++) tensors[i] = d->tensors + i;
    bert__sort_outputs(tensors, d->count);
    {
        o->allocator = allocator;
        bert__crc_init(&o->crc, BERT__CRC_CASTAGNOLI);
        bert__block_init(&o->block, &allocator, 16);
        bert__block_init(&o->blocks, &allocator, 1);
        bert__buf_init(&o->separator, &allocator);
        if ((status = bert__writer_open(&o->data, data_path, d->error)) == BERT_OK) {
            if ((status = bert__writer_open(&o->index, index_path, d->error)) == BERT_OK) {
                bert__bundle_fill(o, tensors, d->count);
                if (o->block.bytes.failed || o->block.restarts.failed || o->block.last.failed || o->separator.failed
                    || o->blocks.bytes.failed || o->blocks.restarts.failed || o->blocks.last.failed)
                    status = bert__fail(d->error, BERT_ERROR_MEMORY, d->path, -1, "out of memory");
                if (status == BERT_OK) status = o->index.status;
                if (status == BERT_OK) status = bert__writer_commit(&o->data);
                if (status == BERT_OK) status = bert__writer_commit(&o->index);
                bert__writer_abort(&o->index);
            }
            bert__writer_abort(&o->data);
        }
        bert__buf_free(&o->block.bytes);
        bert__buf_free(&o->block.restarts);
        bert__buf_free(&o->block.last);
        bert__buf_free(&o->blocks.bytes);
        bert__buf_free(&o->blocks.restarts);
        bert__buf_free(&o->blocks.last);
        bert__buf_free(&o->separator);
    }
    bert__free(&allocator, (void *)tensors);
    bert__free(&allocator, o);
    bert__free(&allocator, data_path);
    return status;
}

/* ---- the file `checkpoint`: which one is the newest ---- */

/* A quoted string of a protocol buffer's text form, p behind the quote; its end, or NULL if it has none. */
BERT__FN const char *bert__text_string(const char *p, const char *end, char quote, bert__buf *out)
{
    static const char letters[] = "a\ab\bf\fn\nr\rt\tv\v";
    while (p < end && *p != quote && *p != '\n') {
        char text[4];
        uint32_t c = 0, digits = 0, most, base = 16;
        size_t i;
        if (*p != '\\') { bert__buf_add(out, p++, 1); continue; }
        if (++p == end) return NULL;
        text[0] = *p;
        for (i = 0; i < 14; i += 2) if (*p == letters[i]) text[0] = letters[i + 1];
        most = *p == 'x' || *p == 'X' ? 2 : *p == 'u' ? 4 : *p == 'U' ? 8 : 0;
        if (*p >= '0' && *p <= '7') { most = 3; base = 8; p--; }
        for (p++; digits < most && p < end; p++, digits++) {
            const uint32_t v = *p >= '0' && *p <= '9' ? (uint32_t)(*p - '0') : *p >= 'a' && *p <= 'f' ? (uint32_t)(*p - 'a' + 10) : *p >= 'A' && *p <= 'F' ? (uint32_t)(*p - 'A' + 10) : 16;
            if (v >= base) break;
            c = c * base + v;
        }
        if (most && !digits) return NULL;
        if (most < 4) {
            if (most) text[0] = (char)(c & 255);
            bert__buf_add(out, text, 1);
        } else {
            if (digits < most || c > 0x10FFFF) return NULL;
            bert__buf_add(out, text, (size_t)bert__utf8_put(text, c));
        }
    }
    return p < end && *p == quote ? p + 1 : NULL;
}
/* The model_checkpoint_path in the text of such a file, terminated in `out`, which the caller frees. It may be absolute,
   or relative to the file's directory. */
BERT__FN bert_status bert__parse_state(const char *path, const char *text, size_t size, bert__buf *out, bert_error *error)
{
    const char *p = text, *end = text + size, *word;
    size_t n = 0;
    int wanted = 0, found = 0;
    out->size = 0;
    while (p < end) {
        if (*p == '#') { while (p < end && *p != '\n') p++; }
        else if (*p == '"' || *p == '\'') {
            const char quote = *p;
            n = out->size;
            word = p;
            p = bert__text_string(p + 1, end, quote, out);              /* pieces side by side are one string */
            if (!p) return bert__fail(error, BERT_ERROR_FORMAT, path, (int64_t)(word - text), "a string does not end");
            if (!wanted) out->size = n;
            else found = 1;
        } else if ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || *p == '_') {
            for (word = p; p < end && ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || *p == '_' || (*p >= '0' && *p <= '9')); p++) {}
            wanted = p - word == 21 && memcmp(word, "model_checkpoint_path", 21) == 0;
            if (wanted) out->size = 0;                                  /* the last one counts */
        } else p++;
    }
    bert__buf_add(out, "", 1);
    if (out->failed) return bert__fail(error, BERT_ERROR_MEMORY, path, -1, "out of memory");
    if (!found || out->size == 1) return bert__fail(error, BERT_ERROR_FORMAT, path, -1, "names no checkpoint: it has no model_checkpoint_path");
    if (memchr(out->data, 0, out->size - 1)) return bert__fail(error, BERT_ERROR_FORMAT, path, -1, "the name of the checkpoint holds a NUL");
    return BERT_OK;
}
BERT__FN bert_status bert__read_state(const char *path, const bert_allocator *allocator, bert__buf *out, bert_error *error)
{
    bert_file file;
    bert_status status;
    memset(&file, 0, sizeof file);
    status = bert_file_open(path, allocator, &file, error);
    if (status != BERT_OK) return status;
    status = bert__parse_state(path, (const char *)file.data, file.size, out, error);
    bert_file_close(&file);
    return status;
}
/* Writes `checkpoint` beside a prefix: it is the newest. */
BERT__FN bert_status bert__write_state(const char *prefix, const bert_allocator *allocator, bert_error *error)
{
    static const char *const lines[] = { "model_checkpoint_path: \"", "all_model_checkpoint_paths: \"" };
    bert__buf text;
    bert_status status;
    size_t base = bert__directory_size(prefix), path, k;
    const char *p;
    bert__buf_init(&text, allocator);
    for (k = 0; k < 2; k++) {
        bert__buf_add(&text, lines[k], strlen(lines[k]));
        for (p = prefix + base; *p; p++) {
            const unsigned char c = (unsigned char)*p;
            char escape[4];
            escape[0] = '\\';
            escape[1] = (char)('0' + (c >> 6));
            escape[2] = (char)('0' + (c >> 3 & 7));
            escape[3] = (char)('0' + (c & 7));
            if (c < 32 || c > 126 || c == '"' || c == '\\' || c == '\'') bert__buf_add(&text, escape, 4);
            else bert__buf_add(&text, p, 1);
        }
        bert__buf_add(&text, "\"\n", 2);
    }
    path = text.size;
    bert__buf_add(&text, prefix, base);
    bert__buf_add(&text, "checkpoint", 11);
    if (text.failed) status = bert__fail(error, BERT_ERROR_MEMORY, prefix, -1, "out of memory");
    else status = bert_file_write(text.data + path, text.data, path, error);
    bert__buf_free(&text);
    return status;
}

#endif /* BERT_NO_TF */

/* ============================================================================================================
   >>resolve
   Purpose   from a path, or bytes, to the reader that knows what it is.
   Uses      the readers; directory listings of >>files.
   Promises  a file is judged by its content, not its name; what it is instead is said (a git-lfs pointer, a web page).
             An index names files beside it and nothing else. Of two checkpoints that could be meant none is guessed.

   A path is, in this order,
      a folder     model.safetensors (in a folder of a training: its result); else the checkpoint that TensorFlow's state file
                   `checkpoint` names; else the first of the usual names (bert__usual below); else the .index with the
                   highest step in its name (model.ckpt-900.index); else the only file that ends like a checkpoint
      a file       by its first bytes: see bert__open_content
      a prefix     dir/bert_model.ckpt, where dir/bert_model.ckpt.index is a file

   Sharded checkpoints. model.safetensors.index.json maps each tensor's name to the file that holds it. Each of these
   shards is opened as a checkpoint of its own; then the tensors that were mapped move over, and the memory and files of
   the shards become the whole checkpoint's. What lies in a shard without being mapped is left out.
   ============================================================================================================ */

BERT__FN int bert__ends(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && memcmp(text + n - m, end, m) == 0;
}
BERT__FN int bert__is_absolute(const char *path)
{
#ifdef _WIN32
    if (path[0] == '\\' || (path[0] && path[1] == ':')) return 1;
#endif
    return path[0] == '/';
}
/* The first `n` bytes of a, then b; lives as long as the checkpoint; NULL (and a failure reported) without memory. */
BERT__FN const char *bert__checkpoint_join(bert_checkpoint *c, const char *a, size_t n, const char *b)
{
    const size_t m = strlen(b) + 1;
    char *out = (char *)bert__arena_get_aligned(&c->arena, bert__add(n, m), 1);
    if (!out) { bert__fail(c->error, BERT_ERROR_MEMORY, a, -1, "out of memory"); return NULL; }
    if (n) memcpy(out, a, n);
    memcpy(out + n, b, m);
    return out;
}
/* dir + "/" + name, with one slash. */
BERT__FN const char *bert__checkpoint_path_in(bert_checkpoint *c, const char *dir, const char *name)
{
    const size_t n = strlen(dir);
    const char *with = n && bert__directory_size(dir) != n ? bert__checkpoint_join(c, dir, n, "/") : dir;
    return with ? bert__checkpoint_join(c, with, strlen(with), name) : NULL;
}

/* ---- what a file is ---- */

/* Files that are no checkpoint we read, by bytes at a place of theirs. */
typedef struct bert__other_file { size_t at, size; const char *bytes, *what; } bert__other_file;
static const bert__other_file bert__other_files[] = {
    { 0, 23, "version https://git-lfs", "this is a git-lfs pointer, not the weights: fetch them with git lfs pull" },
    { 0, 8, "\x89HDF\r\n\x1A\n", "an HDF5 file (Keras weights, .h5), which is not read: save the model as safetensors or as a TensorFlow checkpoint" },
    { 0, 4, "GGUF", "a GGUF file (llama.cpp), which is not read: take the model's safetensors or PyTorch file" },
    { 0, 4, "ggml", "a GGML file, which is not read: take the model's safetensors or PyTorch file" },
    { 0, 6, "\x93NUMPY", "a numpy array (.npy), not a checkpoint: save the tensors with safetensors.numpy.save_file" },
    { 4, 4, "TFL3", "a TensorFlow Lite model, which is not read: take the checkpoint it was made from" },
    { 257, 5, "ustar", "a tar archive: unpack it first" },
    { 0, 2, "\x1F\x8B", "compressed with gzip: unpack it first (tar xzf or gunzip)" },
    { 0, 3, "BZh", "compressed with bzip2: unpack it first" },
    { 0, 6, "\xFD" "7zXZ\0", "compressed with xz: unpack it first" },
    { 0, 4, "\x28\xB5\x2F\xFD", "compressed with zstd: unpack it first" },
    { 0, 6, "7z\xBC\xAF\x27\x1C", "a 7z archive: unpack it first" },
    { 0, 4, "Rar!", "a RAR archive: unpack it first" }
};

BERT__FN int bert__is_html(const unsigned char *data, size_t size)
{
    static const char *const starts[] = { "<!doctype", "<html", "<head", "<?xml", "<body" };
    size_t i = 0, k, n;
    while (i < size && i < 1000 && (data[i] == ' ' || data[i] == '\n' || data[i] == '\r' || data[i] == '\t')) i++;
    for (k = 0; k < sizeof starts / sizeof *starts; k++) {
        for (n = 0; starts[k][n] && i + n < size && (data[i + n] | (data[i + n] >= 'A' && data[i + n] <= 'Z' ? 32 : 0)) == (unsigned char)starts[k][n]; n++) {}
        if (!starts[k][n]) return 1;
    }
    return 0;
}
/* ONNX is a protocol buffer without a magic number: ir_version, a small number, then producer_name or the graph. */
BERT__FN int bert__is_onnx(const unsigned char *data, size_t size)
{
    return size > 4 && data[0] == 8 && data[1] < 32 && (data[2] == 0x12 || data[2] == 0x3A);
}
/* "dir/x.data-00000-of-00001" is a part of the values of dir/x: the prefix's length, or 0. */
BERT__FN size_t bert__values_prefix(const char *path)
{
    size_t n = strlen(path), i;
    if (n < 21) return 0;
    for (i = n - 5; i < n; i++) if (!bert__is_digit(path[i]) || !bert__is_digit(path[i - 9])) return 0;
    return memcmp(path + n - 9, "-of-", 4) == 0 && memcmp(path + n - 20, ".data-", 6) == 0 ? n - 20 : 0;
}

/* Where bytes come from: a file that was named; a shard of an index; an entry of an archive. */
enum { BERT__CONTENT_FILE, BERT__CONTENT_SHARD, BERT__CONTENT_ENTRY };
BERT__FN bert_status bert__open_content(bert_checkpoint *c, const char *path, const unsigned char *data, size_t size, int kind);

/* ---- the readers, or what to say where they were left out ---- */

BERT__FN bert_status bert__open_values(bert_checkpoint *c, const char *path, const unsigned char *data, size_t size)
{
#ifdef BERT_NO_SAFETENSORS
    (void)data; (void)size;
    return bert__fail(c->error, BERT_ERROR_UNSUPPORTED, path, -1, "a safetensors file; this program was built without them (BERT_NO_SAFETENSORS)");
#else
    return bert__open_safetensors(c, path, data, size);
#endif
}
BERT__FN bert_status bert__open_pickle(bert_checkpoint *c, const char *path, const unsigned char *data, size_t size)
{
#ifdef BERT_NO_PICKLE
    (void)data; (void)size;
    return bert__fail(c->error, BERT_ERROR_UNSUPPORTED, path, -1, "a PyTorch file; this program was built without them (BERT_NO_PICKLE)");
#else
    return bert__open_pytorch(c, path, data, size);
#endif
}

BERT__FN bert_status bert__open_prefix(bert_checkpoint *c, const char *prefix)
{
#ifdef BERT_NO_TF
    return bert__fail(c->error, BERT_ERROR_UNSUPPORTED, prefix, -1, "a TensorFlow checkpoint; this program was built without them (BERT_NO_TF)");
#else
    c->path = prefix;
    return bert__open_bundle(c, prefix, &c->from);
#endif
}
/* What the state file of a folder names. */
BERT__FN bert_status bert__open_state(bert_checkpoint *c, const char *folder)
{
#ifdef BERT_NO_TF
    return bert__open_prefix(c, folder);
#else
    const char *state = bert__checkpoint_path_in(c, folder, "checkpoint"), *prefix = NULL, *index;
    bert__buf named;
    bert_status st;
    if (!state) return BERT_ERROR_MEMORY;
    bert__buf_init(&named, &c->arena.allocator);
    st = bert__read_state(state, &c->arena.allocator, &named, c->error);
    if (st == BERT_OK) {
        prefix = bert__is_absolute(named.data) ? bert__checkpoint_join(c, named.data, strlen(named.data), "") : bert__checkpoint_path_in(c, folder, named.data);
        index = prefix ? bert__checkpoint_join(c, prefix, strlen(prefix), ".index") : NULL;
        if (!index) st = BERT_ERROR_MEMORY;
        else if (bert__path_kind(index) != BERT__PATH_FILE) {           /* the folder was moved: look for it here */
            prefix = bert__checkpoint_path_in(c, folder, named.data + bert__directory_size(named.data));
            index = prefix ? bert__checkpoint_join(c, prefix, strlen(prefix), ".index") : NULL;
            if (!index) st = BERT_ERROR_MEMORY;
            else if (bert__path_kind(index) != BERT__PATH_FILE)
                st = bert__fail(c->error, BERT_ERROR_IO, state, -1, "names %s, which is not there, and not in this folder either: name the checkpoint you mean", named.data);
        }
    }
    bert__buf_free(&named);
    return st == BERT_OK ? bert__open_prefix(c, prefix) : st;
#endif
}

/* ---- index.json ---- */

typedef struct bert__part { struct bert__part *next; const char *name; bert_checkpoint c; } bert__part;

enum { BERT__JSON_MOST = 1 << 24 };       /* bytes of an index or config: their tree takes some 40 times as much */

/* A file's name and nothing else: what an index may refer to. */
BERT__FN int bert__is_plain_name(const char *name, size_t n)
{
    size_t i;
    if (!n || n > 255 || (name[0] == '.' && (n == 1 || (n == 2 && name[1] == '.')))) return 0;
    for (i = 0; i < n; i++) if (name[i] == '/' || name[i] == '\\' || name[i] == ':' || !name[i]) return 0;
    return 1;
}
/* Memory and files of a shard become the whole's, whether or not the shard could be opened. */
BERT__FN void bert__part_join(bert_checkpoint *c, bert_checkpoint *shard)
{
    bert__open_file **file = &shard->files;
    bert__block **block = &shard->arena.blocks;
    while (*file) file = &(*file)->next;
    *file = c->files;
    c->files = shard->files;
    while (*block) block = &(*block)->next;
    *block = c->arena.blocks->next;                                     /* behind the block that is being filled */
    c->arena.blocks->next = shard->arena.blocks;
    bert__buf_free(&shard->tensors);
    c->file_bytes = bert__add(c->file_bytes, shard->file_bytes);
}
BERT__FN bert_status bert__part_open(bert_checkpoint *c, bert__part *s, const char *path)
{
    bert_status st = BERT_OK;
    const char *full = bert__checkpoint_join(c, path, bert__directory_size(path), s->name);
    const unsigned char *data;
    size_t size;
    memset(&s->c, 0, sizeof s->c);
    bert__arena_init(&s->c.arena, &c->arena.allocator, c->arena.block_size);
    bert__buf_init(&s->c.tensors, &c->arena.allocator);
    s->c.error = c->error;
    s->c.from = c->from;
    s->c.file_bytes = c->file_bytes;                                    /* in an archive that is all there is */
    if (!full) return BERT_ERROR_MEMORY;
    if (c->from.get == bert__directory_get) s->c.file_bytes = 0;
    st = c->from.get(c->from.user, &s->c, full, &data, &size);
    return st == BERT_OK ? bert__open_content(&s->c, full, data, size, BERT__CONTENT_SHARD) : st;
}
BERT__FN bert_status bert__open_weight_map(bert_checkpoint *c, const char *path, const bert_json *map, bert__part **shards)
{
    const bert_json *v;
    bert__part *s = NULL;
    bert_status st;
    for (v = map->first; v; v = v->next) {
        const bert_tensor *t;
        if (v->type != 's') return bert__fail_tensor(c->error, BERT_ERROR_FORMAT, path, (int64_t)v->offset, v->key, "weight_map gives no file name");
        if (!bert__is_plain_name(v->text, v->size))
            return bert__fail_tensor(c->error, BERT_ERROR_FORMAT, path, (int64_t)v->offset, v->key, "weight_map names \"%.*s\"; a shard is a file beside its index, without a path", 100, v->text);
        if (!s || strcmp(s->name, v->text)) for (s = *shards; s && strcmp(s->name, v->text); s = s->next) {}
        if (!s) {
            s = (bert__part *)bert__arena_get(&c->arena, sizeof *s);
            if (!s) return bert__fail(c->error, BERT_ERROR_MEMORY, path, -1, "out of memory");
            s->name = bert__checkpoint_string(c, v->text, v->size);
            if (!s->name) return bert__fail(c->error, BERT_ERROR_MEMORY, path, -1, "out of memory");
            s->next = *shards;
            *shards = s;
            if ((st = bert__part_open(c, s, path)) != BERT_OK) return st;
        }
        t = strlen(v->key) == v->key_size ? bert_checkpoint_find(&s->c, v->key) : NULL;
        if (!t) return bert__fail_tensor(c->error, BERT_ERROR_MISMATCH, path, (int64_t)v->offset, v->key, "mapped to %s, which does not hold it: index and shards do not belong together", s->name);
        if ((st = bert__list_tensor(c, t, path)) != BERT_OK) return st;
    }
    return BERT_OK;
}
BERT__FN bert_status bert__open_index(bert_checkpoint *c, const char *path, const bert_json *map)
{
    bert__part *shards = NULL, *s;
    bert_status st;
    if (map->type != 'o' || !map->count) return bert__fail(c->error, BERT_ERROR_FORMAT, path, (int64_t)map->offset, "weight_map is not an object that names a file for each tensor");
    st = bert__open_weight_map(c, path, map, &shards);
    for (s = shards; s; s = s->next) {
        if (!s->next && st == BERT_OK) {                                /* the first one opened speaks for all */
            c->format = bert__checkpoint_join(c, "sharded ", 8, s->c.format);
            c->metadata = s->c.metadata;
            c->metadata_count = s->c.metadata_count;
            if (!c->format) st = BERT_ERROR_MEMORY;
        }
        bert__part_join(c, &s->c);
    }
    return st;
}
/* A file that starts with '{': the index of a sharded checkpoint, or something that is told by name. */
BERT__FN bert_status bert__open_json(bert_checkpoint *c, const char *path, const unsigned char *data, size_t size)
{
    bert_json_doc doc;
    const bert_json *map;
    bert_status st;
    if (size > BERT__JSON_MOST) return bert__fail(c->error, BERT_ERROR_UNSUPPORTED, path, -1, "a JSON file of %zu bytes; the index of a sharded checkpoint has at most 16 MB here", size);
    st = bert__json_read(path, (const char *)data, size, &c->arena.allocator, &doc, c->error);
    if (st != BERT_OK) return st;
    map = bert_json_get(doc.root, "weight_map");
    if (map && path) st = bert__open_index(c, path, map);
    else if (map) st = bert__fail(c->error, BERT_ERROR_UNSUPPORTED, NULL, -1, "the index of a sharded checkpoint, given as bytes: give its path, the shards lie beside it");
    else if (path && bert__ends(path, ".index.json")) st = bert__fail(c->error, BERT_ERROR_FORMAT, path, -1, "the index has no weight_map, which says in which file each tensor lies");
    else if (bert_json_get(doc.root, "hidden_size") || bert_json_get(doc.root, "model_type"))
        st = bert__fail(c->error, BERT_ERROR_FORMAT, path, -1, "this is a model's config, not its weights: give the folder, or the file of weights beside it");
    else st = bert__fail(c->error, BERT_ERROR_FORMAT, path, -1, "a JSON file without a weight_map: neither weights nor the index of sharded weights");
    bert_json_free(&doc);
    return st;
}

/* ---- archives ---- */

/* The step in "model.ckpt-900.index" and "ckpt-7.index"; 0 without one. */
BERT__FN uint64_t bert__step_of(const char *name, size_t n)
{
    size_t end = n - 6, i = end;
    uint64_t step = 0;
    while (i && bert__is_digit(name[i - 1])) i--;
    if (i == end || !i || name[i - 1] != '-') return 0;
    for (; i < end; i++) step = step > (UINT64_MAX - 9) / 10 ? UINT64_MAX : step * 10 + (uint64_t)(name[i] - '0');
    return step;
}

static const char *const bert__usual[] = {
    "model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json",
    "bert_model.ckpt.index", "variables/variables.index"
};
enum { BERT__USUAL = sizeof bert__usual / sizeof *bert__usual };
/* What PyTorch trainers lay beside a model. */
static const char *const bert__companions[] = { "training_args.bin", "optimizer.bin", "optimizer.pt", "scheduler.bin", "scheduler.pt", "scaler.pt", "rng_state.pth" };

BERT__FN int bert__is_candidate(const char *name)
{
    static const char *const ends[] = { ".safetensors", ".bin", ".pt", ".pth", ".ckpt", ".zip" };
    size_t i;
    for (i = 0; i < sizeof bert__companions / sizeof *bert__companions; i++) if (strcmp(name, bert__companions[i]) == 0) return 0;
    for (i = 0; i < sizeof ends / sizeof *ends; i++) if (bert__ends(name, ends[i])) return 1;
    return 0;
}

/* Google publishes its models as .zip files of a TensorFlow checkpoint; others zip a folder of Hugging Face's. PyTorch's own
   format is a zip as well. */
typedef struct bert__from_zip { bert__zip zip; size_t skip; } bert__from_zip;

/* A file of the archive: `name` is the archive's path, '/', and the entry's name. */
BERT__FN bert_status bert__zip_get(void *user, bert_checkpoint *c, const char *name, const unsigned char **data, size_t *size)
{
    bert__from_zip *from = (bert__from_zip *)user;
    bert__zip_entry *e = bert__zip_find(&from->zip, name + from->skip, strlen(name) - from->skip);
    bert_status st;
    if (!e) return bert__fail(c->error, BERT_ERROR_FORMAT, name, -1, "the archive has no such file");
    st = bert__zip_bytes(c, &from->zip, e, data, size);
    if (st == BERT_OK && e->method) c->file_bytes = bert__add(c->file_bytes, *size);
    return st;
}
BERT__FN int bert__entry_ends(const bert__zip_entry *e, const char *end)
{
    const size_t n = strlen(end);
    return e->name_size >= n && memcmp(e->name + e->name_size - n, end, n) == 0 && !(e->name_size > 9 && memcmp(e->name, "__MACOSX/", 9) == 0);
}
/* The entry that holds the weights, chosen as in a folder, whatever folder of the archive it lies in: *best stays NULL if
   there is none. */
BERT__FN bert_status bert__choose_entry(bert_checkpoint *c, const bert__zip *zip, const bert__zip_entry **best)
{
    const bert__zip_entry *also = NULL;
    uint64_t step = 0;
    size_t i, k;
    *best = NULL;
    for (k = 0; k < BERT__USUAL + 2 && !*best; k++)                     /* the usual names; an index; anything that ends like weights */
        for (i = 0; i < zip->count; i++) {
            const bert__zip_entry *e = &zip->entries[i];
            uint64_t s = 0;
            if (k < BERT__USUAL) {
                const size_t n = strlen(bert__usual[k]);
                if (!bert__entry_ends(e, bert__usual[k]) || (e->name_size > n && e->name[e->name_size - n - 1] != '/')) continue;
            } else if (k == BERT__USUAL) {
                if (!bert__entry_ends(e, ".index")) continue;
                s = bert__step_of(e->name, e->name_size);
            } else {
                char name[256];
                size_t n = e->name_size < 255 ? e->name_size : 255;
                memcpy(name, e->name + e->name_size - n, n);
                name[n] = 0;
                if (!bert__entry_ends(e, "") || !bert__is_candidate(name + bert__directory_size(name))) continue;
            }
            if (!*best || s > step) { *best = e; step = s; also = NULL; }
            else if (s == step) also = e;
        }
    if (!also) return BERT_OK;
    return bert__fail(c->error, BERT_ERROR_ARGUMENT, zip->path, -1, "the archive holds several checkpoints (%.*s and %.*s, perhaps more): unpack it and name the one you mean",
                      (*best)->name_size < 100 ? (int)(*best)->name_size : 100, (*best)->name, also->name_size < 100 ? (int)also->name_size : 100, also->name);
}
BERT__FN bert_status bert__open_archive(bert_checkpoint *c, const char *path, const unsigned char *data, size_t size)
{
    bert__from_zip *from = (bert__from_zip *)bert__arena_get(&c->arena, sizeof *from);
    const bert__zip_entry *best;
    const char *place = path ? path : "(memory)", *entry, *whole;
    size_t i, arrays = 0;
    bert_status st;
    if (!from) return bert__fail(c->error, BERT_ERROR_MEMORY, path, -1, "out of memory");
    memset(from, 0, sizeof *from);
    st = bert__zip_open(c, &from->zip, path, data, size);
    if (st != BERT_OK) return st;
    for (i = 0; i < from->zip.count; i++) {
        if (bert__entry_ends(&from->zip.entries[i], "data.pkl")) return bert__open_pickle(c, path, data, size);
        arrays += (size_t)bert__entry_ends(&from->zip.entries[i], ".npy");
    }
    st = bert__choose_entry(c, &from->zip, &best);
    if (st != BERT_OK) return st;
    if (!best && arrays)
        return bert__fail(c->error, BERT_ERROR_UNSUPPORTED, path, -1, "a numpy archive (.npz), which is not read: save its arrays with safetensors.numpy.save_file");
    if (!best) return bert__open_pickle(c, path, data, size);
    entry = bert__checkpoint_string(c, best->name, best->name_size);
    whole = bert__checkpoint_join(c, place, strlen(place), "/");
    if (whole && entry) whole = bert__checkpoint_join(c, whole, strlen(whole), entry);
    if (!entry || !whole) return bert__fail(c->error, BERT_ERROR_MEMORY, path, -1, "out of memory");
    from->skip = strlen(place) + 1;
    c->from.get = bert__zip_get;
    c->from.user = from;
    if (bert__ends(whole, ".index")) {
        whole = bert__checkpoint_join(c, whole, strlen(whole) - 6, "");
        return whole ? bert__open_prefix(c, whole) : BERT_ERROR_MEMORY;
    }
    c->path = whole;
    st = bert__zip_get(from, c, whole, &data, &size);
    return st == BERT_OK ? bert__open_content(c, whole, data, size, BERT__CONTENT_ENTRY) : st;
}

/* ---- one file ---- */

/* Which reader knows these bytes. The path serves for messages, and for the files beside it; NULL: there are none. In a
   shard only weights are accepted, no further index; in an archive no archive but PyTorch's. */
BERT__FN bert_status bert__open_content(bert_checkpoint *c, const char *path, const unsigned char *data, size_t size, int kind)
{
    const int named = kind == BERT__CONTENT_FILE;
    const int is_table = size >= 48 && bert__load64(data + size - 8) == 0xDB4775248B80FB57u;     /* see >>bundle */
    const int brace = size > 8 && data[8] == '{';
    size_t i;
    if (!size) return bert__fail(c->error, BERT_ERROR_FORMAT, path, -1, "the file is empty: fetch it again");
    if (brace && bert__load64(data) <= size - 8) return bert__open_values(c, path, data, size);
    if (BERT__ONLY_SAFETENSORS) return bert__fail(c->error, BERT_ERROR_UNSUPPORTED, path, -1, "not safetensors, all this program was built for");
    for (i = 0; i < sizeof bert__other_files / sizeof *bert__other_files; i++) {
        const bert__other_file *o = &bert__other_files[i];
        if (size >= o->at + o->size && memcmp(data + o->at, o->bytes, o->size) == 0 && !(i && is_table))
            return bert__fail(c->error, i ? BERT_ERROR_UNSUPPORTED : BERT_ERROR_FORMAT, path, -1, "%s", o->what);
    }
    if (data[0] != 0x80 && bert__is_zip(data, size)) return named ? bert__open_archive(c, path, data, size) : bert__open_pickle(c, path, data, size);
    if (bert__is_html(data, size))
        return bert__fail(c->error, BERT_ERROR_FORMAT, path, -1, "an HTML page, not weights: the server answered with a web page; download the file itself");
    if (is_table && path && bert__ends(path, ".index") && named) {
        const char *prefix = bert__checkpoint_join(c, path, strlen(path) - 6, "");
        return prefix ? bert__open_prefix(c, prefix) : BERT_ERROR_MEMORY;
    }
    if (is_table && !path)
        return bert__fail(c->error, BERT_ERROR_UNSUPPORTED, NULL, -1, "a TensorFlow index, given as bytes: give the checkpoint's path, the values lie in files beside it");
    if (is_table)
        return bert__fail(c->error, BERT_ERROR_UNSUPPORTED, path, -1, "a TensorFlow checkpoint of the old version 1: load it in TensorFlow and save it again with tf.train.Saver(write_version=tf.train.SaverDef.V2)");
    if (size > 22 && memcmp(data, "model_checkpoint_path:", 22) == 0 && path && named) {
        const char *folder = bert__checkpoint_join(c, path, bert__directory_size(path), "");
        return folder ? bert__open_state(c, folder) : BERT_ERROR_MEMORY;
    }
    if (brace && !(data[7] >= 32 && data[7] < 127)) return bert__open_values(c, path, data, size);
    for (i = 0; i < size && (data[i] == ' ' || data[i] == '\n' || data[i] == '\r' || data[i] == '\t'); i++) {}
    if (i < size && data[i] == '{' && kind != BERT__CONTENT_SHARD) return bert__open_json(c, path, data, size);
    if (data[0] == 0x80 || (path && (bert__ends(path, ".bin") || bert__ends(path, ".pt") || bert__ends(path, ".pth")))) return bert__open_pickle(c, path, data, size);
    if (path && bert__ends(path, ".safetensors")) return bert__open_values(c, path, data, size);
    if (bert__is_onnx(data, size))
        return bert__fail(c->error, BERT_ERROR_UNSUPPORTED, path, -1, "an ONNX model, which is not read: take the safetensors or PyTorch file it was made from");
    return bert__fail(c->error, BERT_ERROR_FORMAT, path, -1, "no checkpoint of a known format: neither safetensors nor PyTorch nor a TensorFlow index");
}

/* ---- folders and paths ---- */

BERT__FN bert_status bert__open_one(bert_checkpoint *c, const char *path)
{
    bert_status st;
    const bert_file *file = bert__checkpoint_file(c, path, &st);
    c->path = path;
    return file ? bert__open_content(c, path, file->data, file->size, BERT__CONTENT_FILE) : st;
}
/* Of the names in a folder the one that is meant: *best stays NULL if there is none. Two that are equally good are an
   error that names both. */
BERT__FN bert_status bert__choose(bert_checkpoint *c, const char *folder, const bert__buf *names, const char **best)
{
    const char *name, *also = NULL;
    uint64_t step = 0;
    int indexes;
    *best = NULL;
    for (indexes = 1; indexes >= 0 && !*best; indexes--)
        for (name = names->data; name && name < names->data + names->size; name += strlen(name) + 1) {
            uint64_t s = indexes ? 0 : 1;
            if (indexes ? !bert__ends(name, ".index") : !bert__is_candidate(name)) continue;
            if (indexes) s = bert__step_of(name, strlen(name));
            if (!*best || s > step) { *best = name; step = s; also = NULL; }
            else if (s == step) also = name;
        }
    if (!also) return BERT_OK;
    return bert__fail(c->error, BERT_ERROR_ARGUMENT, folder, -1, "the folder holds several checkpoints (%s and %s, perhaps more): name the one you mean", *best, also);
}
BERT__FN bert_status bert__open_folder(bert_checkpoint *c, const char *folder)
{
    const char *path = NULL, *best = NULL;
    bert__buf names;
    size_t i;
    bert_status st;
    for (i = 0; i <= BERT__USUAL; i++) {                                /* the first is model.safetensors; then the state file */
        path = bert__checkpoint_path_in(c, folder, i == 1 ? "checkpoint" : bert__usual[i ? i - 1 : 0]);
        if (!path) return BERT_ERROR_MEMORY;
        if (bert__path_kind(path) == BERT__PATH_FILE) return i == 1 ? bert__open_state(c, folder) : bert__open_one(c, path);
    }
    bert__buf_init(&names, &c->arena.allocator);
    st = bert__list_folder(folder, &names, c->error);
    if (st == BERT_OK) st = bert__choose(c, folder, &names, &best);
    if (st == BERT_OK && best) {
        path = bert__checkpoint_path_in(c, folder, best);
        if (!path) st = BERT_ERROR_MEMORY;
    }
    bert__buf_free(&names);
    if (st != BERT_OK) return st;
    if (best) return bert__open_one(c, path);
    return bert__fail(c->error, BERT_ERROR_IO, folder, -1, "no checkpoint in this folder: looked for TensorFlow's state file \"checkpoint\", %s, %s, %s, %s, %s, %s, and for a file *.index, *.safetensors, "
                      "*.bin, *.pt, *.pth, *.ckpt or *.zip", bert__usual[0], bert__usual[1], bert__usual[2], bert__usual[3], bert__usual[4], bert__usual[5]);
}
BERT__FN bert_status bert__open_path(bert_checkpoint *c, const char *path)
{
    const int kind = bert__path_kind(path);
    size_t n;
    const char *index, *prefix;
    if (kind == BERT__PATH_FOLDER) return bert__open_folder(c, path);
    index = bert__checkpoint_join(c, path, strlen(path), ".index");
    if (!index) return BERT_ERROR_MEMORY;
    if (kind == BERT__PATH_NONE) {
        if (bert__path_kind(index) == BERT__PATH_FILE) return bert__open_prefix(c, path);
        return bert__fail(c->error, BERT_ERROR_IO, path, -1, "no such file or folder; and no TensorFlow checkpoint of this prefix, for %s.index is not there either", path + bert__directory_size(path));
    }
    if ((n = bert__values_prefix(path)) != 0) {                         /* a part of the values: its index is beside it */
        prefix = bert__checkpoint_join(c, path, n, "");
        return prefix ? bert__open_prefix(c, prefix) : BERT_ERROR_MEMORY;
    }
    if (bert__ends(path, "saved_model.pb") && bert__directory_size(path) == strlen(path) - 14) {
        index = bert__checkpoint_join(c, path, strlen(path) - 14, "variables/variables.index");
        if (!index) return BERT_ERROR_MEMORY;
        if (bert__path_kind(index) == BERT__PATH_FILE) return bert__open_one(c, index);
    }
    return bert__open_one(c, path);
}

BERT_API bert_status bert_checkpoint_open(const bert_checkpoint_desc *desc, bert_checkpoint **out)
{
    bert_checkpoint *c;
    bert__arena arena;
    bert_status st;
    if (!desc || !out) return BERT_ERROR_ARGUMENT;
    if (!desc->path == !desc->data)
        return bert__fail(desc->error, BERT_ERROR_ARGUMENT, desc->path, -1, "bert_checkpoint_open needs a path or the bytes of a file: one of the two");
    bert__arena_init(&arena, &desc->allocator, 16384);
    c = (bert_checkpoint *)bert__arena_get(&arena, sizeof *c);
    if (!c) return bert__fail(desc->error, BERT_ERROR_MEMORY, desc->path, -1, "out of memory");
    memset(c, 0, sizeof *c);
    c->arena = arena;
    c->error = desc->error;
    c->from = bert__from_directory();
    bert__buf_init(&c->tensors, &desc->allocator);
    if (desc->path) {
        const char *path = bert__checkpoint_string(c, desc->path, strlen(desc->path));
        st = path ? bert__open_path(c, path) : bert__fail(c->error, BERT_ERROR_MEMORY, desc->path, -1, "out of memory");
    } else {
        c->file_bytes = desc->size;
        st = bert__open_content(c, NULL, (const unsigned char *)desc->data, desc->size, BERT__CONTENT_FILE);
    }
    c->error = NULL;
    if (st != BERT_OK) { bert_checkpoint_close(c); return st; }
    *out = c;
    return BERT_OK;
}

/* ---- the files beside a checkpoint ---- */

/* Where a file of this name lies beside the checkpoint, in `out`; 0: nowhere. That is the folder of the checkpoint (in the
   archive, if it lies in one); for variables/ of a SavedModel or hub module also the folder above and its assets/. */
BERT__FN int bert__find_beside(const bert_checkpoint *c, const char *name, char *out, size_t size)
{
    const bert__from_zip *zip = !BERT__ONLY_SAFETENSORS && c->from.get == bert__zip_get ? (const bert__from_zip *)c->from.user : NULL;
    const size_t n = c->path ? bert__directory_size(c->path) : 0;
    int place;
    if (BERT__ONLY_SAFETENSORS || (!BERT__FILES && !zip) || !c->path) return 0;
    for (place = 0; place < 3; place++) {
        size_t folder = n;
        const char *up = "";
        if (place && n >= 10 && memcmp(c->path + n - 10, "variables", 9) == 0 && (n == 10 || bert__is_slash(c->path[n - 11]))) folder = n - 10;
        else if (place && !n && !zip && strcmp(c->path, "variables") == 0) up = "../";
        else if (place) break;
        if (folder + strlen(name) + 16 > size) continue;
        bert__format(out, size, "%.*s%s%s%s", (int)folder, c->path, up, place == 2 ? "assets/" : "", name);
        if (zip ? bert__zip_find(&zip->zip, out + zip->skip, strlen(out) - zip->skip) != NULL : bert__path_kind(out) == BERT__PATH_FILE) return 1;
    }
    return 0;
}
/* Reads what bert__find_beside found. An entry of an archive is unpacked each time: the checkpoint does not change. */
BERT__FN bert_status bert__read_beside(const bert_checkpoint *c, const char *path, bert_file *out, bert_error *error)
{
    const bert__from_zip *from = (const bert__from_zip *)c->from.user;
    const unsigned char *data;
    bert_checkpoint unpacker;
    bert__zip zip;
    bert__zip_entry entry;
    bert_status st;
    size_t size;
    if (BERT__ONLY_SAFETENSORS || c->from.get != bert__zip_get) return bert_file_open(path, &c->arena.allocator, out, error);
    memset(&unpacker, 0, sizeof unpacker);
    bert__arena_init(&unpacker.arena, &c->arena.allocator, 4096);
    unpacker.error = error;
    zip = from->zip;
    zip.unpacked = 0;
    entry = *bert__zip_find(&from->zip, path + from->skip, strlen(path) - from->skip);
    entry.unpacked = NULL;
    st = bert__zip_bytes(&unpacker, &zip, &entry, &data, &size);
    if (st == BERT_OK) {
        void *memory = bert__alloc(&c->arena.allocator, size);
        if (!memory) st = bert__fail(error, BERT_ERROR_MEMORY, path, -1, "out of memory");
        else {
            if (size) memcpy(memory, data, size);
            memset(out, 0, sizeof *out);
            out->data = (const unsigned char *)memory;
            out->size = size;
            out->memory = memory;
            out->allocator = c->arena.allocator;
        }
    }
    bert__arena_free(&unpacker.arena);
    return st;
}
BERT_API bert_status bert_checkpoint_beside(const bert_checkpoint *checkpoint, const char *name, char *path, size_t path_size, bert_file *out, bert_error *error)
{
    char place[4096];
    bert_status st;
    if (!checkpoint || !name || !out || !bert__is_plain_name(name, strlen(name)))
        return bert__fail(error, BERT_ERROR_ARGUMENT, NULL, -1, "bert_checkpoint_beside needs an open checkpoint, the name of a file without a path, and a place for it");
    if (!bert__find_beside(checkpoint, name, place, sizeof place))
        return bert__fail(error, BERT_ERROR_IO, checkpoint->path, -1, "no %s lies beside this checkpoint", name);
    st = bert__read_beside(checkpoint, place, out, error);
    if (st == BERT_OK && path && path_size) bert__format(path, path_size, "%s", place);
    return st;
}

/* ---- writing ---- */

BERT__FN int bert__output_name_before(const void *user, uint32_t a, uint32_t b)
{
    const bert_output *t = (const bert_output *)user;
    const int names = strcmp(t[a].name, t[b].name);
    return names ? names < 0 : a < b;
}
/* What every format needs: names that are text and differ, sizes that fit, values. */
BERT__FN bert_status bert__check_written(const bert_write_desc *d, const bert_output *t)
{
    int64_t bytes = (int64_t)bert_dtype_size(t->dtype);
    int32_t k;
    const char *name = t->name ? t->name : "(no name)";
    if (!t->name || !t->name[0] || bert__utf8_check(t->name, strlen(t->name)) != strlen(t->name))
        return bert__fail_tensor(d->error, BERT_ERROR_ARGUMENT, d->path, -1, name, "a tensor's name must be UTF-8 and not empty");
    if (!bytes) return bert__fail_tensor(d->error, BERT_ERROR_ARGUMENT, d->path, -1, name, "values of type %s cannot be written", bert_dtype_name(t->dtype));
    if (t->rank < 0 || t->rank > 64 || (t->rank && !t->shape)) return bert__fail_tensor(d->error, BERT_ERROR_ARGUMENT, d->path, -1, name, "its rank is %d; 0 to 64 dimensions can be written", t->rank);
    for (k = 0; k < t->rank; k++) {
        if (t->shape[k] < 0) return bert__fail_tensor(d->error, BERT_ERROR_ARGUMENT, d->path, -1, name, "dimension %d is %lld", k, (long long)t->shape[k]);
        if (t->shape[k] && (bytes > INT64_MAX / 16 / t->shape[k] || (uint64_t)(bytes * t->shape[k]) > SIZE_MAX / 2))
            return bert__fail_tensor(d->error, BERT_ERROR_ARGUMENT, d->path, -1, name, "the dimensions multiply to more bytes than memory can hold");
        bytes *= t->shape[k];
    }
    if (!t->from && bytes && !t->data) return bert__fail_tensor(d->error, BERT_ERROR_ARGUMENT, d->path, -1, name, "it has no values");
    if (t->from && t->from->count != bytes / (int64_t)bert_dtype_size(t->dtype))
        return bert__fail_tensor(d->error, BERT_ERROR_ARGUMENT, d->path, -1, name, "its shape does not fit the %lld values it is made from", (long long)t->from->count);
    if (t->from && !bert__becomes(t->from->dtype, t->dtype))
        return bert__fail_tensor(d->error, BERT_ERROR_UNSUPPORTED, d->path, -1, name, "is made from %s, which does not become %s", bert_dtype_name(t->from->dtype), bert_dtype_name(t->dtype));
    return BERT_OK;
}
BERT_API bert_status bert_checkpoint_write(const bert_write_desc *desc)
{
    bert_allocator allocator;
    bert_format format;
    bert_status st = BERT_OK;
    uint32_t *order;
    size_t i;
    if (!desc) return BERT_ERROR_ARGUMENT;
    if (!BERT__FILES) return bert__fail(desc->error, BERT_ERROR_UNSUPPORTED, desc->path, -1, "this program was built without files (BERT_NO_STDIO)");
    if (!desc->path || !desc->path[0] || (desc->count && !desc->tensors) || desc->count > UINT32_MAX / 2 || (unsigned)desc->format > BERT_FORMAT_TF)
        return bert__fail(desc->error, BERT_ERROR_ARGUMENT, desc->path, -1, "bert_checkpoint_write needs a path, tensors and a format of the list");
    for (i = 0; i < desc->count && st == BERT_OK; i++) st = bert__check_written(desc, &desc->tensors[i]);
    if (st != BERT_OK) return st;
    allocator = bert__allocator(&desc->allocator);
    order = (uint32_t *)bert__alloc(&allocator, bert__mul(desc->count, sizeof *order));
    if (!order) return bert__fail(desc->error, BERT_ERROR_MEMORY, desc->path, -1, "out of memory");
    bert__sort_order(order, desc->count, bert__output_name_before, desc->tensors);
    for (i = 1; i < desc->count && st == BERT_OK; i++)
        if (strcmp(desc->tensors[order[i - 1]].name, desc->tensors[order[i]].name) == 0)
            st = bert__fail_tensor(desc->error, BERT_ERROR_ARGUMENT, desc->path, -1, desc->tensors[order[i]].name, "two tensors have this name");
    bert__free(&allocator, order);
    if (st != BERT_OK) return st;
    format = desc->format;
    if (format == BERT_FORMAT_AUTO)
        format = bert__ends(desc->path, ".safetensors") ? BERT_FORMAT_SAFETENSORS
               : bert__ends(desc->path, ".bin") || bert__ends(desc->path, ".pt") ? BERT_FORMAT_PYTORCH : BERT_FORMAT_TF;
    switch (format) {
#ifndef BERT_NO_SAFETENSORS
    case BERT_FORMAT_SAFETENSORS: return bert__write_safetensors(desc);
#endif
#ifndef BERT_NO_PICKLE
    case BERT_FORMAT_PYTORCH: return bert__write_pytorch(desc);
#endif
#ifndef BERT_NO_TF
    case BERT_FORMAT_TF:
        st = bert__write_bundle(desc);
        return st == BERT_OK && desc->newest ? bert__write_state(desc->path, &desc->allocator, desc->error) : st;
#endif
    default:
        return bert__fail(desc->error, BERT_ERROR_UNSUPPORTED, desc->path, -1, "this program was built without %s",
                          format == BERT_FORMAT_SAFETENSORS ? "safetensors (BERT_NO_SAFETENSORS)" : format == BERT_FORMAT_PYTORCH ? "PyTorch's files (BERT_NO_PICKLE)" : "TensorFlow checkpoints (BERT_NO_TF)");
    }
}

/* ============================================================================================================
   >>config
   Purpose   the numbers that make one BERT different from another, from Google's or Hugging Face's JSON or by name.
   Uses      >>json.
   Promises  every number is checked: what bert_config_check lets pass cannot overflow later. What "gelu" means follows the
             source: a config of transformers says so by its members; all others are Google's kind.
   ============================================================================================================ */

BERT_API const char *bert_activation_name(bert_activation activation)
{
    static const char *const names[] = { "default", "gelu", "gelu_new", "gelu_10", "quick_gelu", "relu", "silu", "tanh", "linear" };
    return (unsigned)activation <= BERT_LINEAR ? names[activation] : "unknown";
}

/* The activation a config names; DEFAULT for "gelu", whose meaning is the source's; -1 unknown. */
BERT__FN int bert__activation(const bert_json *v)
{
    static const struct { const char *name; int value; } names[] = {
        { "gelu", BERT_ACTIVATION_DEFAULT }, { "gelu_new", BERT_GELU_TANH }, { "gelu_pytorch_tanh", BERT_GELU_TANH }, { "gelu_fast", BERT_GELU_TANH },
        { "gelu_python", BERT_GELU_ERF }, { "gelu_10", BERT_GELU_10 }, { "quick_gelu", BERT_QUICK_GELU }, { "relu", BERT_RELU },
        { "silu", BERT_SILU }, { "swish", BERT_SILU }, { "tanh", BERT_TANH }, { "linear", BERT_LINEAR } };
    size_t i;
    for (i = 0; i < sizeof names / sizeof *names; i++)
        if (bert_json_is(v, names[i].name)) return names[i].value;
    return -1;
}

BERT_API bert_status bert_config_check(const bert_config *c, const char *path, bert_error *error)
{
    static const struct { const char *name; int32_t low, high; } limits[] = {
        { "hidden_size", 1, 1 << 17 }, { "num_hidden_layers", 1, 1024 }, { "num_attention_heads", 1, 1 << 14 }, { "intermediate_size", 1, 1 << 19 },
        { "vocab_size", 1, 1 << 26 }, { "max_position_embeddings", 1, 1 << 22 }, { "type_vocab_size", 1, 1 << 16 },
        { "max_relative_position", 0, 1 << 16 }, { "num_labels", 0, 1 << 20 } };
    int32_t v[9];
    int i;
    v[0] = c->hidden_size; v[1] = c->layers; v[2] = c->heads; v[3] = c->intermediate_size; v[4] = c->vocab_size; v[5] = c->max_positions; v[6] = c->type_vocab_size;
    v[7] = c->max_relative_position; v[8] = c->labels;
    for (i = 0; i < 9; i++)
        if (v[i] < limits[i].low || v[i] > limits[i].high)
            return bert__fail_tensor(error, BERT_ERROR_FORMAT, path, -1, limits[i].name, "is %d; it can be %d to %d", (int)v[i], (int)limits[i].low, (int)limits[i].high);
    if (c->hidden_size % c->heads)
        return bert__fail_tensor(error, BERT_ERROR_MISMATCH, path, -1, "hidden_size", "%d is no multiple of num_attention_heads, %d", (int)c->hidden_size, (int)c->heads);
    if (!(c->layer_norm_eps >= 0 && c->layer_norm_eps < 1)) return bert__fail_tensor(error, BERT_ERROR_FORMAT, path, -1, "layer_norm_eps", "must lie in [0, 1)");
    if (!(c->hidden_dropout >= 0 && c->hidden_dropout < 1)) return bert__fail_tensor(error, BERT_ERROR_FORMAT, path, -1, "hidden_dropout_prob", "must lie in [0, 1)");
    if (!(c->attention_dropout >= 0 && c->attention_dropout < 1)) return bert__fail_tensor(error, BERT_ERROR_FORMAT, path, -1, "attention_probs_dropout_prob", "must lie in [0, 1)");
    if (!(c->initializer_range >= 0 && c->initializer_range < 100)) return bert__fail_tensor(error, BERT_ERROR_FORMAT, path, -1, "initializer_range", "must lie in [0, 100)");
    return BERT_OK;
}

BERT_API bert_status bert_config_check_vocabulary(const bert_config *config, int64_t tokens, const char *path, bert_error *error)
{
    if (!config) return bert__fail(error, BERT_ERROR_ARGUMENT, path, -1, "bert_config_check_vocabulary needs a config");
    if (tokens <= config->vocab_size) return BERT_OK;
    return bert__fail_tensor(error, BERT_ERROR_MISMATCH, path, -1, "vocab_size", "the vocabulary has %lld tokens, the model only %d (its vocab_size): give the vocabulary the model was trained with, or raise "
                             "vocab_size and train from scratch", (long long)tokens, (int)config->vocab_size);
}

/* The models Google published first, whose folders say how they were cased. */
static const struct { const char *name; int lower; } bert__case_models[] = {
    { "uncased_L-24_H-1024_A-16", 1 }, { "uncased_L-12_H-768_A-12", 1 }, { "multilingual_L-12_H-768_A-12", 1 }, { "chinese_L-12_H-768_A-12", 1 },
    { "cased_L-12_H-768_A-12", 0 }, { "cased_L-24_H-1024_A-16", 0 }, { "multi_cased_L-12_H-768_A-12", 0 } };

BERT__FN int bert__is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

BERT_API bert_status bert_case_check(int lower_case, const char *checkpoint, bert_error *error)
{
    const char *p, *name;
    size_t i, n;
    /* the expression is ^.*?([A-Za-z0-9_-]+)/bert_model.ckpt : the first place where it fits, a line's end before it not allowed */
    for (p = checkpoint; p && *p && *p != '\n'; p++) {
        if (strncmp(p, "/bert_model", 11) != 0 || !p[11] || p[11] == '\n' || strncmp(p + 12, "ckpt", 4) != 0) continue;
        for (name = p; name > checkpoint && (bert__is_letter(name[-1]) || bert__is_digit(name[-1]) || name[-1] == '_' || name[-1] == '-'); name--) {}
        n = (size_t)(p - name);
        if (!n) continue;
        for (i = 0; i < sizeof bert__case_models / sizeof *bert__case_models; i++) {
            if (strlen(bert__case_models[i].name) != n || memcmp(bert__case_models[i].name, name, n) != 0 || !lower_case == !bert__case_models[i].lower) continue;
            return bert__fail(error, BERT_ERROR_MISMATCH, NULL, -1, "You passed in `--do_lower_case=%s` with `--init_checkpoint=%.*s`. However, `%.*s` seems to be a %s model, so you should pass in "
                              "`--do_lower_case=%s` so that the fine-tuning matches how the model was pre-training. If this error is wrong, switch the check off.", lower_case ? "True" : "False",
                              160, checkpoint, (int)n, name, lower_case ? "cased" : "lowercased", lower_case ? "False" : "True");
        }
        break;
    }
    return BERT_OK;
}

BERT__FN bert_config bert__config_defaults(void)
{
    bert_config c;
    memset(&c, 0, sizeof c);
    c.max_positions = 512;
    c.type_vocab_size = 2;
    c.layer_norm_eps = 1e-12;
    c.hidden_dropout = c.attention_dropout = 0.1;
    c.initializer_range = 0.02;
    return c;
}

/* Members of a config: where each goes. 'i' int32, 'd' double, 'a' activation, '-' known and without use here. */
typedef struct bert__member { const char *name; char type; size_t offset; int needed; } bert__member;
#define BERT__MEMBER(name, type, field, needed) { name, type, offsetof(bert_config, field), needed }

BERT__FN bert_status bert__config_json(const bert_json *root, const char *path, bert_config *out, bert_error *error)
{
    static const bert__member members[] = {
        BERT__MEMBER("hidden_size", 'i', hidden_size, 1), BERT__MEMBER("num_hidden_layers", 'i', layers, 1), BERT__MEMBER("num_attention_heads", 'i', heads, 1),
        BERT__MEMBER("intermediate_size", 'i', intermediate_size, 1), BERT__MEMBER("vocab_size", 'i', vocab_size, 1),
        BERT__MEMBER("max_position_embeddings", 'i', max_positions, 0), BERT__MEMBER("type_vocab_size", 'i', type_vocab_size, 0),
        BERT__MEMBER("hidden_act", 'a', activation, 0), BERT__MEMBER("layer_norm_eps", 'd', layer_norm_eps, 0),
        BERT__MEMBER("hidden_dropout_prob", 'd', hidden_dropout, 0), BERT__MEMBER("attention_probs_dropout_prob", 'd', attention_dropout, 0),
        BERT__MEMBER("initializer_range", 'd', initializer_range, 0), BERT__MEMBER("max_relative_position", 'i', max_relative_position, 0),
        BERT__MEMBER("num_labels", 'i', labels, 0), BERT__MEMBER("model_type", '-', source, 0), BERT__MEMBER("architectures", '-', source, 0),
        BERT__MEMBER("transformers_version", '-', source, 0), BERT__MEMBER("use_relative_position", '-', source, 0), BERT__MEMBER("position_embedding_type", '-', source, 0),
        BERT__MEMBER("id2label", '-', source, 0), BERT__MEMBER("label2id", '-', source, 0), BERT__MEMBER("pad_token_id", '-', source, 0),
        BERT__MEMBER("dtype", '-', source, 0), BERT__MEMBER("torch_dtype", '-', source, 0), BERT__MEMBER("use_cache", '-', source, 0),
        BERT__MEMBER("is_decoder", '-', source, 0), BERT__MEMBER("add_cross_attention", '-', source, 0), BERT__MEMBER("tie_word_embeddings", '-', source, 0),
        BERT__MEMBER("classifier_dropout", '-', source, 0), BERT__MEMBER("bos_token_id", '-', source, 0), BERT__MEMBER("eos_token_id", '-', source, 0),
        BERT__MEMBER("gradient_checkpointing", '-', source, 0), BERT__MEMBER("_name_or_path", '-', source, 0), BERT__MEMBER("problem_type", '-', source, 0) };
    bert_config c = bert__config_defaults();
    const bert_json *v;
    size_t i, used = 0;
    int activation = BERT_ACTIVATION_DEFAULT;
    if (!root || root->type != 'o') return bert__fail(error, BERT_ERROR_FORMAT, path, 0, "a config is a JSON object");
    for (i = 0; i < sizeof members / sizeof *members; i++) {
        const bert__member *m = members + i;
        char *to = (char *)&c + m->offset;
        int64_t n;
        v = bert_json_get(root, m->name);
        if (!v || v->type == 'n') {
            if (m->needed) return bert__fail_tensor(error, BERT_ERROR_FORMAT, path, -1, m->name, "is missing in this config");
            continue;
        }
        if (m->type == 'i') {
            if (!bert_json_int(v, &n) || n < INT32_MIN || n > INT32_MAX) return bert__fail_tensor(error, BERT_ERROR_FORMAT, path, (int64_t)v->offset, m->name, "is no whole number of 32 bits");
            *(int32_t *)(void *)to = (int32_t)n;
        } else if (m->type == 'd') {
            if (!bert_json_double(v, (double *)(void *)to)) return bert__fail_tensor(error, BERT_ERROR_FORMAT, path, (int64_t)v->offset, m->name, "is no number");
        } else if (m->type == 'a' && (activation = bert__activation(v)) < 0) {
            return bert__fail_tensor(error, BERT_ERROR_UNSUPPORTED, path, (int64_t)v->offset, m->name, "\"%.*s\" is none of gelu, gelu_new, gelu_pytorch_tanh, gelu_fast, gelu_10, quick_gelu, relu, silu, swish, tanh, linear",
                                     60, v->type == 's' ? v->text : "");
        }
    }
    for (v = root->first; v; v = v->next) {
        for (i = 0; i < sizeof members / sizeof *members; i++)
            if (strcmp(members[i].name, v->key) == 0) break;
        if (i == sizeof members / sizeof *members) used += bert__format(c.unknown + used, sizeof c.unknown - used, "%s%s", used ? ", " : "", v->key);
    }
    v = bert_json_get(root, "id2label");
    if (v && v->type == 'o' && !c.labels) c.labels = v->count < INT32_MAX ? (int32_t)v->count : INT32_MAX;
    v = bert_json_get(root, "use_relative_position");
    if ((v && v->type == 't') || bert_json_is(bert_json_get(root, "model_type"), "nezha")) {
        if (!c.max_relative_position) c.max_relative_position = 64;
        c.source = BERT_SOURCE_NEZHA;
    } else {
        c.max_relative_position = 0;
    }
    v = bert_json_get(root, "position_embedding_type");
    if (v && v->type == 's' && !bert_json_is(v, "absolute"))
        return bert__fail_tensor(error, BERT_ERROR_UNSUPPORTED, path, (int64_t)v->offset, "position_embedding_type", "\"%.*s\" is not supported; absolute is, and NEZHA's relative positions", 60, v->text);
    v = bert_json_get(root, "model_type");
    if (v && v->type == 's' && !bert_json_is(v, "bert") && !bert_json_is(v, "nezha"))
        return bert__fail_tensor(error, BERT_ERROR_UNSUPPORTED, path, (int64_t)v->offset, "model_type", "\"%.*s\" is another kind of model; this library runs bert and nezha", 60, v->text);
    if (bert_json_get(root, "model_type") || bert_json_get(root, "architectures") || bert_json_get(root, "transformers_version")) c.source = BERT_SOURCE_HF;
    c.activation = (bert_activation)activation;
    if (c.activation == BERT_ACTIVATION_DEFAULT && c.source) c.activation = c.source == BERT_SOURCE_HF ? BERT_GELU_ERF : BERT_GELU_TANH;
    if (bert_config_check(&c, path, error) != BERT_OK) return error ? error->code : BERT_ERROR_FORMAT;
    *out = c;
    return BERT_OK;
}
BERT_API bert_status bert_config_parse(const char *text, size_t size, const char *path, bert_config *out, bert_error *error)
{
    union { char bytes[16384]; double aligned; } room;                  /* enough for any usual config: no allocator is asked */
    bert_json_doc doc;
    bert_fixed fixed;
    bert_allocator allocator;
    bert_status st;
    if (!text || !out) return bert__fail(error, BERT_ERROR_ARGUMENT, path, -1, "bert_config_parse needs a text and a place for the config");
    if (size > BERT__JSON_MOST) return bert__fail(error, BERT_ERROR_UNSUPPORTED, path, -1, "%zu bytes are too many for a config: at most 16 MB are read", size);
    memset(&fixed, 0, sizeof fixed);
    fixed.memory = &room;
    fixed.size = sizeof room;
    allocator = bert_fixed_allocator(&fixed);
    st = bert__json_read(path, text, size, &allocator, &doc, error);
    if (st == BERT_ERROR_MEMORY) st = bert__json_read(path, text, size, NULL, &doc, error);
    if (st != BERT_OK) return st;
    st = bert__config_json(doc.root, path, out, error);
    bert_json_free(&doc);
    return st;
}
BERT_API bert_status bert_config_read(const char *path, bert_config *out, bert_error *error)
{
    bert_file file;
    bert_status st;
    memset(&file, 0, sizeof file);
    st = bert_file_open(path, NULL, &file, error);
    if (st != BERT_OK) return st;
    st = bert_config_parse((const char *)file.data, file.size, path, out, error);
    bert_file_close(&file);
    return st;
}

/* The published geometries. H is C / 64 and F is 4 C in all of them. */
BERT_API bert_status bert_config_named(const char *name, bert_config *out, bert_error *error)
{
    static const struct { const char *name; int32_t layers, hidden, vocab; } known[] = {
        { "tiny", 2, 128, 30522 }, { "mini", 4, 256, 30522 }, { "small", 4, 512, 30522 }, { "medium", 8, 512, 30522 },
        { "base", 12, 768, 30522 }, { "large", 24, 1024, 30522 }, { "base-uncased", 12, 768, 30522 }, { "large-uncased", 24, 1024, 30522 },
        { "base-cased", 12, 768, 28996 }, { "large-cased", 24, 1024, 28996 }, { "large-uncased-wwm", 24, 1024, 30522 }, { "large-cased-wwm", 24, 1024, 28996 },
        { "base-multilingual-uncased", 12, 768, 105879 }, { "base-multilingual-cased", 12, 768, 119547 }, { "base-chinese", 12, 768, 21128 },
        { "nezha-base", 12, 768, 21128 }, { "nezha-large", 24, 1024, 21128 } };
    bert_config c = bert__config_defaults();
    size_t i;
    if (!name || !out) return bert__fail(error, BERT_ERROR_ARGUMENT, NULL, -1, "bert_config_named needs a name and a place for the config");
    if (strncmp(name, "bert-", 5) == 0) name += 5;
    for (i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(known[i].name, name) != 0) continue;
        c.layers = known[i].layers;
        c.hidden_size = known[i].hidden;
        c.vocab_size = known[i].vocab;
    }
    for (i = 0; i < 24 && !c.layers; i++) {                             /* L-2_H-128 ... L-12_H-768 */
        static const int32_t hidden[4] = { 128, 256, 512, 768 };
        char text[40];
        bert__format(text, sizeof text, "L-%d_H-%d", (int)(i / 4 * 2 + 2), (int)hidden[i % 4]);
        if (strcmp(text, name) != 0) continue;
        c.layers = (int32_t)(i / 4 * 2 + 2);
        c.hidden_size = hidden[i % 4];
        c.vocab_size = 30522;
    }
    if (!c.layers) return bert__fail(error, BERT_ERROR_ARGUMENT, NULL, -1, "no built-in model is called \"%.*s\"; try tiny, mini, small, medium, base, large, base-cased, base-chinese, base-multilingual-cased, nezha-base or L-4_H-256", 60, name);
    c.heads = c.hidden_size / 64;
    c.intermediate_size = c.hidden_size * 4;
    c.source = strncmp(name, "nezha", 5) == 0 ? BERT_SOURCE_NEZHA : BERT_SOURCE_GOOGLE;
    c.max_relative_position = c.source == BERT_SOURCE_NEZHA ? 64 : 0;
    c.activation = BERT_GELU_TANH;
    *out = c;
    return BERT_OK;
}

/* ============================================================================================================
   >>tensors
   Purpose   THE table: one row for each parameter of a BERT. Loading, saving, allocation, gradients, optimizer and tests all
             go by it.
   Uses      nothing.
   Promises  names and shapes stand nowhere else.

   A name is Hugging Face's, '*' stands for the layer's number; beside it Google's. dims are letters of the config: C hidden,
   F intermediate, V vocabulary, P positions, K segment types, N labels, 2; a matrix is [out, in]. TensorFlow keeps those
   marked t as [in, out]. init: n truncated normal, 0, 1. Decay by Google's rule: all but LayerNorm and biases.
   ============================================================================================================ */

/*    hugging face                                google                                  dims  t  init decay  head */
#define BERT__TENSOR_LIST(X)                                                                                                     \
    X("bert.embeddings.word_embeddings.weight", "bert/embeddings/word_embeddings", "VC", 0, 'n', 1, 0)                           \
    X("bert.embeddings.position_embeddings.weight", "bert/embeddings/position_embeddings", "PC", 0, 'n', 1, 0)                   \
    X("bert.embeddings.token_type_embeddings.weight", "bert/embeddings/token_type_embeddings", "KC", 0, 'n', 1, 0)               \
    X("bert.embeddings.LayerNorm.weight", "bert/embeddings/LayerNorm/gamma", "C", 0, '1', 0, 0)                                  \
    X("bert.embeddings.LayerNorm.bias", "bert/embeddings/LayerNorm/beta", "C", 0, '0', 0, 0)                                     \
    X("bert.encoder.layer.*.attention.self.query.weight", "bert/encoder/layer_*/attention/self/query/kernel", "CC", 1, 'n', 1, 0) \
    X("bert.encoder.layer.*.attention.self.query.bias", "bert/encoder/layer_*/attention/self/query/bias", "C", 0, '0', 0, 0)     \
    X("bert.encoder.layer.*.attention.self.key.weight", "bert/encoder/layer_*/attention/self/key/kernel", "CC", 1, 'n', 1, 0)    \
    X("bert.encoder.layer.*.attention.self.key.bias", "bert/encoder/layer_*/attention/self/key/bias", "C", 0, '0', 0, 0)         \
    X("bert.encoder.layer.*.attention.self.value.weight", "bert/encoder/layer_*/attention/self/value/kernel", "CC", 1, 'n', 1, 0) \
    X("bert.encoder.layer.*.attention.self.value.bias", "bert/encoder/layer_*/attention/self/value/bias", "C", 0, '0', 0, 0)     \
    X("bert.encoder.layer.*.attention.output.dense.weight", "bert/encoder/layer_*/attention/output/dense/kernel", "CC", 1, 'n', 1, 0) \
    X("bert.encoder.layer.*.attention.output.dense.bias", "bert/encoder/layer_*/attention/output/dense/bias", "C", 0, '0', 0, 0) \
    X("bert.encoder.layer.*.attention.output.LayerNorm.weight", "bert/encoder/layer_*/attention/output/LayerNorm/gamma", "C", 0, '1', 0, 0) \
    X("bert.encoder.layer.*.attention.output.LayerNorm.bias", "bert/encoder/layer_*/attention/output/LayerNorm/beta", "C", 0, '0', 0, 0) \
    X("bert.encoder.layer.*.intermediate.dense.weight", "bert/encoder/layer_*/intermediate/dense/kernel", "FC", 1, 'n', 1, 0)    \
    X("bert.encoder.layer.*.intermediate.dense.bias", "bert/encoder/layer_*/intermediate/dense/bias", "F", 0, '0', 0, 0)         \
    X("bert.encoder.layer.*.output.dense.weight", "bert/encoder/layer_*/output/dense/kernel", "CF", 1, 'n', 1, 0)                \
    X("bert.encoder.layer.*.output.dense.bias", "bert/encoder/layer_*/output/dense/bias", "C", 0, '0', 0, 0)                     \
    X("bert.encoder.layer.*.output.LayerNorm.weight", "bert/encoder/layer_*/output/LayerNorm/gamma", "C", 0, '1', 0, 0)          \
    X("bert.encoder.layer.*.output.LayerNorm.bias", "bert/encoder/layer_*/output/LayerNorm/beta", "C", 0, '0', 0, 0)             \
    X("bert.pooler.dense.weight", "bert/pooler/dense/kernel", "CC", 1, 'n', 1, BERT_HEAD_POOLER)                                 \
    X("bert.pooler.dense.bias", "bert/pooler/dense/bias", "C", 0, '0', 0, BERT_HEAD_POOLER)                                      \
    X("cls.predictions.transform.dense.weight", "cls/predictions/transform/dense/kernel", "CC", 1, 'n', 1, BERT_HEAD_MLM)        \
    X("cls.predictions.transform.dense.bias", "cls/predictions/transform/dense/bias", "C", 0, '0', 0, BERT_HEAD_MLM)             \
    X("cls.predictions.transform.LayerNorm.weight", "cls/predictions/transform/LayerNorm/gamma", "C", 0, '1', 0, BERT_HEAD_MLM)  \
    X("cls.predictions.transform.LayerNorm.bias", "cls/predictions/transform/LayerNorm/beta", "C", 0, '0', 0, BERT_HEAD_MLM)     \
    X("cls.predictions.bias", "cls/predictions/output_bias", "V", 0, '0', 0, BERT_HEAD_MLM)                                      \
    X("cls.seq_relationship.weight", "cls/seq_relationship/output_weights", "2C", 0, 'n', 1, BERT_HEAD_NSP)                      \
    X("cls.seq_relationship.bias", "cls/seq_relationship/output_bias", "2", 0, '0', 0, BERT_HEAD_NSP)                            \
    X("classifier.weight", "output_weights", "NC", 0, 'n', 1, BERT_HEAD_CLASSIFIER)                                              \
    X("classifier.bias", "output_bias", "N", 0, '0', 0, BERT_HEAD_CLASSIFIER)                                                    \
    X("qa_outputs.weight", "cls/squad/output_weights", "2C", 0, 'n', 1, BERT_HEAD_SPAN)                                          \
    X("qa_outputs.bias", "cls/squad/output_bias", "2", 0, '0', 0, BERT_HEAD_SPAN)                                                \
    /* the MLM head's decoder where it is stored: mostly the word embeddings and the bias again */                              \
    X("cls.predictions.decoder.weight", "cls/predictions/output_weights", "VC", 0, 'n', 1, 0)                                    \
    X("cls.predictions.decoder.bias", "cls/predictions/decoder_bias", "V", 0, '0', 0, 0)

typedef struct bert__row { const char *name, *google, *dims; uint8_t matrix; char init; uint8_t decay; uint32_t head; } bert__row;
#define BERT__TENSOR_ROW(name, google, dims, matrix, init, decay, head) { name, google, dims, matrix, init, decay, head },
static const bert__row bert__rows[] = { BERT__TENSOR_LIST(BERT__TENSOR_ROW) };
#define BERT__ROWS ((int)(sizeof bert__rows / sizeof *bert__rows))
#define BERT__ROW_POSITIONS 1           /* absent where positions are relative */
#define BERT__ROW_DECODER (BERT__ROWS - 2)

/* ============================================================================================================
   >>names
   Purpose   which row of the table a stored tensor is, whoever spelled its name.
   Uses      >>tensors.
   Promises  one place knows the spellings: Google's (and NEZHA's, the same) with '/', Hugging Face's with '.', its old gamma and
             beta, NVIDIA's dense_act, with or without the prefixes module., model., bert. in front; optimizer slots by
             their endings.
   ============================================================================================================ */

/* Slots of optimizers, as endings of the weight's name. */
static const char *const bert__slots[] = { "", "/adam_m", "/adam_v", "/lamb_m", "/lamb_v" };

/* Matches `name` against a row's pattern; '*' takes a number. */
BERT__FN int bert__match(const char *pattern, const char *name, int32_t *layer)
{
    *layer = -1;
    for (; *pattern; pattern++) {
        if (*pattern != '*') {
            if (*pattern != *name++) return 0;
            continue;
        }
        if (!bert__is_digit(*name) || (name[0] == '0' && bert__is_digit(name[1]))) return 0;
        for (*layer = 0; bert__is_digit(*name); name++) {
            *layer = *layer * 10 + (*name - '0');
            if (*layer > 100000) return 0;
        }
    }
    return *name == 0;
}
/* Replaces the first `from` in `text` by `to`; there is room. */
BERT__FN int bert__replace(char *text, const char *from, const char *to)
{
    char *p = strstr(text, from);
    if (!p) return 0;
    memmove(p + strlen(to), p + strlen(from), strlen(p + strlen(from)) + 1);
    memcpy(p, to, strlen(to));
    return 1;
}
BERT__FN void bert__spell(char *out, size_t size, const char *pattern, int32_t layer, const char *slot)
{
    const char *star = strchr(pattern, '*');
    if (star) bert__format(out, size, "%.*s%d%s%s", (int)(star - pattern), pattern, (int)layer, star + 1, slot);
    else bert__format(out, size, "%s%s", pattern, slot);
}

BERT_API int bert_tensor_recognise(const char *name, bert_tensor_role *out)
{
    char text[320];
    size_t n = strlen(name);
    int row, slot, google, nvidia = 0, step;
    const char *p;
    bert_tensor_role r;
    memset(&r, 0, sizeof r);
    r.row = -1;
    r.layer = -1;
    memcpy(r.name, name, n < sizeof r.name ? n : sizeof r.name - 1);    /* byte for byte, and cut if it is too long */
    memcpy(r.google, r.name, sizeof r.google);
    *out = r;
    if (n >= 150) return 0;
    memcpy(text + 5, name, n + 1);                                      /* room for "bert." in front */
    for (slot = 4; slot > 0; slot--) {
        size_t len = strlen(bert__slots[slot]);
        if (n <= len || strcmp(text + 5 + n - len, bert__slots[slot]) != 0) continue;
        text[5 + n - len] = 0;
        break;
    }
    p = text + 5;
    google = strchr(p, '/') != NULL || strncmp(p, "output_", 7) == 0;
    if (!google) {
        for (step = 0; step < 4; step++) {                              /* module.model.bert... */
            if (strncmp(p, "module.", 7) == 0) p += 7;
            else if (strncmp(p, "model.", 6) == 0) p += 6;
        }
        memmove(text + 5, p, strlen(p) + 1);
        p = text + 5;
        bert__replace(text + 5, "LayerNorm.gamma", "LayerNorm.weight");
        bert__replace(text + 5, "LayerNorm.beta", "LayerNorm.bias");
        nvidia = bert__replace(text + 5, ".dense_act.", ".dense.");
        if (strncmp(p, "embeddings.", 11) == 0 || strncmp(p, "encoder.", 8) == 0 || strncmp(p, "pooler.", 7) == 0) {
            memcpy(text, "bert.", 5);
            p = text;
        }
    }
    for (row = 0; row < BERT__ROWS; row++) {
        if (!bert__match(google ? bert__rows[row].google : bert__rows[row].name, p, &r.layer)) continue;
        r.row = row;
        r.slot = slot;
        r.matrix = bert__rows[row].matrix;
        r.source = google ? BERT_SOURCE_GOOGLE : nvidia ? BERT_SOURCE_NVIDIA : BERT_SOURCE_HF;
        bert__spell(r.name, sizeof r.name, bert__rows[row].name, r.layer, bert__slots[slot]);
        bert__spell(r.google, sizeof r.google, bert__rows[row].google, r.layer, bert__slots[slot]);
        *out = r;
        return 1;
    }
    return 0;
}

/* ============================================================================================================
   >>model
   Purpose   a checkpoint understood: its config, and for each row of the table the tensor that holds it.
   Uses      >>rng, >>resolve, >>config, >>tensors, >>names.
   Promises  immutable after open. An open model is complete: every encoder parameter is there in the right shape. What is
             missing, in excess or misshapen is named. Nothing is made up unless init_missing asks for it, and what was
             made says so.
   ============================================================================================================ */

struct bert_model {
    bert_checkpoint *checkpoint;        /* NULL: made from a config alone */
    const char *config_path, *config_text;
    size_t config_size;
    bert_config config;
    bert_parameter *parameters;         /* [count] in the order of the table, layer by layer */
    int64_t count;
    uint32_t heads;
    bert__arena arena;                  /* holds this struct too */
};

/* What has been found for each row and layer: at[row * layers + layer], outside the encoder layer 0. */
typedef struct bert__survey {
    const bert_checkpoint *checkpoint;
    const bert_tensor **at;
    uint8_t *reversed;                  /* the file has the matrix the other way round */
    int32_t layers;                     /* highest number + 1 */
    int64_t labels;                     /* of the classifier: asked for, or of the parameter that was seen first; 0: not known */
    bert_source source;
    bert_error *error;
} bert__survey;

BERT__FN int bert__in_layer(int row) { return strchr(bert__rows[row].name, '*') != NULL; }
BERT__FN size_t bert__cell(const bert__survey *s, int row, int32_t layer)
{
    return (size_t)row * (size_t)(s->layers ? s->layers : 1) + (size_t)(layer > 0 ? layer : 0);
}
BERT__FN const bert_tensor *bert__surveyed(const bert__survey *s, int row, int32_t layer) { return s->at[bert__cell(s, row, layer)]; }

/* What a tensor of the checkpoint is; row -1: of no use here. */
typedef struct bert__seen { int32_t row, layer; uint8_t reversed, source; } bert__seen;

/* Goes through all tensors. Of two spellings of one parameter in a file the later one counts. */
BERT__FN bert_status bert__survey_take(bert__survey *s, bert__arena *arena)
{
    const int64_t n = bert_checkpoint_count(s->checkpoint);
    bert__seen *roles = (bert__seen *)bert__arena_array(arena, (size_t)n + 1, sizeof *roles);
    bert_tensor_role role;
    int64_t i;
    size_t cells;
    if (!roles) return bert__fail(s->error, BERT_ERROR_MEMORY, bert_checkpoint_path(s->checkpoint), -1, "out of memory");
    for (i = 0; i < n; i++) {
        roles[i].row = -1;
        if (!bert_tensor_recognise(bert_checkpoint_tensor(s->checkpoint, i)->name, &role)) continue;
        if (role.layer >= s->layers) s->layers = role.layer + 1;
        if (role.slot) continue;
        roles[i].row = role.row;
        roles[i].layer = role.layer;
        roles[i].reversed = (uint8_t)(role.source == BERT_SOURCE_GOOGLE && role.matrix);
        roles[i].source = (uint8_t)role.source;
    }
    if (s->layers > 1024) return bert__fail(s->error, BERT_ERROR_UNSUPPORTED, bert_checkpoint_path(s->checkpoint), -1, "it has a layer %d; up to 1024 layers are supported", (int)s->layers - 1);
    cells = bert__cell(s, BERT__ROWS, 0);
    s->at = (const bert_tensor **)bert__arena_get(arena, cells * sizeof *s->at);
    s->reversed = (uint8_t *)bert__arena_get(arena, cells);
    if (!s->at || !s->reversed) return bert__fail(s->error, BERT_ERROR_MEMORY, bert_checkpoint_path(s->checkpoint), -1, "out of memory");
    memset((void *)s->at, 0, cells * sizeof *s->at);
    memset(s->reversed, 0, cells);
    for (i = 0; i < n; i++) {
        size_t cell;
        if (roles[i].row < 0) continue;
        cell = bert__cell(s, roles[i].row, roles[i].layer);
        s->at[cell] = bert_checkpoint_tensor(s->checkpoint, i);
        s->reversed[cell] = roles[i].reversed;
        if (!s->source || roles[i].source == BERT_SOURCE_NVIDIA) s->source = (bert_source)roles[i].source;
    }
    return BERT_OK;
}

/* The size a letter of dims stands for; 0: not known. */
BERT__FN int64_t bert__dimension(const bert_config *c, char letter)
{
    switch (letter) {
    case 'C': return c->hidden_size;
    case 'F': return c->intermediate_size;
    case 'V': return c->vocab_size;
    case 'P': return c->max_positions;
    case 'K': return c->type_vocab_size;
    case '2': return 2;
    default: return 0;
    }
}
/* Dimension k of a stored tensor, the way the table counts. */
BERT__FN int64_t bert__stored(const bert_tensor *t, int reversed, int k) { return t->shape[reversed ? t->rank - 1 - k : k]; }

/* A config from shapes alone. The number of heads cannot be told from them: C / 64, as in all published models, or else 0,
   not known; such a model can be looked at and converted but not run. */
BERT__FN bert_status bert__config_from_shapes(const bert__survey *s, bert_config *c)
{
    const bert_tensor *word = bert__surveyed(s, 0, 0), *position = bert__surveyed(s, BERT__ROW_POSITIONS, 0), *type = bert__surveyed(s, 2, 0), *t;
    const char *path = bert_checkpoint_path(s->checkpoint);
    int row;
    *c = bert__config_defaults();
    if (!word || word->rank != 2) return bert__fail_tensor(s->error, BERT_ERROR_MISMATCH, path, -1, bert__rows[0].name, "is missing");
    if (!position) return bert__fail_tensor(s->error, BERT_ERROR_MISMATCH, path, -1, bert__rows[1].name, "is missing; if this is NEZHA with relative positions, give its config");
    c->vocab_size = (int32_t)(word->shape[0] < INT32_MAX ? word->shape[0] : INT32_MAX);
    c->hidden_size = (int32_t)(word->shape[1] < INT32_MAX ? word->shape[1] : INT32_MAX);
    if (position->rank == 2) c->max_positions = (int32_t)(position->shape[0] < INT32_MAX ? position->shape[0] : INT32_MAX);
    if (type && type->rank == 2) c->type_vocab_size = (int32_t)(type->shape[0] < INT32_MAX ? type->shape[0] : INT32_MAX);
    c->layers = s->layers;
    for (row = 0; row < BERT__ROWS; row++)
        if (strcmp(bert__rows[row].dims, "F") == 0 && (t = bert__surveyed(s, row, 0)) != NULL && t->rank == 1) c->intermediate_size = (int32_t)(t->count < INT32_MAX ? t->count : INT32_MAX);
    if (!c->intermediate_size) return bert__fail(s->error, BERT_ERROR_MISMATCH, path, -1, "the intermediate size cannot be told: layer 0 has no intermediate bias");
    c->heads = 1;                                                       /* whatever it is, it divides */
    if (bert_config_check(c, path, s->error) != BERT_OK) return s->error ? s->error->code : BERT_ERROR_MISMATCH;
    c->heads = c->hidden_size % 64 ? 0 : c->hidden_size / 64;
    return BERT_OK;
}

/* One parameter: present, in shape? Fills *p. Returns OK with p->tensor NULL if it is absent. */
BERT__FN bert_status bert__check_parameter(bert__survey *s, const bert_config *c, int row, int32_t layer, bert_parameter *p, char *name, size_t name_size)
{
    const bert__row *r = bert__rows + row;
    const bert_tensor *t = layer < s->layers ? bert__surveyed(s, row, layer) : NULL;
    const int reversed = t && s->reversed[bert__cell(s, row, layer)];
    const char *path = bert_checkpoint_path(s->checkpoint);
    int32_t k;
    memset(p, 0, sizeof *p);
    bert__spell(name, name_size, r->name, layer, "");
    p->rank = (int32_t)strlen(r->dims);
    p->layer = layer;
    p->decay = r->decay;
    if (!t) return BERT_OK;
    if (t->rank != p->rank) return bert__fail_tensor(s->error, BERT_ERROR_MISMATCH, path, -1, t->name, "has %d dimensions instead of %d", (int)t->rank, (int)p->rank);
    for (k = 0; k < p->rank; k++) {
        int64_t want = r->dims[k] == 'N' ? s->labels : bert__dimension(c, r->dims[k]), have = bert__stored(t, reversed, k);
        const int padded = r->dims[k] == 'V' && have > want && have % 8 == 0 && have - want < 64;   /* NVIDIA pads the vocabulary */
        if (r->dims[k] == 'N' && (have < 1 || have > 1 << 20)) return bert__fail_tensor(s->error, BERT_ERROR_MISMATCH, path, -1, t->name, "is for %lld labels", (long long)have);
        if (!want) want = s->labels = have;                             /* the number of labels: whatever it is */
        if (have != want && !padded)
            return bert__fail_tensor(s->error, BERT_ERROR_MISMATCH, path, -1, t->name, "dimension %d is %lld instead of %lld (%s)", (int)(reversed ? p->rank - 1 - k : k), (long long)have, (long long)want,
                                     r->dims[k] == 'C' ? "hidden_size" : r->dims[k] == 'F' ? "intermediate_size" : r->dims[k] == 'V' ? "vocab_size" : r->dims[k] == 'P' ? "max_position_embeddings"
                                     : r->dims[k] == 'K' ? "type_vocab_size" : r->dims[k] == 'N' ? "labels" : "the head's");
        p->shape[k] = want;
    }
    if (!bert__is_number(t->dtype) || (t->dtype >= BERT_I64 && t->dtype <= BERT_BOOL))
        return bert__fail_tensor(s->error, BERT_ERROR_MISMATCH, path, -1, t->name, "holds %s; weights are floating point numbers", bert_dtype_name(t->dtype));
    p->tensor = t;
    p->transposed = reversed;
    return BERT_OK;
}

/* The config: given, in a file, beside the checkpoint, or from the shapes. */
BERT__FN bert_status bert__find_config(const bert_model_desc *d, const bert__survey *s, bert_model *m)
{
    static const char *const names[] = { "bert_config.json", "config.json" };
    bert_error *e = s->error;
    bert_file file;
    char place[4096];
    const char *path = d->config_path;
    char *kept;
    bert_status st;
    size_t i;
    if (d->config) { m->config = *d->config; return bert_config_check(&m->config, "config", e); }
    memset(&file, 0, sizeof file);
    for (i = 0; i < 2 && !path && m->checkpoint; i++)
        if (bert__find_beside(m->checkpoint, names[i], place, sizeof place)) path = place;
    if (!path) return bert__config_from_shapes(s, &m->config);
    st = d->config_path ? bert_file_open(path, &d->allocator, &file, e) : bert__read_beside(m->checkpoint, path, &file, e);
    if (st != BERT_OK) return st;
    st = bert_config_parse((const char *)file.data, file.size, path, &m->config, e);
    if (st == BERT_OK) {
        const size_t n = strlen(path) + 1;
        kept = (char *)bert__arena_get_aligned(&m->arena, bert__add(n, bert__add(file.size, 1)), 1);
        if (!kept) st = bert__fail(e, BERT_ERROR_MEMORY, path, -1, "out of memory");
        else {
            memcpy(kept, path, n);
            if (file.size) memcpy(kept + n, file.data, file.size);
            kept[n + file.size] = 0;
            m->config_path = kept;
            m->config_text = kept + n;
            m->config_size = file.size;
        }
    }
    bert_file_close(&file);
    return st;
}

/* Makes a parameter that no file has: its values, in the table's layout, and the tensor that holds them. p has name, rank and
   layer. */
BERT__FN bert_status bert__make_parameter(bert_model *m, const bert__survey *s, int row, uint64_t seed, bert_parameter *p)
{
    const bert__row *r = bert__rows + row;
    bert_tensor *t = (bert_tensor *)bert__arena_get(&m->arena, sizeof *t);
    int64_t *shape = (int64_t *)bert__arena_get_aligned(&m->arena, 2 * sizeof *shape, 8), n = 1, i;
    float *values;
    int32_t k;
    for (k = 0; k < p->rank; k++) {
        p->shape[k] = r->dims[k] == 'N' ? s->labels : bert__dimension(&m->config, r->dims[k]);
        n *= p->shape[k];                                               /* bert_config_check bounds both factors */
    }
    values = (float *)bert__arena_array(&m->arena, (uint64_t)n > SIZE_MAX / 8 ? SIZE_MAX / 2 : (size_t)n, sizeof *values);
    if (!t || !shape || !values)
        return bert__fail_tensor(s->error, BERT_ERROR_MEMORY, bert_checkpoint_path(m->checkpoint), -1, p->name, "out of memory for %lld values", (long long)n);
    if (r->init == 'n') bert__init_normal(values, n, m->config.initializer_range, seed, (uint32_t)row, (uint32_t)(p->layer + 1));
    else for (i = 0; i < n; i++) values[i] = r->init == '1' ? 1.0f : 0.0f;
    memset(t, 0, sizeof *t);
    for (k = 0; k < p->rank; k++) shape[k] = p->shape[k];
    t->name = p->name;
    t->shape = shape;
    t->count = n;
    t->rank = p->rank;
    t->dtype = BERT_F32;
    t->data = (const unsigned char *)values;
    t->big_endian = bert__machine_is_big();
    p->tensor = t;
    p->made = 1;
    return BERT_OK;
}

BERT__FN bert_status bert__model_fill(const bert_model_desc *d, bert_model *m)
{
    static const struct { uint32_t head; const char *name; } heads[] = { { BERT_HEAD_POOLER, "pooler" }, { BERT_HEAD_MLM, "masked language model" }, { BERT_HEAD_NSP, "next sentence" },
                                                                         { BERT_HEAD_CLASSIFIER, "classifier" }, { BERT_HEAD_SPAN, "span (question answering)" } };
    bert_error *e = d->error;
    const char *path = bert_checkpoint_path(m->checkpoint);
    bert__survey s;
    bert_parameter p;
    bert_status st;
    const uint32_t make = BERT__TRAIN && d->init_missing == BERT_ON ? d->heads : 0;
    uint32_t incomplete = 0, present = 0;
    char name[160], lacking[5][160];
    int32_t layer;
    int row, i;
    memset(&s, 0, sizeof s);
    memset(lacking, 0, sizeof lacking);
    s.checkpoint = m->checkpoint;
    s.error = e;
    s.labels = d->labels;
    if (d->labels < 0 || d->labels > 1 << 20) return bert__fail(e, BERT_ERROR_ARGUMENT, path, -1, "labels is %d; it can be 1 to %d, or 0 for the file's", (int)d->labels, 1 << 20);
    if ((st = bert__survey_take(&s, &m->arena)) != BERT_OK) return st;
    if (m->checkpoint && !s.layers) return bert__fail(e, BERT_ERROR_MISMATCH, path, -1, "holds no encoder layer of a BERT; it has %lld tensors%s%s", (long long)bert_checkpoint_count(m->checkpoint),
                                     bert_checkpoint_count(m->checkpoint) ? ", the first is " : "", bert_checkpoint_count(m->checkpoint) ? bert_checkpoint_tensor(m->checkpoint, 0)->name : "");
    if ((st = bert__find_config(d, &s, m)) != BERT_OK) return st;
    if (s.layers > m->config.layers) return bert__fail(e, BERT_ERROR_MISMATCH, path, -1, "has %d layers, the config says %d", (int)s.layers, (int)m->config.layers);
    if (m->config.max_relative_position && bert__surveyed(&s, BERT__ROW_POSITIONS, 0))
        return bert__fail_tensor(e, BERT_ERROR_MISMATCH, path, -1, bert__rows[BERT__ROW_POSITIONS].name, "is a table of absolute positions, but the config says relative ones");
    if (d->source) m->config.source = d->source;
    if (!m->config.source) m->config.source = s.source;
    if (d->activation) m->config.activation = d->activation;
    if (!m->config.activation) m->config.activation = m->config.source == BERT_SOURCE_HF ? BERT_GELU_ERF : BERT_GELU_TANH;
    m->parameters = (bert_parameter *)bert__arena_get(&m->arena, (size_t)BERT__ROWS * (size_t)m->config.layers * sizeof *m->parameters);
    if (!m->parameters) return bert__fail(e, BERT_ERROR_MEMORY, path, -1, "out of memory");
    for (row = 0; row < BERT__ROWS; row++) {
        const uint32_t head = bert__rows[row].head;
        for (layer = 0; layer < (bert__in_layer(row) ? m->config.layers : 1); layer++) {
            char *keep;
            st = bert__check_parameter(&s, &m->config, row, bert__in_layer(row) ? layer : -1, &p, name, sizeof name);
            if (st != BERT_OK) return st;
            if (!p.tensor) {
                for (i = 0; i < 5; i++) if (heads[i].head == head && !lacking[i][0]) bert__format(lacking[i], sizeof lacking[i], "%s", name);
                if (head && !(make & head)) { incomplete |= head; continue; }
                if (row >= BERT__ROW_DECODER || (row == BERT__ROW_POSITIONS && m->config.max_relative_position)) continue;
                if (m->checkpoint && !head && bert__in_layer(row) && layer >= s.layers)
                    return bert__fail_tensor(e, BERT_ERROR_MISMATCH, path, -1, name, "is missing: the config says %d layers, the file has %d", (int)m->config.layers, (int)s.layers);
                if (m->checkpoint && !head) return bert__fail_tensor(e, BERT_ERROR_MISMATCH, path, -1, name, "is missing");
            }
            present |= head;
            keep = (char *)bert__arena_get_aligned(&m->arena, strlen(name) + 1, 1);
            if (!keep) return bert__fail(e, BERT_ERROR_MEMORY, path, -1, "out of memory");
            memcpy(keep, name, strlen(name) + 1);
            p.name = keep;
            if (!s.labels && head == BERT_HEAD_CLASSIFIER) s.labels = m->config.labels ? m->config.labels : 2;
            if (!p.tensor && BERT__TRAIN && (st = bert__make_parameter(m, &s, row, d->seed, &p)) != BERT_OK) return st;
            m->parameters[m->count++] = p;
        }
    }
    m->heads = present & ~incomplete;
    for (i = 0; i < 5; i++)
        if (d->heads & heads[i].head & ~m->heads)
            return bert__fail_tensor(e, BERT_ERROR_MISMATCH, path, -1, lacking[i], "is missing: the file has no whole %s head; to train one from scratch, allow to make it (init_missing)", heads[i].name);
    if (m->heads & BERT_HEAD_CLASSIFIER) m->config.labels = (int32_t)bert_model_find(m, "classifier.weight")->shape[0];
    return BERT_OK;
}

BERT_API bert_status bert_model_open(const bert_model_desc *desc, bert_model **out)
{
    bert_checkpoint_desc cd;
    bert_checkpoint *c = NULL;
    bert_model *m;
    bert__arena arena;
    bert_status st;
    if (!desc || !out) return BERT_ERROR_ARGUMENT;
    memset(&cd, 0, sizeof cd);
    cd.path = desc->path;
    cd.data = desc->data;
    cd.size = desc->size;
    cd.allocator = desc->allocator;
    cd.error = desc->error;
    if (!BERT__TRAIN && desc->init_missing == BERT_ON) return bert__fail(desc->error, BERT_ERROR_UNSUPPORTED, desc->path, -1, "init_missing: this program was built without training (BERT_NO_TRAIN)");
    if ((unsigned)desc->init_missing > BERT_OFF) return bert__fail(desc->error, BERT_ERROR_ARGUMENT, NULL, -1, "init_missing is none of BERT_DEFAULT, BERT_ON and BERT_OFF");
    if (!desc->path && !desc->data) {
        if (desc->init_missing != BERT_ON || (!desc->config && !desc->config_path))
            return bert__fail(desc->error, BERT_ERROR_ARGUMENT, NULL, -1, "bert_model_open needs a path or the bytes of a file; to make a model at random give its config and set init_missing");
    } else {
        st = bert_checkpoint_open(&cd, &c);
        if (st != BERT_OK) return st;
    }
    bert__arena_init(&arena, &desc->allocator, 1 << 16);
    m = (bert_model *)bert__arena_get(&arena, sizeof *m);
    if (!m) {
        st = bert__fail(desc->error, BERT_ERROR_MEMORY, desc->path, -1, "out of memory");
        bert__arena_free(&arena);
        bert_checkpoint_close(c);
        return st;
    }
    memset(m, 0, sizeof *m);
    m->arena = arena;
    m->checkpoint = c;
    st = bert__model_fill(desc, m);
    if (st != BERT_OK) bert_model_close(m);
    else *out = m;
    return st;
}
BERT_API void bert_model_close(bert_model *model)
{
    bert__arena arena;
    if (!model) return;
    bert_checkpoint_close(model->checkpoint);
    arena = model->arena;
    bert__arena_free(&arena);
}
BERT_API const bert_config *bert_model_config(const bert_model *model) { return &model->config; }
BERT_API const char *bert_model_config_path(const bert_model *model) { return model->config_path; }
BERT_API const char *bert_model_config_text(const bert_model *model, size_t *size)
{
    if (size) *size = model->config_size;
    return model->config_text;
}
BERT_API const bert_checkpoint *bert_model_checkpoint(const bert_model *model) { return model->checkpoint; }
/* For messages; NULL: the model lies in memory or was made. */
BERT__FN const char *bert__model_path(const bert_model *m) { return m->checkpoint ? bert_checkpoint_path(m->checkpoint) : NULL; }
BERT_API uint32_t bert_model_heads(const bert_model *model) { return model->heads; }
BERT_API int64_t bert_model_parameter_count(const bert_model *model) { return model->count; }
BERT_API const bert_parameter *bert_model_parameter(const bert_model *model, int64_t index)
{
    return index >= 0 && index < model->count ? model->parameters + index : NULL;
}
BERT_API const bert_parameter *bert_model_find(const bert_model *model, const char *name)
{
    int64_t i;
    for (i = 0; i < model->count; i++) if (strcmp(model->parameters[i].name, name) == 0) return model->parameters + i;
    return NULL;
}

BERT_API bert_status bert_parameter_read(const bert_parameter *parameter, float *out, int64_t count, bert_error *error)
{
    const bert_parameter *p = parameter;
    int64_t room[4], shape[2];
    bert_tensor t = *p->tensor;
    if (p->transposed) t = bert_tensor_transposed(p->tensor, room);
    shape[0] = p->shape[0];                                             /* leaves out rows that only pad the vocabulary */
    shape[1] = p->rank == 2 ? p->shape[1] : 1;
    t.shape = shape;
    t.count = shape[0] * shape[1];
    return bert_tensor_read(&t, BERT_F32, out, count, error);
}

#ifndef BERT_NO_TOKENIZER
/* ---- its tokenizer ---- */

/* A word of the checkpoint's path that says how it was cased; of several the one in the last folder that has any. */
BERT__FN bert_flag bert__case_by_name(const char *path)
{
    static const struct { const char *word; bert_flag lower; } words[] = { { "uncased", BERT_ON }, { "cased", BERT_OFF }, { "chinese", BERT_ON }, { "multilingual", BERT_ON } };
    size_t end = path ? strlen(path) : 0, start, i, k, n;
    for (; end; end = start ? start - 1 : 0) {                          /* a part of the path between slashes */
        for (start = end; start && !bert__is_slash(path[start - 1]); start--) {}
        for (i = 0; i < sizeof words / sizeof *words; i++)
            for (n = strlen(words[i].word), k = start; k + n <= end; k++)
                if (memcmp(path + k, words[i].word, n) == 0 && !(k > start && bert__is_letter(path[k - 1])) && !(k + n < end && bert__is_letter(path[k + n]))) return words[i].lower;
    }
    return BERT_DEFAULT;
}
/* A failure in a file that was given as bytes: its message gets the file's name in front. */
BERT__FN void bert__name_failure(bert_error *e, const char *path)
{
    const bert_error old = *e;
    if (old.path[0]) return;
    bert__fail(e, old.code, path, -1, "%s", old.message);
    e->offset = old.offset;
    e->line = old.line;
}
BERT_API bert_status bert_model_tokenizer(const bert_model *model, const bert_tokenizer_desc *desc, bert_flag check_case, bert_tokenizer **out)
{
    static const char *const names[] = { "tokenizer.json", "vocab.txt" };
    const bert_checkpoint *c = model ? model->checkpoint : NULL;
    bert_error *e = desc ? desc->error : NULL, unheard;
    bert_tokenizer *tokenizer = NULL;
    bert__source s;                                                     /* for its reader of tokenizer_config.json */
    bert_file file;
    char place[4096], beside[4096];
    const char *path = NULL;
    bert_status st = BERT_OK;
    int i;
    if (!model || !out) return bert__fail(e, BERT_ERROR_ARGUMENT, NULL, -1, "bert_model_tokenizer needs a model and a place for the tokenizer");
    memset(&unheard, 0, sizeof unheard);
    memset(&s, 0, sizeof s);
    memset(&file, 0, sizeof file);
    if (desc) s.d = *desc;
    if (!e) e = &unheard;
    s.d.error = e;
    s.allocator = s.d.allocator = bert__allocator(desc && desc->allocator.alloc ? &desc->allocator : &model->arena.allocator);
    path = s.d.path;
    if (!path && !s.d.data) {
        for (i = 0; i < 2 && !path && c; i++)
            if (bert__find_beside(c, names[s.d.mode == BERT_TOKENIZER_GOOGLE ? 1 - i : i], place, sizeof place)) path = place;
        if (!path)
            return bert__fail(e, BERT_ERROR_IO, bert_checkpoint_path(c), -1, "no vocabulary %s: neither tokenizer.json nor vocab.txt; give its path", c ? "lies beside the checkpoint" : "comes with a model made from a config");
        st = bert__read_beside(c, path, &file, e);
        s.d.data = file.data;
        s.d.size = file.size;
    } else if (path && bert__path_kind(path) == BERT__PATH_FILE) {
        st = bert_file_open(path, &s.allocator, &file, e);              /* to look at; it is opened again by its path */
    }
    if (st == BERT_OK && c && !(path && !file.data)) {                  /* a folder has flags of its own */
        const char *text = (const char *)(file.data ? file.data : s.d.data);
        if (bert__find_beside(c, "tokenizer_config.json", beside, sizeof beside)) {
            st = bert__read_beside(c, beside, &s.config_file, e);
            if (st == BERT_OK) st = bert__json_read(beside, (const char *)s.config_file.data, s.config_file.size, &s.allocator, &s.config, e);
            if (st == BERT_OK) bert__read_config(&s);
        }
        if (st == BERT_OK && !bert__looks_like_json(text, file.data ? file.size : s.d.size) && s.d.lower_case == BERT_DEFAULT) s.d.lower_case = bert__case_by_name(bert_checkpoint_path(c));
    }
    if (st == BERT_OK) {
        st = bert_tokenizer_open(&s.d, &tokenizer);
        if (st != BERT_OK && path) bert__name_failure(e, path);
    }
    if (st == BERT_OK) st = bert_config_check_vocabulary(&model->config, bert_tokenizer_size(tokenizer), path, e);
    if (st == BERT_OK && check_case != BERT_OFF && !BERT__ONLY_SAFETENSORS) st = bert_case_check(tokenizer->desc.lower_case == BERT_ON, bert_checkpoint_path(c), e);
    if (st != BERT_OK) bert_tokenizer_close(tokenizer);
    else *out = tokenizer;
    bert__source_free(&s);
    bert_file_close(&file);
    return st;
}
#endif

/* ============================================================================================================
   >>kernels
   Purpose   what every set of kernels does, as one table of functions; which set this machine runs.
   Uses      nothing.
   Promises  each output element is summed in an order that depends on its own lengths alone: not on the number of rows, of
             tasks or of threads. So the cuts a caller makes (rows, panels, queries) never change a bit.
   ============================================================================================================ */

/* A dense layer y = x W^T + b, packed: panel p holds the outputs p*nr to p*nr+nr-1 as [K][nr], zeros past N. */
typedef struct bert__dense {
    const float *panels;                /* [ceil(N/nr)][K][nr], 64-byte aligned */
    const float *bias;                  /* [ceil(N/nr)*nr] */
    int64_t n, k;
} bert__dense;

/* y = activation(x W^T + b) + residual. x and y do not overlap; residual may be y itself. */
typedef struct bert__product {
    const bert__dense *w;
    const float *x;                     /* [rows,K], x_stride floats apart */
    float *y;                           /* [rows,N], y_stride floats apart */
    const float *residual;              /* as y, or NULL */
    int64_t x_stride, y_stride;
    bert_activation activation;         /* BERT_LINEAR: none */
} bert__product;

/* One head of one sequence: softmax(scale (q + 0)(k + r) + biases)(v + r), r the vector of the relative position (NEZHA). */
typedef struct bert__attention {
    const float *q, *k, *v;             /* [S,D], `stride` floats apart: columns of the QKV product */
    float *out;                         /* [S,D], out_stride floats apart */
    int64_t stride, out_stride, length, depth;   /* ... S, D */
    float scale;
    const float *key_bias;              /* [S] added to the scores of each key, or NULL */
    const float *bias;                  /* [S,S] (query, key) added to the scores, or NULL */
    const float *relative;              /* [2R+1,D] vector of the clipped distance (key - query) + R, or NULL */
    int64_t max_relative;               /* R */
    float *probabilities;               /* [S,S] or NULL: where to leave them */
} bert__attention;

typedef struct bert__kernels {
    bert_isa isa;
    int32_t nr;                         /* outputs of a panel */
    int32_t rows;                       /* a good number of rows for one task of `product` */
    /* rows row..row+rows-1 of all outputs in panels panel..panel+panels-1 */
    void (*product)(const bert__product *p, int64_t row, int64_t rows, int64_t panel, int64_t panels);
    /* y[i][j] = x_i . w_j + bias_j for rows w_j as they lie in a checkpoint: the word embeddings as the decoder; bias may be NULL */
    void (*dots)(const float *x, int64_t x_stride, int64_t m, const float *w, int64_t w_stride, int64_t n, int64_t k, const float *bias, float *y, int64_t y_stride);
    /* LayerNorm of rows of n; y may be x */
    void (*norm)(float *y, const float *x, const float *gamma, const float *beta, float epsilon, int64_t n, int64_t rows);
    /* queries query..query+queries-1, with scratch memory (64-byte aligned) of the size that attention_scratch says */
    void (*attention)(const bert__attention *a, int64_t query, int64_t queries, void *scratch);
    size_t (*attention_scratch)(int64_t length, int64_t depth, int64_t max_relative);
    /* panels[ceil(n/nr)][k][nr] of a matrix whose output j, input c is w[j * out_stride + c * in_stride]; parts of a matrix that
       begin at a multiple of nr can be packed by themselves */
    void (*pack)(const float *w, int64_t out_stride, int64_t in_stride, int64_t n, int64_t k, float *panels);
    const struct bert__learner *learner;   /* what training needs besides; NULL where it is left out */
} bert__kernels;

#ifndef BERT_NO_TRAIN
/* One update of one parameter. decay is 0 where none applies. */
typedef struct bert__update {
    bert_optimizer_kind kind;
    float rate, scale, beta1, beta2, rest1, rest2, epsilon, decay, all_decay, momentum;
    float correct1, correct2;           /* 1 / (1 - beta^t), the second under the root */
} bert__update;

#define BERT__COLUMNS 16                /* of norm_sums, at most */
typedef struct bert__learner {
    /* to = activation(from), or (slope) to *= the activation's derivative at from */
    void (*curve)(bert_activation kind, int slope, const float *from, float *to, int64_t n);
    /* to[c][i] = x[i][c] */
    void (*transpose)(const float *x, int64_t stride, int64_t rows, int64_t columns, float *to, int64_t to_stride);
    /* s = softmax(scale s + key_bias + bias), biases [n] or NULL; there are 16 floats to a multiple of 16 behind s */
    void (*softmax)(float *s, int64_t n, float scale, const float *key_bias, const float *bias);
    /* d = p (d - sum(p d)) scale */
    void (*softmax_back)(const float *p, float *d, int64_t n, float scale);
    /* x = (x + add - mean) / sigma, add [n] or NULL; returns 1 / sigma */
    float (*normal)(float *x, const float *add, double epsilon, int64_t n);
    /* y = x gamma + beta */
    void (*affine)(float *y, const float *x, const float *gamma, const float *beta, int64_t n);
    /* out = (g - mean(g) - normal mean(g normal)) inverse, g = d gamma; out may be d */
    void (*norm_back)(float *out, const float *d, const float *normal, float inverse, const float *gamma, int64_t n);
    /* gamma[c] += the sum over rows of d normal, beta[c] += of d; n columns */
    void (*norm_sums)(const float *d, int64_t d_stride, const float *normal, int64_t stride, int64_t rows, int64_t n, float *gamma, float *beta);
    float (*sum)(const float *x, int64_t n);
    double (*squares)(const float *x, int64_t n);
    void (*drop)(uint32_t below, float scale, uint64_t key, float *x, int64_t n);
    /* y = x as bf16, float32 again; y may be x */
    void (*round)(float *y, const float *x, int64_t n);
    /* pass 2: weights, and the slots as well, but for LAMB: there pass 1 does the slots and gives the sums of squares of weights and of
       what is measured, from which comes the ratio of pass 2 (else 1). Cuts between calls change no bit of weights and slots. */
    void (*update)(const bert__update *u, int pass, float ratio, float *w, const float *g, float *m, float *v, int64_t n, double sums[2]);
} bert__learner;
#endif
#ifdef BERT_NO_TRAIN
#define BERT__IF_TRAIN(kernel) NULL
#else
#define BERT__IF_TRAIN(kernel) kernel
#endif
BERT__INLINE int64_t bert__up(int64_t n, int64_t multiple) { return (n + multiple - 1) / multiple * multiple; }

/* ============================================================================================================
   >>ref
   Purpose   the kernels in plain C: the specification of the others, to be read as a lesson, and what runs where there is
             nothing faster.
   Uses      libm.
   Promises  as >>kernels. The others are tested against these with a bound that grows with the length of the sums.
   ============================================================================================================ */

/* GELU is x times the normal distribution's weight below x. Everybody means that and computes something else: */
BERT__FN float bert__activate(bert_activation kind, float x)
{
    switch (kind) {
    case BERT_GELU_10:                                                  /* clipped to [-10, 10] */
    case BERT_GELU_ERF: x = 0.5f * x * (1.0f + erff(x * 0.70710678118654752f)); return kind == BERT_GELU_10 ? x < -10 ? -10.0f : x > 10 ? 10.0f : x : x;
    case BERT_GELU_TANH: return 0.5f * x * (1.0f + tanhf(0.79788456080286536f * (x + 0.044715f * x * x * x)));
    case BERT_QUICK_GELU: return x / (1.0f + expf(-1.702f * x));
    case BERT_SILU: return x / (1.0f + expf(-x));
    case BERT_RELU: return x > 0 ? x : x != x ? x : 0.0f;
    case BERT_TANH: return tanhf(x);
    default: return x;
    }
}

#define BERT__REF_NR 8
BERT__FN void bert__ref_product(const bert__product *p, int64_t row, int64_t rows, int64_t panel, int64_t panels)
{
    const int64_t k = p->w->k, n = p->w->n;
    int64_t i, j, c, at;
    for (at = panel; at < panel + panels; at++) {
        const float *w = p->w->panels + at * k * BERT__REF_NR, *bias = p->w->bias + at * BERT__REF_NR;
        const int64_t first = at * BERT__REF_NR, width = n - first < BERT__REF_NR ? n - first : BERT__REF_NR;
        for (i = row; i < row + rows; i++) {
            const float *x = p->x + i * p->x_stride;
            float *y = p->y + i * p->y_stride + first, sum[BERT__REF_NR] = { 0 };
            for (c = 0; c < k; c++)
                for (j = 0; j < BERT__REF_NR; j++) sum[j] += x[c] * w[c * BERT__REF_NR + j];
            for (j = 0; j < width; j++) {
                sum[j] = bert__activate(p->activation, sum[j] + bias[j]);
                y[j] = p->residual ? sum[j] + p->residual[i * p->y_stride + first + j] : sum[j];
            }
        }
    }
}
BERT__FN void bert__ref_dots(const float *x, int64_t x_stride, int64_t m, const float *w, int64_t w_stride, int64_t n, int64_t k, const float *bias, float *y, int64_t y_stride)
{
    int64_t i, j, c;
    for (j = 0; j < n; j++)
        for (i = 0; i < m; i++) {
            float sum = 0;
            for (c = 0; c < k; c++) sum += x[i * x_stride + c] * w[j * w_stride + c];
            y[i * y_stride + j] = bias ? sum + bias[j] : sum;
        }
}
/* y = (x - mean) / sqrt(variance + epsilon) * gamma + beta */
BERT__FN void bert__ref_norm(float *y, const float *x, const float *gamma, const float *beta, float epsilon, int64_t n, int64_t rows)
{
    int64_t i, c;
    for (i = 0; i < rows; i++, x += n, y += n) {
        double mean = 0, variance = 0, inverse;
        for (c = 0; c < n; c++) mean += x[c];
        mean /= (double)n;
        for (c = 0; c < n; c++) variance += (x[c] - mean) * (x[c] - mean);
        inverse = 1 / sqrt(variance / (double)n + (double)epsilon);
        for (c = 0; c < n; c++) y[c] = (float)((x[c] - mean) * inverse) * gamma[c] + beta[c];
    }
}
/* The row of the table of relative positions for this query and key. */
BERT__INLINE int64_t bert__relative_row(int64_t query, int64_t key, int64_t max) { return (key - query > max ? max : key - query < -max ? -max : key - query) + max; }

/* scratch: [S] scores */
BERT__FN size_t bert__ref_attention_scratch(int64_t length, int64_t depth, int64_t max_relative) { (void)depth; (void)max_relative; return bert__mul((size_t)length, sizeof(float)); }
BERT__FN void bert__ref_attention(const bert__attention *a, int64_t query, int64_t queries, void *scratch)
{
    const int64_t s = a->length, depth = a->depth;
    float *score = (float *)scratch;
    int64_t i, j, d;
    for (i = query; i < query + queries; i++) {
        const float *q = a->q + i * a->stride;
        float *out = a->out + i * a->out_stride, top = 0, sum = 0;
        for (j = 0; j < s; j++) {
            const float *k = a->k + j * a->stride, *r = a->relative ? a->relative + bert__relative_row(i, j, a->max_relative) * depth : NULL;
            float dot = 0;
            for (d = 0; d < depth; d++) dot += q[d] * (r ? k[d] + r[d] : k[d]);
            dot *= a->scale;
            if (a->key_bias) dot += a->key_bias[j];
            if (a->bias) dot += a->bias[i * s + j];
            score[j] = dot = dot < -FLT_MAX ? -FLT_MAX : dot;           /* two masks at once: still a number */
            if (j == 0 || dot > top) top = dot;
        }
        for (j = 0; j < s; j++) sum += score[j] = expf(score[j] - top);
        for (d = 0; d < depth; d++) out[d] = 0;
        for (j = 0; j < s; j++) {
            const float *v = a->v + j * a->stride, *r = a->relative ? a->relative + bert__relative_row(i, j, a->max_relative) * depth : NULL;
            const float p = score[j] / sum;
            if (a->probabilities) a->probabilities[i * s + j] = p;
            for (d = 0; d < depth; d++) out[d] += p * (r ? v[d] + r[d] : v[d]);
        }
    }
}
BERT__FN void bert__ref_pack(const float *w, int64_t out_stride, int64_t in_stride, int64_t n, int64_t k, float *panels)
{
    int64_t first, j, c;
    for (first = 0; first < n; first += BERT__REF_NR)
        for (c = 0; c < k; c++)
            for (j = first; j < first + BERT__REF_NR; j++) *panels++ = j < n ? w[j * out_stride + c * in_stride] : 0.0f;
}
#ifndef BERT_NO_TRAIN
/* The derivative of bert__activate. */
BERT__FN float bert__slope(bert_activation kind, float x)
{
    if (kind == BERT_GELU_10) {
        const float y = bert__activate(BERT_GELU_ERF, x);
        if (!(y >= -10 && y <= 10)) return 0;
        kind = BERT_GELU_ERF;
    }
    switch (kind) {
    case BERT_GELU_ERF: return 0.5f * (1.0f + erff(x * 0.70710678118654752f)) + x * 0.39894228040143268f * expf(-0.5f * x * x);
    case BERT_GELU_TANH: {
        const float t = tanhf(0.79788456080286536f * (x + 0.044715f * x * x * x));
        return 0.5f * (1.0f + t) + 0.5f * x * (1.0f - t * t) * 0.79788456080286536f * (1.0f + 3 * 0.044715f * x * x);
    }
    case BERT_QUICK_GELU: { const float s = 1.0f / (1.0f + expf(-1.702f * x)); return s + 1.702f * x * s * (1.0f - s); }
    case BERT_SILU: { const float s = 1.0f / (1.0f + expf(-x)); return s + x * s * (1.0f - s); }
    case BERT_RELU: return x > 0 ? 1.0f : 0.0f;
    case BERT_TANH: { const float t = tanhf(x); return 1.0f - t * t; }
    default: return 1;
    }
}
BERT__FN void bert__ref_curve(bert_activation kind, int slope, const float *from, float *to, int64_t n)
{
    int64_t i;
    if (slope) for (i = 0; i < n; i++) to[i] *= bert__slope(kind, from[i]);
    else for (i = 0; i < n; i++) to[i] = bert__activate(kind, from[i]);
}
/* ---- training ---- */

BERT__FN void bert__ref_transpose(const float *x, int64_t stride, int64_t rows, int64_t columns, float *to, int64_t to_stride)
{
    int64_t i, c;
    for (i = 0; i < rows; i++)
        for (c = 0; c < columns; c++) to[c * to_stride + i] = x[i * stride + c];
}
BERT__FN void bert__ref_softmax(float *s, int64_t n, float scale, const float *key_bias, const float *bias)
{
    float top = 0, sum = 0;
    int64_t j;
    for (j = 0; j < n; j++) {
        s[j] *= scale;
        if (key_bias) s[j] += key_bias[j];
        if (bias) s[j] += bias[j];
        if (s[j] < -FLT_MAX) s[j] = -FLT_MAX;
        if (j == 0 || s[j] > top) top = s[j];
    }
    for (j = 0; j < n; j++) sum += s[j] = expf(s[j] - top);
    for (j = 0; j < n; j++) s[j] /= sum;
}
BERT__FN void bert__ref_softmax_back(const float *p, float *d, int64_t n, float scale)
{
    double sum = 0;
    int64_t j;
    for (j = 0; j < n; j++) sum += (double)p[j] * (double)d[j];
    for (j = 0; j < n; j++) d[j] = p[j] * (d[j] - (float)sum) * scale;
}
BERT__FN float bert__ref_normal(float *x, const float *add, double epsilon, int64_t n)
{
    double mean = 0, variance = 0, inverse;
    int64_t c;
    for (c = 0; add && c < n; c++) x[c] += add[c];
    for (c = 0; c < n; c++) mean += (double)x[c];
    mean /= (double)n;
    for (c = 0; c < n; c++) variance += ((double)x[c] - mean) * ((double)x[c] - mean);
    inverse = 1 / sqrt(variance / (double)n + epsilon);
    for (c = 0; c < n; c++) x[c] = (float)(((double)x[c] - mean) * inverse);
    return (float)inverse;
}
BERT__FN void bert__ref_affine(float *y, const float *x, const float *gamma, const float *beta, int64_t n)
{
    int64_t c;
    for (c = 0; c < n; c++) y[c] = x[c] * gamma[c] + beta[c];
}
BERT__FN void bert__ref_norm_back(float *out, const float *d, const float *normal, float inverse, const float *gamma, int64_t n)
{
    double mean = 0, along = 0;
    int64_t c;
    for (c = 0; c < n; c++) {
        const double g = (double)d[c] * (double)gamma[c];
        mean += g;
        along += g * (double)normal[c];
    }
    mean /= (double)n;
    along /= (double)n;
    for (c = 0; c < n; c++) out[c] = (float)(((double)d[c] * (double)gamma[c] - mean - (double)normal[c] * along) * (double)inverse);
}
BERT__FN void bert__ref_norm_sums(const float *d, int64_t d_stride, const float *normal, int64_t stride, int64_t rows, int64_t n, float *gamma, float *beta)
{
    double g[BERT__COLUMNS] = { 0 }, b[BERT__COLUMNS] = { 0 };
    int64_t i, c;
    for (i = 0; i < rows; i++, d += d_stride, normal += stride)
        for (c = 0; c < n; c++) {
            g[c] += (double)d[c] * (double)normal[c];
            b[c] += (double)d[c];
        }
    for (c = 0; c < n; c++) {
        gamma[c] += (float)g[c];
        beta[c] += (float)b[c];
    }
}
BERT__FN float bert__ref_sum(const float *x, int64_t n)
{
    double sum = 0;
    int64_t i;
    for (i = 0; i < n; i++) sum += (double)x[i];
    return (float)sum;
}
BERT__FN double bert__square_sum(const float *x, int64_t n)
{
    double sum = 0;
    int64_t i;
    for (i = 0; i < n; i++) sum += (double)x[i] * (double)x[i];
    return sum;
}
/* Number i of a run of 64 is dropped if 16 bits are below `below`: the low ones of word i, or for i > 31 the high ones of word i - 32.
   Words are a counter that is mixed as murmur3 mixes at its end, with the key before and between. The same for all kinds of
   instructions, compiled for each: loops of constant length on local arrays are what compilers turn into vectors. */
BERT__INLINE void bert__drop_run(uint32_t below, float scale, uint64_t key, float *x, int64_t n)
{
    const int32_t least = (int32_t)below;
    uint32_t w[32], at = (uint32_t)key, h;
    float y[64];
    int64_t i, j;
    for (i = 0; i < n; i += 64, at += 32 * 0x9E3779B9u) {
        if (n - i >= 64) memcpy(y, x + i, sizeof y);
        else for (j = 0; j < 64; j++) y[j] = j < n - i ? x[i + j] : 0.0f;
        for (j = 0; j < 32; j++) {
            h = at + (uint32_t)j * 0x9E3779B9u;
            h = (h ^ h >> 16) * 0x85EBCA6Bu;
            h = (h ^ h >> 13 ^ (uint32_t)(key >> 32)) * 0xC2B2AE35u;
            w[j] = h ^ h >> 16;
        }
        for (j = 0; j < 32; j++) y[j] *= (int32_t)(w[j] & 65535) < least ? 0.0f : scale;
        for (j = 0; j < 32; j++) y[j + 32] *= (int32_t)(w[j] >> 16) < least ? 0.0f : scale;
        if (n - i >= 64) memcpy(x + i, y, sizeof y);
        else for (j = 0; j < n - i; j++) x[i + j] = y[j];
    }
}
BERT__INLINE void bert__round_run(float *y, const float *x, int64_t n)
{
    uint32_t w[64];
    int64_t i, j;
    for (i = 0; i < n; i += 64) {
        if (n - i >= 64) memcpy(w, x + i, sizeof w);
        else for (j = 0; j < 64; j++) w[j] = j < n - i ? bert__float_to_bits(x[i + j]) : 0;
        for (j = 0; j < 64; j++) {
            const uint32_t v = w[j], nan = (uint32_t)-(int32_t)((int32_t)(v & 0x7FFFFFFF) > 0x7F800000);
            w[j] = ((v + ((0x7FFF + (v >> 16 & 1)) & ~nan)) | (0x400000 & nan)) & 0xFFFF0000u;
        }
        if (n - i >= 64) memcpy(y + i, w, sizeof w);
        else for (j = 0; j < n - i; j++) y[i + j] = bert__bits_to_float(w[j]);
    }
}
BERT__FN void bert__ref_round(float *y, const float *x, int64_t n) { bert__round_run(y, x, n); }
BERT__FN void bert__ref_drop(uint32_t below, float scale, uint64_t key, float *x, int64_t n) { bert__drop_run(below, scale, key, x, n); }
/* Where LAMB goes from moments and weight, and what it measures the length of. NEZHA's length has epsilon under the root, and the
   decay even where none applies. */
BERT__INLINE float bert__lamb_direction(const bert__update *u, float w, float m, float v) { return m * u->correct1 / (sqrtf(v * u->correct2) + u->epsilon) + u->decay * w; }
BERT__INLINE float bert__lamb_measured(const bert__update *u, float w, float m, float v)
{
    return u->kind == BERT_OPTIMIZER_LAMB_NEZHA ? m * u->correct1 / sqrtf(v * u->correct2 + u->epsilon) + u->all_decay * w : bert__lamb_direction(u, w, m, v);
}
BERT__INLINE int bert__is_lamb(bert_optimizer_kind kind) { return kind == BERT_OPTIMIZER_LAMB || kind == BERT_OPTIMIZER_LAMB_NEZHA; }
BERT__FN void bert__ref_update(const bert__update *u, int pass, float ratio, float *w, const float *g, float *m, float *v, int64_t n, double sums[2])
{
    const int lamb = bert__is_lamb(u->kind);
    const float rate = u->rate * ratio, corrected = u->rate * u->correct1, root = sqrtf(u->correct2);
    int64_t i;
    for (i = 0; i < n; i++) {
        float x = g[i] * u->scale;
        if (u->kind != BERT_OPTIMIZER_SGD && pass == (lamb ? 1 : 2)) {
            m[i] = u->beta1 * m[i] + u->rest1 * x;
            v[i] = u->beta2 * v[i] + u->rest2 * x * x;
        }
        if (lamb && pass == 1) {
            const double d = (double)bert__lamb_measured(u, w[i], m[i], v[i]);
            sums[0] += (double)w[i] * (double)w[i];
            sums[1] += d * d;
        } else if (lamb) w[i] -= rate * bert__lamb_direction(u, w[i], m[i], v[i]);
        else if (u->kind == BERT_OPTIMIZER_ADAMW) {
            x = w[i] * (1.0f - u->rate * u->decay);
            w[i] = x - corrected * m[i] / (sqrtf(v[i]) * root + u->epsilon);
        } else if (u->kind == BERT_OPTIMIZER_SGD) {
            x += u->decay * w[i];
            if (m) x = m[i] = u->momentum * m[i] + x;
            w[i] -= u->rate * x;
        } else w[i] -= u->rate * (m[i] / (sqrtf(v[i]) + u->epsilon) + u->decay * w[i]);
    }
}
static const bert__learner bert__ref_learner = {
    bert__ref_curve, bert__ref_transpose, bert__ref_softmax, bert__ref_softmax_back, bert__ref_normal, bert__ref_affine, bert__ref_norm_back, bert__ref_norm_sums, bert__ref_sum, bert__square_sum,
    bert__ref_drop, bert__ref_round, bert__ref_update
};
#endif

static const bert__kernels bert__kernels_ref = {
    BERT_ISA_REF, BERT__REF_NR, 16, bert__ref_product, bert__ref_dots, bert__ref_norm, bert__ref_attention, bert__ref_attention_scratch, bert__ref_pack, BERT__IF_TRAIN(&bert__ref_learner)
};

#endif /* BERT_IMPLEMENTATION, so far. The next section is compiled by the one after it, once for each kind of instructions. */

#ifdef BERT__TIER
/* ============================================================================================================
   >>simd
   Purpose   the fast kernels, written once in words for vectors (bert__vadd, ...) that >>tiers defines for each kind of
             instructions. BERT__TIER(name) is the name of a function in the tier that is being compiled.
   Uses      the words of >>tiers; the structs of >>kernels.
   Promises  as >>kernels. Each element of a product is one chain of fused multiply-adds over k = 0, 1, 2, ...; what a
             lane computes does not depend on which lane it is. Nothing is left to the compiler's choice of contraction.

   The product. A tile of MR rows of x times one panel of NR outputs keeps its MR*NR sums in registers: for each k it
   loads NR weights and MR numbers of x, for MR*NR multiply-adds. Panels are cut into blocks of KC so that a block stays
   in the first cache while all rows pass by; the sums wait in a buffer of ROWS*NR meanwhile (a float32 that is stored and
   loaded again is the same float32). Bias, activation and residual are added on the way from that buffer to y, which is
   where the edge of N is cut off: the tiles know no edges but that of M.
   Measured on one busy core of a Zen 4, tasks of 96 rows that are not multiples of 4096 bytes apart, (N,K) of (768,768),
   (768,3072), (1024,1024), (384,384): best of many, 94 to 97 % of the peak with AVX-512, 92 to 96 % with AVX2. Worse or no better:
   blocks of 256 or 768, 48 or 192 rows at a time, unrolling over k, fetching into the first cache, no fetching ahead (AVX2, 8 rows,
   weights from memory: 43 % instead of 82 %). Rows a multiple of 4096 bytes apart meet in the first cache, for 8 % with AVX-512: the
   caller keeps them apart.
   ============================================================================================================ */

#define BERT__SIMD_FN BERT__FN BERT__TARGET
#define BERT__SIMD_NOINLINE BERT__NOINLINE BERT__TARGET
#define BERT__SIMD_INLINE BERT__FORCEINLINE BERT__TARGET
#define BERT__NR (BERT__NV * BERT__W)           /* outputs of a panel: NV vectors of W floats */

/* ---- functions of one variable: errors of a few units in the last place; NaN gives NaN, the ends are exact ---- */

/* e^x = 2^n e^r, n the integer nearest to x/log 2. |r| <= log(2)/2: e^r = 1 + r + r^2 P(r). */
BERT__SIMD_INLINE BERT__VEC BERT__TIER(exp_rest)(BERT__VEC x, BERT__VEC n)
{
    BERT__VEC p = bert__vset(0.00139047297573f), r;
    r = bert__vfnma(n, bert__vset(0.693145752f), x);                            /* log 2 in two parts, the first with zeros below */
    r = bert__vfnma(n, bert__vset(1.42860677e-6f), r);
    p = bert__vfma(p, r, bert__vset(0.00836886688877f));
    p = bert__vfma(p, r, bert__vset(0.0416669413802f));
    p = bert__vfma(p, r, bert__vset(0.166665190743f));
    p = bert__vfma(p, r, bert__vset(0.499999984185f));
    return bert__vadd(bert__vfma(bert__vmul(p, r), r, r), bert__vset(1.0f));
}
/* 0 below -104, infinity above 89 */
BERT__SIMD_INLINE BERT__VEC BERT__TIER(exp)(BERT__VEC x)
{
    BERT__VEC n;
    x = bert__vmax(bert__vset(-104.0f), bert__vmin(bert__vset(89.0f), x));      /* these give the second if that is NaN */
    n = bert__vround(bert__vmul(x, bert__vset(1.44269504f)));
    return bert__vscale(BERT__TIER(exp_rest)(x, n), n);
}
/* For x <= 0. What would be no normal number is 0: denormal numbers cost hundreds of cycles in the products after a softmax. */
BERT__SIMD_INLINE BERT__VEC BERT__TIER(exp_negative)(BERT__VEC x)
{
    const BERT__VEC n = bert__vround(bert__vmul(x, bert__vset(1.44269504f)));
    return bert__vabove(bert__vset(-87.3f), x, bert__vzero(), bert__vscale_normal(BERT__TIER(exp_rest)(x, n), n));
}
/* Odd functions that reach 1: x P(x^2) / Q(x^2), fitted for the least relative error up to `end`, where they round to 1. */
BERT__SIMD_INLINE BERT__VEC BERT__TIER(erf)(BERT__VEC x)
{
    const BERT__VEC a = bert__vmin(bert__vset(3.93f), bert__vabs(x)), u = bert__vmul(a, a);
    BERT__VEC p = bert__vset(2.04196966564e-6f), q = bert__vset(3.80040604784e-5f);
    p = bert__vfma(p, u, bert__vset(0.000284808538089f));
    q = bert__vfma(q, u, bert__vset(0.00116521261238f));
    p = bert__vfma(p, u, bert__vset(0.00377960917908f));
    q = bert__vfma(q, u, bert__vset(0.0149974368842f));
    p = bert__vfma(p, u, bert__vset(0.0527902844563f));
    q = bert__vfma(q, u, bert__vset(0.114257523022f));
    p = bert__vfma(p, u, bert__vset(0.190783837615f));
    q = bert__vfma(q, u, bert__vset(0.502410493367f));
    p = bert__vfma(p, u, bert__vset(1.12837914536f));
    q = bert__vfma(q, u, bert__vset(1.0f));
    p = bert__vdiv(bert__vmul(p, a), q);
    return bert__vsign(bert__vabove(a, bert__vset(3.92f), bert__vset(1.0f), bert__vmin(bert__vset(1.0f), p)), x);
}
BERT__SIMD_INLINE BERT__VEC BERT__TIER(tanh)(BERT__VEC x)
{
    const BERT__VEC a = bert__vmin(bert__vset(9.02f), bert__vabs(x)), u = bert__vmul(a, a);
    BERT__VEC p = bert__vset(1.33190186363e-8f), q = bert__vset(7.76199640497e-7f);
    p = bert__vfma(p, u, bert__vset(2.05834385842e-5f));
    q = bert__vfma(q, u, bert__vset(0.000328308841702f));
    p = bert__vfma(p, u, bert__vset(0.00349403176829f));
    q = bert__vfma(q, u, bert__vset(0.0258710623598f));
    p = bert__vfma(p, u, bert__vset(0.133797155177f));
    q = bert__vfma(q, u, bert__vset(0.46713030754f));
    p = bert__vfma(p, u, bert__vset(0.999999979012f));
    q = bert__vfma(q, u, bert__vset(1.0f));
    p = bert__vdiv(bert__vmul(p, a), q);
    return bert__vsign(bert__vabove(a, bert__vset(9.01f), bert__vset(1.0f), bert__vmin(bert__vset(1.0f), p)), x);
}

/* sums[count] = activation(sums + bias), count a multiple of NR, bias [NR] */
BERT__SIMD_NOINLINE void BERT__TIER(activate)(bert_activation kind, float *sums, int64_t count, const float *bias)
{
    const BERT__VEC one = bert__vset(1.0f), half = bert__vset(0.5f);
    float *const end = sums + count;
    BERT__VEC x, t;
    int64_t j;
#define BERT__EACH(becomes)                                                                                            \
    for (; sums < end; sums += BERT__NR)                                                                               \
        for (j = 0; j < BERT__NR; j += BERT__W) {                                                                      \
            x = bert__vadd(bert__vload(sums + j), bert__vload(bias + j));                                              \
            becomes;                                                                                                   \
            bert__vstore(sums + j, x);                                                                                 \
        }                                                                                                              \
    break
#define BERT__GELU t = BERT__TIER(erf)(bert__vmul(x, bert__vset(0.70710678118654752f))); x = bert__vmul(bert__vmul(half, x), bert__vadd(one, t))
    switch (kind) {
    case BERT_GELU_ERF: BERT__EACH(BERT__GELU);
    case BERT_GELU_10: BERT__EACH(BERT__GELU; x = bert__vmax(bert__vset(-10.0f), bert__vmin(bert__vset(10.0f), x)));
    case BERT_GELU_TANH:
        BERT__EACH(t = bert__vmul(bert__vmul(x, x), x);
                   t = BERT__TIER(tanh)(bert__vmul(bert__vset(0.79788456080286536f), bert__vfma(bert__vset(0.044715f), t, x)));
                   x = bert__vmul(bert__vmul(half, x), bert__vadd(one, t)));
    case BERT_QUICK_GELU: BERT__EACH(t = BERT__TIER(exp)(bert__vmul(x, bert__vset(-1.702f))); x = bert__vdiv(x, bert__vadd(one, t)));
    case BERT_SILU: BERT__EACH(t = BERT__TIER(exp)(bert__vmul(x, bert__vset(-1.0f))); x = bert__vdiv(x, bert__vadd(one, t)));
    case BERT_RELU: BERT__EACH(x = bert__vmax(bert__vzero(), x));
    case BERT_TANH: BERT__EACH(x = BERT__TIER(tanh)(x));
    default: BERT__EACH((void)t);
    }
#undef BERT__GELU
#undef BERT__EACH
}
#ifndef BERT_NO_TRAIN
/* x[count] = the activation's derivative at x, count a multiple of NR */
BERT__SIMD_NOINLINE void BERT__TIER(slopes)(bert_activation kind, float *xs, int64_t count)
{
    const BERT__VEC one = bert__vset(1.0f), half = bert__vset(0.5f);
    float *const end = xs + count;
    BERT__VEC x, t, u;
#define BERT__EACH(becomes)                                                                                            \
    for (; xs < end; xs += BERT__W) {                                                                                  \
        x = bert__vload(xs);                                                                                           \
        becomes;                                                                                                       \
        bert__vstore(xs, x);                                                                                           \
    }                                                                                                                  \
    break
    /* the weight below x, and x times the density there */
#define BERT__GELU                                                                                                     \
    t = bert__vmul(half, bert__vadd(one, BERT__TIER(erf)(bert__vmul(x, bert__vset(0.70710678118654752f)))));            \
    u = bert__vmul(bert__vset(0.39894228040143268f), BERT__TIER(exp_negative)(bert__vmul(bert__vmul(x, x), bert__vset(-0.5f))))
#define BERT__SIGMOID(by)                                                                                              \
    t = bert__vdiv(one, bert__vadd(one, BERT__TIER(exp)(bert__vmul(x, bert__vset(-(by))))));                            \
    u = bert__vmul(bert__vmul(bert__vset(by), x), bert__vsub(one, t));                                                 \
    x = bert__vfma(t, u, t)
    switch (kind) {
    case BERT_GELU_ERF: BERT__EACH(BERT__GELU; x = bert__vfma(x, u, t));
    case BERT_GELU_10: BERT__EACH(BERT__GELU; x = bert__vabove(x, bert__vset(10.0f), bert__vzero(), bert__vfma(x, u, t)));
    case BERT_GELU_TANH:
        BERT__EACH(u = bert__vmul(x, x);
                   t = BERT__TIER(tanh)(bert__vmul(bert__vmul(bert__vset(0.79788456080286536f), x), bert__vfma(bert__vset(0.044715f), u, one)));
                   u = bert__vmul(bert__vset(0.79788456080286536f), bert__vfma(bert__vset(3 * 0.044715f), u, one));
                   u = bert__vmul(bert__vmul(x, u), bert__vfnma(t, t, one));
                   x = bert__vmul(half, bert__vadd(bert__vadd(one, t), u)));
    case BERT_QUICK_GELU: BERT__EACH(BERT__SIGMOID(1.702f));
    case BERT_SILU: BERT__EACH(BERT__SIGMOID(1.0f));
    case BERT_RELU: BERT__EACH(x = bert__vabove(x, bert__vzero(), one, bert__vzero()));
    case BERT_TANH: BERT__EACH(t = BERT__TIER(tanh)(x); x = bert__vfnma(t, t, one));
    default: BERT__EACH(x = one; (void)t; (void)u);
    }
#undef BERT__SIGMOID
#undef BERT__GELU
#undef BERT__EACH
}
BERT__SIMD_FN void BERT__TIER(curve)(bert_activation kind, int slope, const float *from, float *to, int64_t n)
{
    static const float zeros[BERT__NR] = { 0 };
    float x[8 * BERT__NR];
    int64_t i, j, count;
    for (i = 0; i < n; i += 8 * BERT__NR) {
        count = n - i < 8 * BERT__NR ? n - i : 8 * BERT__NR;
        memcpy(x, from + i, (size_t)count * sizeof *x);
        for (j = count; j % BERT__NR; j++) x[j] = 0;
        if (slope) {
            BERT__TIER(slopes)(kind, x, j);
            for (j = 0; j < count; j++) to[i + j] *= x[j];
        } else {
            BERT__TIER(activate)(kind, x, j, zeros);
            memcpy(to + i, x, (size_t)count * sizeof *x);
        }
    }
}
#endif

/* ---- products ---- */

/* c[i][0..NR-1] = (fresh ? 0 : c) + sum over k of x[i][k] w[k][0..NR-1] for i < mr, which is a constant wherever this is
   called: each call is a function of its own, without the rows from mr on. ahead: memory wanted soon, `step` floats for each k. */
BERT__SIMD_INLINE void BERT__TIER(tile)(const int mr, int64_t k, const float *x, int64_t x_stride, const float *w, float *c, int64_t c_stride, int fresh, const float *ahead, int64_t step)
{
    BERT__VEC a[BERT__MR][BERT__NV], b[BERT__NV], v;
#define BERT__ZERO(i, j) a[i][j] = bert__vzero();
#define BERT__LOAD(i, j) a[i][j] = bert__vload(c + (i) * c_stride + (j) * BERT__W);
#define BERT__STORE(i, j) bert__vstore(c + (i) * c_stride + (j) * BERT__W, a[i][j]);
#define BERT__ZERO_ROW(i, u) if (i < mr) { BERT__EACH_VEC(BERT__ZERO, i) }
#define BERT__LOAD_ROW(i, u) if (i < mr) { BERT__EACH_VEC(BERT__LOAD, i) }
#define BERT__STORE_ROW(i, u) if (i < mr) { BERT__EACH_VEC(BERT__STORE, i) }
#define BERT__WEIGHTS(u, j) b[j] = bert__vload(w + (j) * BERT__W);
#define BERT__FMA(i, j) a[i][j] = bert__vfma(v, b[j], a[i][j]);
#define BERT__FMA_ROW(i, u) if (i < mr) { v = bert__vset(x[(i) * x_stride]); BERT__EACH_VEC(BERT__FMA, i) }
    if (fresh) { BERT__EACH_ROW(BERT__ZERO_ROW, 0) }
    else { BERT__EACH_ROW(BERT__LOAD_ROW, 0) }
    for (; k > 0; k--, x++, w += BERT__NR, ahead += step) {             /* four steps at once were slower: gcc runs out of registers */
        bert__vahead(ahead);
        BERT__EACH_VEC(BERT__WEIGHTS, 0)
        BERT__EACH_ROW(BERT__FMA_ROW, 0)
    }
    BERT__EACH_ROW(BERT__STORE_ROW, 0)
#undef BERT__FMA_ROW
#undef BERT__FMA
#undef BERT__WEIGHTS
#undef BERT__STORE_ROW
#undef BERT__LOAD_ROW
#undef BERT__ZERO_ROW
#undef BERT__STORE
#undef BERT__LOAD
#undef BERT__ZERO
}
/* The same for any number of rows, in tiles as equal as can be: 8 rows as 4 and 4 keep more sums in flight than 6 and 2. Together
   they fetch NR * k floats from `ahead` on, the next block of weights, into the second cache. */
BERT__SIMD_NOINLINE void BERT__TIER(tiles)(int64_t rows, int64_t k, const float *x, int64_t x_stride, const float *w, float *c, int64_t c_stride, int fresh, const float *ahead)
{
    int64_t left = (rows + BERT__MR - 1) / BERT__MR, count;
    const int64_t step = left > 1 ? (BERT__NR + left - 1) / left : 0;   /* one tile alone: the processor's own guesses are better */
    for (; left > 0; left--, rows -= count, x += count * x_stride, c += count * c_stride, ahead += step * k) {
        count = (rows + left - 1) / left;
#define BERT__CASE(i, u) case i + 1: BERT__TIER(tile)(i + 1, k, x, x_stride, w, c, c_stride, fresh, ahead, step); break;
        switch (count) {
        BERT__EACH_ROW(BERT__CASE, 0)
        default: break;
        }
#undef BERT__CASE
    }
}

#define BERT__ROWS_MAX 96                       /* rows at a time: their sums are 6 or 12 KB on the stack */
BERT__SIMD_FN void BERT__TIER(product)(const bert__product *p, int64_t row, int64_t rows, int64_t panel, int64_t panels)
{
    const int64_t n = p->w->n, k = p->w->k;
    BERT__ALIGN64 float sums[BERT__ROWS_MAX * BERT__NR];                /* [count][NR] */
    int64_t at, count, from, i, j;
    for (; rows > 0; row += count, rows -= count) {
        count = rows < BERT__ROWS_MAX ? rows : BERT__ROWS_MAX;
        for (at = panel; at < panel + panels; at++) {
            const float *w = p->w->panels + at * k * BERT__NR, *bias = p->w->bias + at * BERT__NR;
            const int64_t first = at * BERT__NR, width = n - first < BERT__NR ? n - first : BERT__NR, full = width - width % BERT__W;
            for (from = 0; from < k; from += BERT__KC) {
                const int64_t block = k - from < BERT__KC ? k - from : BERT__KC;
                const float *ahead = w + (from + block < k || at + 1 < panel + panels ? from + block : from) * BERT__NR;
                BERT__TIER(tiles)(count, block, p->x + row * p->x_stride + from, p->x_stride, w + from * BERT__NR, sums, BERT__NR, from == 0, ahead);
            }
            BERT__TIER(activate)(p->activation, sums, count * BERT__NR, bias);
            for (i = 0; i < count; i++) {
                float *y = p->y + (row + i) * p->y_stride + first;
                const float *s = sums + i * BERT__NR, *r = p->residual ? p->residual + (row + i) * p->y_stride + first : NULL;
                for (j = 0; j < full; j += BERT__W) bert__vstore(y + j, r ? bert__vadd(bert__vload(s + j), bert__vload(r + j)) : bert__vload(s + j));
                if (j < width) bert__vstore_n(y + j, r ? bert__vadd(bert__vload(s + j), bert__vload_n(r + j, width - j)) : bert__vload(s + j), width - j);
            }
        }
    }
}

/* panels[ceil(n/NR)][k][NR]: output j, input c is w[j * out_stride + c * in_stride] */
BERT__SIMD_FN void BERT__TIER(pack)(const float *w, int64_t out_stride, int64_t in_stride, int64_t n, int64_t k, float *panels)
{
    int64_t first, j, c, i;
    for (first = 0; first < n; first += BERT__NR, panels += k * BERT__NR) {
        const int64_t width = n - first < BERT__NR ? n - first : BERT__NR;
        const float *from = w + first * out_stride;
        if (out_stride == 1) {                                          /* as it lies there, in pieces of NR */
            for (c = 0; c < k; c++, from += in_stride)
                for (j = 0; j < BERT__NR; j += BERT__W)
                    bert__vstore(panels + c * BERT__NR + j, j + BERT__W <= width ? bert__vload(from + j) : j < width ? bert__vload_n(from + j, width - j) : bert__vzero());
            continue;
        }
        for (j = 0; j < BERT__NR; j += BERT__SQUARE) {                  /* transposed in squares */
            c = 0;
            if (in_stride == 1 && j + BERT__SQUARE <= width)
                for (; c + BERT__SQUARE <= k; c += BERT__SQUARE) BERT__TIER(transpose)(from + j * out_stride + c, out_stride, panels + c * BERT__NR + j, BERT__NR);
            for (; c < k; c++)
                for (i = j; i < j + BERT__SQUARE; i++) panels[c * BERT__NR + i] = i < width ? from[i * out_stride + c * in_stride] : 0.0f;
        }
    }
}

/* ---- rows against rows: lanes along k, so nothing needs packing ---- */

/* y[i][0..3] = x_i . w[0..3] for i < mr (a constant, as in tile); four sums of W lanes become four numbers at the end */
BERT__SIMD_INLINE void BERT__TIER(dot_tile)(const int mr, int64_t k, const float *x, int64_t x_stride, const float *w[4], float (*y)[4])
{
    BERT__VEC a[BERT__DR][4], b[BERT__DR], v;
    int64_t c;
#define BERT__ZERO_ROW(i, u) if (i < mr) a[i][0] = a[i][1] = a[i][2] = a[i][3] = bert__vzero();
#define BERT__LOAD_ROW(i, load) if (i < mr) b[i] = load(x + (i) * x_stride + c);
#define BERT__LOAD_N(p) bert__vload_n(p, k - c)
#define BERT__FMA_ROW(i, j) if (i < mr) a[i][j] = bert__vfma(b[i], v, a[i][j]);
#define BERT__COLUMN(j, load) { v = load(w[j] + c); BERT__EACH_DOT(BERT__FMA_ROW, j) }
#define BERT__STEP(load) { BERT__EACH_DOT(BERT__LOAD_ROW, load) BERT__COLUMN(0, load) BERT__COLUMN(1, load) BERT__COLUMN(2, load) BERT__COLUMN(3, load) }
#define BERT__SUM_ROW(i, u) if (i < mr) bert__vsum4(y[i], a[i][0], a[i][1], a[i][2], a[i][3]);
    BERT__EACH_DOT(BERT__ZERO_ROW, 0)
    for (c = 0; c + BERT__W <= k; c += BERT__W) BERT__STEP(bert__vload)
    if (c < k) BERT__STEP(BERT__LOAD_N)
    BERT__EACH_DOT(BERT__SUM_ROW, 0)
#undef BERT__SUM_ROW
#undef BERT__STEP
#undef BERT__COLUMN
#undef BERT__FMA_ROW
#undef BERT__LOAD_N
#undef BERT__LOAD_ROW
#undef BERT__ZERO_ROW
}
BERT__SIMD_NOINLINE void BERT__TIER(dot_rows)(int64_t rows, int64_t k, const float *x, int64_t x_stride, const float *w[4], float (*y)[4])
{
#define BERT__CASE(i, u) case i + 1: BERT__TIER(dot_tile)(i + 1, k, x, x_stride, w, y); break;
    switch (rows) {
    BERT__EACH_DOT(BERT__CASE, 0)
    default: break;
    }
#undef BERT__CASE
}
BERT__SIMD_FN void BERT__TIER(dots)(const float *x, int64_t x_stride, int64_t m, const float *w, int64_t w_stride, int64_t n, int64_t k, const float *bias, float *y, int64_t y_stride)
{
    int64_t row, i, j, c;
    for (row = 0; row < m; row += 64) {                                 /* as many rows of x as the second cache holds */
        const int64_t end = m - row < 64 ? m : row + 64;
        for (j = 0; j < n; j += 4) {
            const float *four[4];
            const int64_t width = n - j < 4 ? n - j : 4;
            for (c = 0; c < 4; c++) four[c] = w + (c < width ? j + c : n - 1) * w_stride;     /* past the end: the last once more */
            for (i = row; i < end; i += BERT__DR) {
                float sums[BERT__DR][4];
                const int64_t count = end - i < BERT__DR ? end - i : BERT__DR, slice = (k * count + end - row - 1) / (end - row);
                int64_t r;
                /* each tile fetches its share of the next four: the processor's guesses end with a row */
                for (r = j + 4; r < j + 8 && r < n; r++)
                    for (c = k * (i - row) / (end - row); c < k * (i - row) / (end - row) + slice; c += 16) bert__vahead(w + r * w_stride + c);
                BERT__TIER(dot_rows)(count, k, x + i * x_stride, x_stride, four, sums);
                for (r = 0; r < count; r++)
                    for (c = 0; c < width; c++) y[(i + r) * y_stride + j + c] = bias ? sums[r][c] + bias[j + c] : sums[r][c];
            }
        }
    }
}

/* ---- LayerNorm ---- */

/* The sum of n numbers: four rows of lanes, always in this order. */
BERT__SIMD_FN float BERT__TIER(sum)(const float *x, int64_t n)
{
    BERT__VEC a = bert__vzero(), b = a, c = a, d = a;
    int64_t i = 0;
    for (; i + 4 * BERT__W <= n; i += 4 * BERT__W) {
        a = bert__vadd(a, bert__vload(x + i));
        b = bert__vadd(b, bert__vload(x + i + BERT__W));
        c = bert__vadd(c, bert__vload(x + i + 2 * BERT__W));
        d = bert__vadd(d, bert__vload(x + i + 3 * BERT__W));
    }
    for (; i + BERT__W <= n; i += BERT__W) a = bert__vadd(a, bert__vload(x + i));
    if (i < n) b = bert__vadd(b, bert__vload_n(x + i, n - i));
    return bert__vsum(bert__vadd(bert__vadd(a, b), bert__vadd(c, d)));
}
/* The mean is rounded to float32 at first; what that lost is the mean of the differences, which are small and exact enough to
   make up for it. */
BERT__SIMD_FN void BERT__TIER(norm)(float *y, const float *x, const float *gamma, const float *beta, float epsilon, int64_t n, int64_t rows)
{
    int64_t i, c;
    for (i = 0; i < rows; i++, x += n, y += n) {
        const BERT__VEC mean = bert__vset((float)((double)BERT__TIER(sum)(x, n) / (double)n));
        BERT__VEC a = bert__vzero(), b = a, s = a, t = a, d, e, inverse, rest;
        double off, variance;
        for (c = 0; c + 2 * BERT__W <= n; c += 2 * BERT__W) {
            d = bert__vsub(bert__vload(x + c), mean);
            e = bert__vsub(bert__vload(x + c + BERT__W), mean);
            a = bert__vfma(d, d, a);
            b = bert__vfma(e, e, b);
            s = bert__vadd(s, d);
            t = bert__vadd(t, e);
        }
        for (; c < n; c += BERT__W) {
            d = bert__vsub(bert__vload_n(x + c, n - c < BERT__W ? n - c : BERT__W), mean);
            d = bert__vkeep(d, n - c < BERT__W ? n - c : BERT__W, bert__vzero());
            a = bert__vfma(d, d, a);
            s = bert__vadd(s, d);
        }
        off = (double)bert__vsum(bert__vadd(s, t)) / (double)n;
        variance = (double)bert__vsum(bert__vadd(a, b)) / (double)n - off * off;
        if (variance < 0) variance = 0;
        variance = 1 / sqrt(variance + (double)epsilon);
        inverse = bert__vset((float)variance);
        rest = bert__vset((float)(-off * variance));
        for (c = 0; c + BERT__W <= n; c += BERT__W) {
            d = bert__vfma(bert__vsub(bert__vload(x + c), mean), inverse, rest);
            bert__vstore(y + c, bert__vfma(d, bert__vload(gamma + c), bert__vload(beta + c)));
        }
        if (c < n) {
            d = bert__vfma(bert__vsub(bert__vload_n(x + c, n - c), mean), inverse, rest);
            bert__vstore_n(y + c, bert__vfma(d, bert__vload_n(gamma + c, n - c), bert__vload_n(beta + c, n - c)), n - c);
        }
    }
}

/* ---- attention ---- */

/* For each query all scores at once, then the softmax, then the sum of the values: two products with k^T and v packed as
   panels, by the same tiles. QB queries at a time. Relative positions (NEZHA) are two products more, with the table, one column
   for each distance that occurs: added to the scores by distance, and the probabilities summed by distance. */
#define BERT__QB (2 * BERT__MR)
typedef struct BERT__TIER(places) {             /* parts of the scratch memory, in floats */
    int64_t keys, stride, depth, distances, across;      /* sizes: S to a multiple of NR, a row of scores, D so, C, a row of C */
    size_t k, v, rk, rv, q, scores, relative, out, total;
} BERT__TIER(places);
BERT__SIMD_FN BERT__TIER(places) BERT__TIER(place)(int64_t s, int64_t depth, int64_t max)
{
    BERT__TIER(places) p;
    size_t at = 0;
    max = max < s - 1 ? max : s - 1;
    p.keys = bert__up(s, BERT__NR);
    p.stride = p.keys + 16;                                             /* no power of two: rows shall not meet in the cache */
    p.depth = bert__up(depth, BERT__NR);
    p.distances = 2 * max + 1;
    p.across = bert__up(p.distances, BERT__NR);
#define BERT__PLACE(name, rows, columns) p.name = at; at = bert__add(at, bert__mul((size_t)(rows), (size_t)bert__up(columns, 16)))
    BERT__PLACE(k, p.keys, depth);
    BERT__PLACE(v, p.depth, s);
    BERT__PLACE(rk, p.across, depth);
    BERT__PLACE(rv, p.depth, p.distances);
    BERT__PLACE(q, BERT__QB, depth);
    BERT__PLACE(scores, BERT__QB, p.stride);
    BERT__PLACE(relative, BERT__QB, p.across);
    BERT__PLACE(out, BERT__QB, p.depth);
#undef BERT__PLACE
    p.total = at;
    return p;
}
BERT__SIMD_FN size_t BERT__TIER(attention_scratch)(int64_t length, int64_t depth, int64_t max_relative)
{
    return bert__mul(BERT__TIER(place)(length, depth, max_relative).total, sizeof(float));
}
/* s[0..n-1] = exp(s + key_bias + bias - the largest of these); returns their sum. Scores
   that overflow to -infinity count as -FLT_MAX: a row of nothing else is a row of equals, as in >>ref. */
BERT__SIMD_FN float BERT__TIER(softmax)(float *s, int64_t n, const float *key_bias, const float *bias)
{
    const BERT__VEC least = bert__vset(-FLT_MAX);
    BERT__VEC top = least, sum = bert__vzero(), v;
    int64_t j;
    for (j = 0; j + BERT__W <= n; j += BERT__W) {
        v = bert__vload(s + j);
        if (key_bias) v = bert__vadd(v, bert__vload(key_bias + j));
        if (bias) v = bert__vadd(v, bert__vload(bias + j));
        v = bert__vmax(least, v);
        top = bert__vmax(top, v);
        bert__vstore(s + j, v);
    }
    if (j < n) {
        v = bert__vload(s + j);
        if (key_bias) v = bert__vadd(v, bert__vload_n(key_bias + j, n - j));
        if (bias) v = bert__vadd(v, bert__vload_n(bias + j, n - j));
        v = bert__vkeep(bert__vmax(least, v), n - j, least);
        top = bert__vmax(top, v);
        bert__vstore(s + j, v);
    }
    top = bert__vset(bert__vtop(top));
    for (j = 0; j + BERT__W <= n; j += BERT__W) {
        v = BERT__TIER(exp_negative)(bert__vsub(bert__vload(s + j), top));
        sum = bert__vadd(sum, v);
        bert__vstore(s + j, v);
    }
    if (j < n) {
        v = bert__vkeep(BERT__TIER(exp_negative)(bert__vsub(bert__vload(s + j), top)), n - j, bert__vzero());
        sum = bert__vadd(sum, v);
        bert__vstore(s + j, v);
    }
    return bert__vsum(sum);
}
/* y[0..n-1] = x factor */
BERT__SIMD_INLINE void BERT__TIER(scaled)(float *y, const float *x, int64_t n, float factor)
{
    const BERT__VEC f = bert__vset(factor);
    int64_t j = 0;
    for (; j + BERT__W <= n; j += BERT__W) bert__vstore(y + j, bert__vmul(bert__vload(x + j), f));
    if (j < n) bert__vstore_n(y + j, bert__vmul(bert__vload_n(x + j, n - j), f), n - j);
}
BERT__SIMD_FN void BERT__TIER(attention)(const bert__attention *a, int64_t query, int64_t queries, void *scratch)
{
    const int64_t s = a->length, depth = a->depth, max = a->max_relative < s - 1 ? a->max_relative : s - 1;
    const BERT__TIER(places) p = BERT__TIER(place)(s, depth, a->max_relative);
    float *const base = (float *)scratch, *const q = base + p.q, *const scores = base + p.scores, *const relative = base + p.relative, *const out = base + p.out;
    const int64_t end = query + queries, q_stride = bert__up(depth, 16);
    int64_t i, j, at, count;
    float inverse[BERT__QB];
    BERT__TIER(pack)(a->k, a->stride, 1, s, depth, base + p.k);
    BERT__TIER(pack)(a->v, 1, a->stride, depth, s, base + p.v);
    if (a->relative) {                                                  /* the rows of the distances that occur, -max to max */
        const float *r = a->relative + (a->max_relative - max) * depth;
        BERT__TIER(pack)(r, depth, 1, p.distances, depth, base + p.rk);
        BERT__TIER(pack)(r, 1, depth, depth, p.distances, base + p.rv);
    }
    for (; query < end; query += count) {
        count = end - query < BERT__QB ? end - query : BERT__QB;
        for (i = 0; i < count; i++) BERT__TIER(scaled)(q + i * q_stride, a->q + (query + i) * a->stride, depth, a->scale);
        for (at = 0; at < p.keys; at += BERT__NR) BERT__TIER(tiles)(count, depth, q, q_stride, base + p.k + at * depth, scores + at, p.stride, 1, base + p.k + at * depth);
        if (a->relative)
            for (at = 0; at < p.across; at += BERT__NR) BERT__TIER(tiles)(count, depth, q, q_stride, base + p.rk + at * depth, relative + at, p.across, 1, base + p.k);
        for (i = 0; i < count; i++) {
            float *score = scores + i * p.stride, *r = relative + i * p.across;
            /* keys before `low` are at distance -max or more, those from `high` on at max or more */
            const int64_t low = query + i - max > 0 ? query + i - max : 0, high = query + i + max < s ? query + i + max : s;
            if (a->relative) {
                for (j = 0; j < low; j++) score[j] += r[0];
                for (; j < high; j++) score[j] += r[j - query - i + max];
                for (; j < s; j++) score[j] += r[2 * max];
            }
            inverse[i] = 1 / BERT__TIER(softmax)(score, s, a->key_bias, a->bias ? a->bias + (query + i) * s : NULL);
            if (a->probabilities) BERT__TIER(scaled)(a->probabilities + (query + i) * s, score, s, inverse[i]);
            if (a->relative) {
                for (j = 0; j < p.across; j++) r[j] = 0;
                for (j = low; j < high; j++) r[j - query - i + max] = score[j];
                if (max == 0) r[0] = BERT__TIER(sum)(score, s);
                else {
                    r[0] += BERT__TIER(sum)(score, low);
                    r[2 * max] = BERT__TIER(sum)(score + high, s - high);
                }
            }
        }
        for (at = 0; at < p.depth; at += BERT__NR) {
            const float *v = base + p.v + at * s;
            for (j = 0; j < s; j += BERT__KC) BERT__TIER(tiles)(count, s - j < BERT__KC ? s - j : BERT__KC, scores + j, p.stride, v + j * BERT__NR, out + at, p.depth, j == 0, v + j * BERT__NR);
            if (a->relative) BERT__TIER(tiles)(count, p.distances, relative, p.across, base + p.rv + at * p.distances, out + at, p.depth, 0, v);
        }
        for (i = 0; i < count; i++) BERT__TIER(scaled)(a->out + (query + i) * a->out_stride, out + i * p.depth, depth, inverse[i]);
    }
}

#ifndef BERT_NO_TRAIN
/* ---- training ---- */

#define BERT__SOME(p, i, n) ((n) - (i) < BERT__W ? bert__vload_n((p) + (i), (n) - (i)) : bert__vload((p) + (i)))
#define BERT__PUT(p, i, n, v) do { if ((n) - (i) < BERT__W) bert__vstore_n((p) + (i), v, (n) - (i)); else bert__vstore((p) + (i), v); } while (0)
BERT__SIMD_FN void BERT__TIER(across)(const float *x, int64_t stride, int64_t rows, int64_t columns, float *to, int64_t to_stride)
{
    int64_t i, c, j, k;
    for (i = 0; i < rows; i += BERT__SQUARE)
        for (c = 0; c < columns; c += BERT__SQUARE)
            if (i + BERT__SQUARE <= rows && c + BERT__SQUARE <= columns) BERT__TIER(transpose)(x + i * stride + c, stride, to + c * to_stride + i, to_stride);
            else for (j = i; j < i + BERT__SQUARE && j < rows; j++)
                for (k = c; k < c + BERT__SQUARE && k < columns; k++) to[k * to_stride + j] = x[j * stride + k];
}
BERT__SIMD_FN void BERT__TIER(probabilities)(float *s, int64_t n, float scale, const float *key_bias, const float *bias)
{
    BERT__TIER(scaled)(s, s, n, scale);
    BERT__TIER(scaled)(s, s, n, 1 / BERT__TIER(softmax)(s, n, key_bias, bias));
}
BERT__SIMD_FN void BERT__TIER(softmax_back)(const float *p, float *d, int64_t n, float scale)
{
    const BERT__VEC by = bert__vset(scale);
    BERT__VEC a = bert__vzero(), sum;
    int64_t j;
    for (j = 0; j < n; j += BERT__W) a = bert__vfma(BERT__SOME(p, j, n), BERT__SOME(d, j, n), a);
    sum = bert__vset(bert__vsum(a));
    for (j = 0; j < n; j += BERT__W) {
        a = bert__vmul(bert__vmul(BERT__SOME(p, j, n), by), bert__vsub(BERT__SOME(d, j, n), sum));
        BERT__PUT(d, j, n, a);
    }
}
BERT__SIMD_FN float BERT__TIER(normal)(float *x, const float *add, double epsilon, int64_t n)
{
    BERT__VEC a = bert__vzero(), s = a, d, mean, inverse, rest;
    double off, variance;
    int64_t c;
    for (c = 0; add && c < n; c += BERT__W) {
        d = bert__vadd(BERT__SOME(x, c, n), BERT__SOME(add, c, n));
        BERT__PUT(x, c, n, d);
    }
    mean = bert__vset((float)((double)BERT__TIER(sum)(x, n) / (double)n));              /* as in norm */
    for (c = 0; c + BERT__W <= n; c += BERT__W) {
        d = bert__vsub(bert__vload(x + c), mean);
        a = bert__vfma(d, d, a);
        s = bert__vadd(s, d);
    }
    if (c < n) {
        d = bert__vkeep(bert__vsub(bert__vload_n(x + c, n - c), mean), n - c, bert__vzero());
        a = bert__vfma(d, d, a);
        s = bert__vadd(s, d);
    }
    off = (double)bert__vsum(s) / (double)n;
    variance = (double)bert__vsum(a) / (double)n - off * off;
    variance = 1 / sqrt((variance < 0 ? 0 : variance) + epsilon);
    inverse = bert__vset((float)variance);
    rest = bert__vset((float)(-off * variance));
    for (c = 0; c < n; c += BERT__W) {
        d = bert__vfma(bert__vsub(BERT__SOME(x, c, n), mean), inverse, rest);
        BERT__PUT(x, c, n, d);
    }
    return (float)variance;
}
BERT__SIMD_FN void BERT__TIER(affine)(float *y, const float *x, const float *gamma, const float *beta, int64_t n)
{
    BERT__VEC v;
    int64_t c;
    for (c = 0; c < n; c += BERT__W) {
        v = bert__vfma(BERT__SOME(x, c, n), BERT__SOME(gamma, c, n), BERT__SOME(beta, c, n));
        BERT__PUT(y, c, n, v);
    }
}
BERT__SIMD_FN void BERT__TIER(norm_back)(float *out, const float *d, const float *normal, float inverse, const float *gamma, int64_t n)
{
    BERT__VEC a = bert__vzero(), b = a, g, mean, along, by;
    int64_t c;
    for (c = 0; c < n; c += BERT__W) {
        g = bert__vmul(BERT__SOME(d, c, n), BERT__SOME(gamma, c, n));
        a = bert__vadd(a, g);
        b = bert__vfma(g, BERT__SOME(normal, c, n), b);
    }
    mean = bert__vset(-bert__vsum(a) / (float)n);
    along = bert__vset(bert__vsum(b) / (float)n);
    by = bert__vset(inverse);
    for (c = 0; c < n; c += BERT__W) {
        g = bert__vfnma(BERT__SOME(normal, c, n), along, bert__vfma(BERT__SOME(d, c, n), BERT__SOME(gamma, c, n), mean));
        g = bert__vmul(g, by);
        BERT__PUT(out, c, n, g);
    }
}
/* Sums of at most 64 rows, added up: short chains, small errors. */
BERT__SIMD_FN void BERT__TIER(norm_sums)(const float *d, int64_t d_stride, const float *normal, int64_t stride, int64_t rows, int64_t n, float *gamma, float *beta)
{
    int64_t c, i, end;
    for (c = 0; c < n; c += BERT__W) {
        BERT__VEC gs = bert__vzero(), bs = gs, g, b, v;
        for (i = 0; i < rows; i = end) {
            end = i + 64 < rows ? i + 64 : rows;
            for (g = b = bert__vzero(); i < end; i++) {
                v = BERT__SOME(d + i * d_stride, c, n);
                g = bert__vfma(v, BERT__SOME(normal + i * stride, c, n), g);
                b = bert__vadd(b, v);
            }
            gs = bert__vadd(gs, g);
            bs = bert__vadd(bs, b);
        }
        gs = bert__vadd(gs, BERT__SOME(gamma, c, n));
        bs = bert__vadd(bs, BERT__SOME(beta, c, n));
        BERT__PUT(gamma, c, n, gs);
        BERT__PUT(beta, c, n, bs);
    }
}
/* In float32 while that has room for it. */
BERT__SIMD_FN double BERT__TIER(squares)(const float *x, int64_t n)
{
    double all = 0;
    int64_t i, end;
    for (i = 0; i < n; i = end) {
        BERT__VEC a = bert__vzero(), b = a, v;
        float sum;
        const int64_t from = i;
        end = i + 2048 < n ? i + 2048 : n;
        for (; i + 2 * BERT__W <= end; i += 2 * BERT__W) {
            v = bert__vload(x + i);
            a = bert__vfma(v, v, a);
            v = bert__vload(x + i + BERT__W);
            b = bert__vfma(v, v, b);
        }
        for (; i < end; i += BERT__W) {
            v = BERT__SOME(x, i, end);
            a = bert__vfma(v, v, a);
        }
        sum = bert__vsum(bert__vadd(a, b));
        all += sum <= FLT_MAX && (sum > 1e-30f || sum == 0) ? (double)sum : bert__square_sum(x + from, end - from);
    }
    return all;
}
BERT__SIMD_FN void BERT__TIER(drop)(uint32_t below, float scale, uint64_t key, float *x, int64_t n) { bert__drop_run(below, scale, key, x, n); }
BERT__SIMD_FN void BERT__TIER(round)(float *y, const float *x, int64_t n) { bert__round_run(y, x, n); }
BERT__SIMD_FN void BERT__TIER(update)(const bert__update *u, int pass, float ratio, float *w, const float *g, float *m, float *v, int64_t n, double sums[2])
{
    const BERT__VEC scale = bert__vset(u->scale), beta1 = bert__vset(u->beta1), beta2 = bert__vset(u->beta2), rest1 = bert__vset(u->rest1), rest2 = bert__vset(u->rest2);
    const BERT__VEC rate = bert__vset(u->rate * ratio), epsilon = bert__vset(u->epsilon), decay = bert__vset(u->decay), all_decay = bert__vset(u->all_decay), shrink = bert__vset(u->rate * u->decay);
    const BERT__VEC corrected = bert__vset(u->rate * u->correct1), root = bert__vset(sqrtf(u->correct2)), correct1 = bert__vset(u->correct1), correct2 = bert__vset(u->correct2), momentum = bert__vset(u->momentum);
    BERT__VEC x, a, b, y, d, lengths = bert__vzero(), measures = lengths;
    int64_t i;
#define BERT__EACH(becomes) for (i = 0; i < n; i += BERT__W) { y = BERT__SOME(w, i, n); becomes } break
#define BERT__MOMENTS                                                                                                  \
    x = bert__vmul(BERT__SOME(g, i, n), scale);                                                                        \
    a = bert__vfma(rest1, x, bert__vmul(beta1, BERT__SOME(m, i, n)));                                                  \
    b = bert__vfma(bert__vmul(rest2, x), x, bert__vmul(beta2, BERT__SOME(v, i, n)));                                   \
    BERT__PUT(m, i, n, a);                                                                                             \
    BERT__PUT(v, i, n, b)
#define BERT__DIRECTION bert__vfma(decay, y, bert__vdiv(bert__vmul(a, correct1), bert__vadd(bert__vsqrt(bert__vmul(b, correct2)), epsilon)))
    switch (u->kind) {
    case BERT_OPTIMIZER_ADAMW:
        BERT__EACH(
            BERT__MOMENTS;
            d = bert__vdiv(bert__vmul(corrected, a), bert__vfma(bert__vsqrt(b), root, epsilon));
            y = bert__vsub(bert__vfnma(shrink, y, y), d);
            BERT__PUT(w, i, n, y););
    case BERT_OPTIMIZER_SGD:
        BERT__EACH(
            x = bert__vfma(BERT__SOME(g, i, n), scale, bert__vmul(decay, y));
            if (m) { x = bert__vfma(momentum, BERT__SOME(m, i, n), x); BERT__PUT(m, i, n, x); }
            y = bert__vfnma(rate, x, y);
            BERT__PUT(w, i, n, y););
    case BERT_OPTIMIZER_LAMB:
    case BERT_OPTIMIZER_LAMB_NEZHA:
        if (pass == 1) {
            BERT__EACH(
                BERT__MOMENTS;
                if (u->kind == BERT_OPTIMIZER_LAMB) d = BERT__DIRECTION;
                else d = bert__vfma(all_decay, y, bert__vdiv(bert__vmul(a, correct1), bert__vsqrt(bert__vfma(b, correct2, epsilon))));
                if (n - i < BERT__W) d = bert__vkeep(d, n - i, bert__vzero());
                lengths = bert__vfma(y, y, lengths);
                measures = bert__vfma(d, d, measures););
        }
        BERT__EACH(
            a = BERT__SOME(m, i, n);
            b = BERT__SOME(v, i, n);
            y = bert__vfnma(rate, BERT__DIRECTION, y);
            BERT__PUT(w, i, n, y););
    default:
        BERT__EACH(
            BERT__MOMENTS;
            d = bert__vfma(decay, y, bert__vdiv(a, bert__vadd(bert__vsqrt(b), epsilon)));
            y = bert__vfnma(rate, d, y);
            BERT__PUT(w, i, n, y););
    }
#undef BERT__DIRECTION
#undef BERT__MOMENTS
#undef BERT__EACH
    if (pass == 1) {
        sums[0] += (double)bert__vsum(lengths);
        sums[1] += (double)bert__vsum(measures);
    }
}
static const bert__learner BERT__TIER(learner) = {
    BERT__TIER(curve), BERT__TIER(across), BERT__TIER(probabilities), BERT__TIER(softmax_back), BERT__TIER(normal), BERT__TIER(affine), BERT__TIER(norm_back), BERT__TIER(norm_sums), BERT__TIER(sum), BERT__TIER(squares),
    BERT__TIER(drop), BERT__TIER(round), BERT__TIER(update)
};
#undef BERT__PUT
#undef BERT__SOME
#endif

static const bert__kernels BERT__TIER(kernels) = {
    BERT__TIER_ISA, BERT__NR, BERT__ROWS_MAX, BERT__TIER(product), BERT__TIER(dots), BERT__TIER(norm), BERT__TIER(attention), BERT__TIER(attention_scratch), BERT__TIER(pack), BERT__IF_TRAIN(&BERT__TIER(learner))
};
#undef BERT__QB
#undef BERT__ROWS_MAX
#undef BERT__NR
#undef BERT__SIMD_INLINE
#undef BERT__SIMD_NOINLINE
#undef BERT__SIMD_FN
/* the words of the tier, for the next one to define */
#undef BERT__TIER
#undef BERT__TIER_ISA
#undef BERT__TARGET
#undef BERT__W
#undef BERT__NV
#undef BERT__MR
#undef BERT__DR
#undef BERT__KC
#undef BERT__SQUARE
#undef BERT__VEC
#undef BERT__EACH_VEC
#undef BERT__EACH_ROW
#undef BERT__EACH_DOT
#undef bert__vzero
#undef bert__vset
#undef bert__vload
#undef bert__vahead
#undef bert__vstore
#undef bert__vadd
#undef bert__vsub
#undef bert__vmul
#undef bert__vdiv
#undef bert__vsqrt
#undef bert__vmax
#undef bert__vmin
#undef bert__vfma
#undef bert__vfnma
#undef bert__vround
#undef bert__vabs
#undef bert__vsign
#undef bert__vabove
#undef bert__vload_n
#undef bert__vstore_n
#undef bert__vkeep
#undef bert__vscale
#undef bert__vscale_normal
#undef bert__vsum
#undef bert__vtop
#undef bert__vsum4
#endif /* BERT__TIER */

#if defined(BERT_IMPLEMENTATION) && !defined(BERT__IMPLEMENTED_TIERS)
#define BERT__IMPLEMENTED_TIERS
/* ============================================================================================================
   >>tiers
   Purpose   the words that >>simd is written in, for each kind of instructions; compiles it for each.
   Uses      >>simd, by including this file once more.
   Promises  no compiler option is needed: functions carry the instructions they use as an attribute. Nobody but >>cpu
             may call them.

   A tier says: TARGET, W lanes of a vector, NV vectors of a panel, MR rows of a tile and ROWS, VECS, DOT_ROWS, which repeat
   a macro for each of them (compilers without loop unrolling must have it all in registers too), KC.
   ============================================================================================================ */

#if defined(BERT__SSE2) && (defined(__x86_64__) || defined(_M_X64)) && !defined(__TINYC__)
#if !defined(_MSC_VER) || !defined(__clang__) || defined(__AVX512F__)       /* clang-cl has only the words it may use everywhere */
#define BERT__X86_TIERS 1
#endif
#endif

#if defined(BERT__X86_TIERS) || defined(BERT__NEON)
#if defined(__GNUC__) || defined(__clang__)
#define BERT__FORCEINLINE static inline __attribute__((unused, always_inline))     /* at -Os too: tiles live in registers or not at all */
#define BERT__ALIGN64 __attribute__((aligned(64)))
#define BERT__TARGETS(features) __attribute__((target(features)))
#else
#define BERT__FORCEINLINE static __forceinline
#define BERT__ALIGN64 __declspec(align(64))
#define BERT__TARGETS(features)
#endif
#endif

#if defined(BERT__X86_TIERS)
#include <immintrin.h>

/* ---- AVX2 and FMA: 8 lanes, 16 registers. 12 sums, 2 vectors of weights, 1 number of x. ---- */

#define BERT__TIER(name) bert__avx2_##name
#define BERT__TIER_ISA BERT_ISA_AVX2
#define BERT__TARGET BERT__TARGETS("avx2,fma")
#define BERT__W 8
#define BERT__NV 2
#define BERT__MR 6
#define BERT__DR 3
#define BERT__KC 384
#define BERT__SQUARE 8
#define BERT__VEC __m256
#define BERT__EACH_VEC(X, i) X(i, 0) X(i, 1)
#define BERT__EACH_ROW(X, u) X(0, u) X(1, u) X(2, u) X(3, u) X(4, u) X(5, u)
#define BERT__EACH_DOT(X, u) X(0, u) X(1, u) X(2, u)
#define bert__vzero() _mm256_setzero_ps()
#define bert__vset(x) _mm256_set1_ps(x)
#define bert__vload(p) _mm256_loadu_ps(p)
#define bert__vahead(p) _mm_prefetch((const char *)(p), _MM_HINT_T1)
#define bert__vstore(p, v) _mm256_storeu_ps(p, v)
#define bert__vadd(a, b) _mm256_add_ps(a, b)
#define bert__vsub(a, b) _mm256_sub_ps(a, b)
#define bert__vmul(a, b) _mm256_mul_ps(a, b)
#define bert__vdiv(a, b) _mm256_div_ps(a, b)
#define bert__vsqrt(a) _mm256_sqrt_ps(a)
#define bert__vmax(a, b) _mm256_max_ps(a, b)                            /* a > b ? a : b, so b if one is NaN */
#define bert__vmin(a, b) _mm256_min_ps(a, b)                            /* a < b ? a : b */
#define bert__vfma(a, b, c) _mm256_fmadd_ps(a, b, c)                    /* a b + c, rounded once */
#define bert__vfnma(a, b, c) _mm256_fnmadd_ps(a, b, c)                  /* c - a b */
#define bert__vround(a) _mm256_round_ps(a, 8)                           /* to the nearest integer */
#define bert__vabs(a) _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a)
#define bert__vsign(a, b) _mm256_or_ps(a, _mm256_and_ps(_mm256_set1_ps(-0.0f), b))     /* a >= 0 with the sign of b */
#define bert__vabove(a, b, x, y) _mm256_blendv_ps(y, x, _mm256_cmp_ps(a, b, _CMP_GT_OQ))   /* a > b ? x : y */
#define bert__vload_n(p, n) _mm256_maskload_ps(p, bert__avx2_first(n))  /* n < W numbers, the other lanes 0 */
#define bert__vstore_n(p, v, n) _mm256_maskstore_ps(p, bert__avx2_first(n), v)
#define bert__vkeep(v, n, other) _mm256_blendv_ps(other, v, _mm256_castsi256_ps(bert__avx2_first(n)))   /* lanes from n on: other */
#define bert__vscale(a, n) bert__avx2_scale(a, n)                       /* a 2^n, n integers, -151 < n < 130 */
#define bert__vscale_normal(a, n) _mm256_mul_ps(a, _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127)), 23)))   /* -127 < n < 128 */
#define bert__vsum(a) bert__avx2_sum_lanes(a)                           /* of all lanes, in a fixed order */
#define bert__vtop(a) bert__avx2_top(a)                                 /* the largest lane */
#define bert__vsum4(out, a, b, c, d) bert__avx2_sum4(out, a, b, c, d)   /* four such sums; the order within is the same for all */

static const int32_t bert__avx2_lanes[16] = { -1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0 };
BERT__FORCEINLINE BERT__TARGET __m256i bert__avx2_first(int64_t n) { return _mm256_loadu_si256((const __m256i *)(const void *)(bert__avx2_lanes + 8 - n)); }
BERT__FORCEINLINE BERT__TARGET __m256 bert__avx2_scale(__m256 a, __m256 n)
{
    const __m256i i = _mm256_cvtps_epi32(n), half = _mm256_srai_epi32(i, 1), bias = _mm256_set1_epi32(127);     /* in two steps: 2^n itself may not exist */
    a = _mm256_mul_ps(a, _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(half, bias), 23)));
    return _mm256_mul_ps(a, _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(_mm256_sub_epi32(i, half), bias), 23)));
}
BERT__FORCEINLINE BERT__TARGET float bert__avx2_sum_lanes(__m256 a)
{
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    s = _mm_add_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_add_ss(s, _mm_shuffle_ps(s, s, 1)));
}
BERT__FORCEINLINE BERT__TARGET float bert__avx2_top(__m256 a)
{
    __m128 s = _mm_max_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    s = _mm_max_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_max_ss(s, _mm_shuffle_ps(s, s, 1)));
}
BERT__FORCEINLINE BERT__TARGET void bert__avx2_sum4(float *out, __m256 a, __m256 b, __m256 c, __m256 d)
{
    const __m256 s = _mm256_hadd_ps(_mm256_hadd_ps(a, b), _mm256_hadd_ps(c, d));
    _mm_storeu_ps(out, _mm_add_ps(_mm256_castps256_ps128(s), _mm256_extractf128_ps(s, 1)));
}
/* to[j][i] = from[i][j], 8 by 8 */
BERT__FORCEINLINE BERT__TARGET void bert__avx2_transpose(const float *from, int64_t stride, float *to, int64_t to_stride)
{
    __m256 r[8], t[8];
#define BERT__HALVES(i) r[i] = _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(from + (i % 4) * stride + (i / 4) * 4)), _mm_loadu_ps(from + (i % 4 + 4) * stride + (i / 4) * 4), 1);
    BERT__HALVES(0) BERT__HALVES(1) BERT__HALVES(2) BERT__HALVES(3) BERT__HALVES(4) BERT__HALVES(5) BERT__HALVES(6) BERT__HALVES(7)
#define BERT__QUARTER(i)                                                                                               \
    t[i] = _mm256_unpacklo_ps(r[i], r[i + 1]);                                                                         \
    t[i + 1] = _mm256_unpackhi_ps(r[i], r[i + 1]);                                                                     \
    t[i + 2] = _mm256_unpacklo_ps(r[i + 2], r[i + 3]);                                                                 \
    t[i + 3] = _mm256_unpackhi_ps(r[i + 2], r[i + 3]);                                                                 \
    _mm256_storeu_ps(to + i * to_stride, _mm256_shuffle_ps(t[i], t[i + 2], 0x44));                                     \
    _mm256_storeu_ps(to + (i + 1) * to_stride, _mm256_shuffle_ps(t[i], t[i + 2], 0xEE));                               \
    _mm256_storeu_ps(to + (i + 2) * to_stride, _mm256_shuffle_ps(t[i + 1], t[i + 3], 0x44));                           \
    _mm256_storeu_ps(to + (i + 3) * to_stride, _mm256_shuffle_ps(t[i + 1], t[i + 3], 0xEE));
    BERT__QUARTER(0)
    BERT__QUARTER(4)
#undef BERT__QUARTER
#undef BERT__HALVES
}
#include "bert.h"

/* ---- AVX-512F: 16 lanes, 32 registers, lanes chosen by masks ---- */

#define BERT__TIER(name) bert__avx512_##name
#define BERT__TIER_ISA BERT_ISA_AVX512
#define BERT__TARGET BERT__TARGETS("avx512f,avx2,fma")
#define BERT__W 16
#define BERT__NV 2
#define BERT__MR 12
#define BERT__DR 5
#define BERT__KC 384
#define BERT__SQUARE 8
#define BERT__VEC __m512
#define BERT__EACH_VEC(X, i) X(i, 0) X(i, 1)
#define BERT__EACH_ROW(X, u) X(0, u) X(1, u) X(2, u) X(3, u) X(4, u) X(5, u) X(6, u) X(7, u) X(8, u) X(9, u) X(10, u) X(11, u)
#define BERT__EACH_DOT(X, u) X(0, u) X(1, u) X(2, u) X(3, u) X(4, u)
#define bert__vzero() _mm512_setzero_ps()
#define bert__vset(x) _mm512_set1_ps(x)
#define bert__vload(p) _mm512_loadu_ps(p)
#define bert__vahead(p) _mm_prefetch((const char *)(p), _MM_HINT_T1)
#define bert__vstore(p, v) _mm512_storeu_ps(p, v)
#define bert__vadd(a, b) _mm512_add_ps(a, b)
#define bert__vsub(a, b) _mm512_sub_ps(a, b)
#define bert__vmul(a, b) _mm512_mul_ps(a, b)
#define bert__vdiv(a, b) _mm512_div_ps(a, b)
#define bert__vsqrt(a) _mm512_maskz_sqrt_ps(0xFFFF, a)
#define bert__vmax(a, b) _mm512_maskz_max_ps(0xFFFF, a, b)              /* (maskz: see below) */
#define bert__vmin(a, b) _mm512_maskz_min_ps(0xFFFF, a, b)
#define bert__vfma(a, b, c) _mm512_fmadd_ps(a, b, c)
#define bert__vfnma(a, b, c) _mm512_fnmadd_ps(a, b, c)
#define bert__vround(a) _mm512_maskz_cvtepi32_ps(0xFFFF, _mm512_maskz_cvtps_epi32(0xFFFF, a))
#define bert__vabs(a) _mm512_castsi512_ps(_mm512_and_epi32(_mm512_set1_epi32(INT32_MAX), _mm512_castps_si512(a)))
#define bert__vsign(a, b) _mm512_castsi512_ps(_mm512_or_epi32(_mm512_castps_si512(a), _mm512_and_epi32(_mm512_set1_epi32(INT32_MIN), _mm512_castps_si512(b))))
#define bert__vabove(a, b, x, y) _mm512_mask_blend_ps(_mm512_cmp_ps_mask(a, b, _CMP_GT_OQ), y, x)
#define bert__vload_n(p, n) _mm512_maskz_loadu_ps(bert__avx512_first(n), p)
#define bert__vstore_n(p, v, n) _mm512_mask_storeu_ps(p, bert__avx512_first(n), v)
#define bert__vkeep(v, n, other) _mm512_mask_blend_ps(bert__avx512_first(n), other, v)
#define bert__vscale(a, n) _mm512_maskz_scalef_ps(0xFFFF, a, n)
#define bert__vscale_normal(a, n) _mm512_maskz_scalef_ps(0xFFFF, a, n)
#define bert__vsum(a) bert__avx2_sum_lanes(bert__avx512_fold(a))
#define bert__vtop(a) bert__avx2_top(_mm256_max_ps(bert__avx512_low(a), bert__avx512_high(a)))
#define bert__vsum4(out, a, b, c, d) bert__avx2_sum4(out, bert__avx512_fold(a), bert__avx512_fold(b), bert__avx512_fold(c), bert__avx512_fold(d))

BERT__FORCEINLINE BERT__TARGET __mmask16 bert__avx512_first(int64_t n) { return (__mmask16)((1u << n) - 1); }
/* (maskz with all lanes wanted: without it gcc 12 warns of uninitialised variables of its own) */
BERT__FORCEINLINE BERT__TARGET __m256 bert__avx512_low(__m512 a) { return _mm256_castpd_ps(_mm512_maskz_extractf64x4_pd(255, _mm512_castps_pd(a), 0)); }
BERT__FORCEINLINE BERT__TARGET __m256 bert__avx512_high(__m512 a) { return _mm256_castpd_ps(_mm512_maskz_extractf64x4_pd(255, _mm512_castps_pd(a), 1)); }
BERT__FORCEINLINE BERT__TARGET __m256 bert__avx512_fold(__m512 a) { return _mm256_add_ps(bert__avx512_low(a), bert__avx512_high(a)); }
BERT__FORCEINLINE BERT__TARGET void bert__avx512_transpose(const float *from, int64_t stride, float *to, int64_t to_stride) { bert__avx2_transpose(from, stride, to, to_stride); }
#include "bert.h"
#endif /* BERT__X86_TIERS */

#if defined(BERT__NEON)

/* ---- NEON on aarch64: 4 lanes, 32 registers; part of every such processor ---- */

#define BERT__TIER(name) bert__neon_##name
#define BERT__TIER_ISA BERT_ISA_NEON
#define BERT__TARGET
#define BERT__W 4
#define BERT__NV 4
#define BERT__MR 6
#define BERT__DR 5
#define BERT__KC 384
#define BERT__SQUARE 4
#define BERT__VEC float32x4_t
#define BERT__EACH_VEC(X, i) X(i, 0) X(i, 1) X(i, 2) X(i, 3)
#define BERT__EACH_ROW(X, u) X(0, u) X(1, u) X(2, u) X(3, u) X(4, u) X(5, u)
#define BERT__EACH_DOT(X, u) X(0, u) X(1, u) X(2, u) X(3, u) X(4, u)
#define bert__vzero() vdupq_n_f32(0)
#define bert__vset(x) vdupq_n_f32(x)
#define bert__vload(p) vld1q_f32(p)
#define bert__vahead(p) __builtin_prefetch(p, 0, 2)
#define bert__vstore(p, v) vst1q_f32(p, v)
#define bert__vadd(a, b) vaddq_f32(a, b)
#define bert__vsub(a, b) vsubq_f32(a, b)
#define bert__vmul(a, b) vmulq_f32(a, b)
#define bert__vdiv(a, b) vdivq_f32(a, b)
#define bert__vsqrt(a) vsqrtq_f32(a)
#define bert__vmax(a, b) vmaxq_f32(a, b)                                /* NaN if one is */
#define bert__vmin(a, b) vminq_f32(a, b)
#define bert__vfma(a, b, c) vfmaq_f32(c, a, b)
#define bert__vfnma(a, b, c) vfmsq_f32(c, a, b)
#define bert__vround(a) vrndnq_f32(a)
#define bert__vabs(a) vabsq_f32(a)
#define bert__vsign(a, b) vbslq_f32(vdupq_n_u32(0x80000000u), b, a)
#define bert__vabove(a, b, x, y) vbslq_f32(vcgtq_f32(a, b), x, y)
#define bert__vload_n(p, n) bert__neon_load_n(p, n)
#define bert__vstore_n(p, v, n) bert__neon_store_n(p, v, n)
#define bert__vkeep(v, n, other) vbslq_f32(vld1q_u32(bert__neon_lanes + 4 - (n)), v, other)
#define bert__vscale(a, n) bert__neon_scale(a, n)
#define bert__vscale_normal(a, n) vmulq_f32(a, vreinterpretq_f32_s32(vshlq_n_s32(vaddq_s32(vcvtnq_s32_f32(n), vdupq_n_s32(127)), 23)))
#define bert__vsum(a) bert__neon_sum_lanes(a)
#define bert__vtop(a) vmaxvq_f32(a)
#define bert__vsum4(out, a, b, c, d) vst1q_f32(out, vpaddq_f32(vpaddq_f32(a, b), vpaddq_f32(c, d)))

static const uint32_t bert__neon_lanes[8] = { 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0, 0, 0, 0 };
BERT__FORCEINLINE float32x4_t bert__neon_load_n(const float *p, int64_t n)
{
    float t[4] = { 0, 0, 0, 0 };
    memcpy(t, p, (size_t)n * sizeof(float));
    return vld1q_f32(t);
}
BERT__FORCEINLINE void bert__neon_store_n(float *p, float32x4_t v, int64_t n)
{
    float t[4];
    vst1q_f32(t, v);
    memcpy(p, t, (size_t)n * sizeof(float));
}
BERT__FORCEINLINE float32x4_t bert__neon_scale(float32x4_t a, float32x4_t n)
{
    const int32x4_t i = vcvtnq_s32_f32(n), half = vshrq_n_s32(i, 1), bias = vdupq_n_s32(127);    /* in two steps: 2^n itself may not exist */
    a = vmulq_f32(a, vreinterpretq_f32_s32(vshlq_n_s32(vaddq_s32(half, bias), 23)));
    return vmulq_f32(a, vreinterpretq_f32_s32(vshlq_n_s32(vaddq_s32(vsubq_s32(i, half), bias), 23)));
}
BERT__FORCEINLINE float bert__neon_sum_lanes(float32x4_t a)
{
    const float32x4_t s = vpaddq_f32(a, a);
    return vgetq_lane_f32(s, 0) + vgetq_lane_f32(s, 1);
}
/* to[j][i] = from[i][j], 4 by 4 */
BERT__FORCEINLINE void bert__neon_transpose(const float *from, int64_t stride, float *to, int64_t to_stride)
{
    const float32x4_t a = vld1q_f32(from), b = vld1q_f32(from + stride), c = vld1q_f32(from + 2 * stride), d = vld1q_f32(from + 3 * stride);
    const float32x4_t e = vzip1q_f32(a, c), f = vzip2q_f32(a, c), g = vzip1q_f32(b, d), h = vzip2q_f32(b, d);
    vst1q_f32(to, vzip1q_f32(e, g));
    vst1q_f32(to + to_stride, vzip2q_f32(e, g));
    vst1q_f32(to + 2 * to_stride, vzip1q_f32(f, h));
    vst1q_f32(to + 3 * to_stride, vzip2q_f32(f, h));
}
#include "bert.h"
#endif /* BERT__NEON */

/* ============================================================================================================
   >>cpu
   Purpose   which kernels this processor runs.
   Uses      >>ref, >>tiers.
   Promises  a kind of instructions is chosen only if compiler, processor and operating system all have it.
   ============================================================================================================ */

#ifdef BERT__X86_TIERS
/* eax, ebx, ecx, edx */
BERT__FN void bert__cpuid(uint32_t leaf, uint32_t sub, uint32_t out[4])
{
#if defined(__GNUC__) || defined(__clang__)
    __asm__ volatile("cpuid" : "=a"(out[0]), "=b"(out[1]), "=c"(out[2]), "=d"(out[3]) : "0"(leaf), "2"(sub));
#else
    int r[4], i;
    __cpuidex(r, (int)leaf, (int)sub);
    for (i = 0; i < 4; i++) out[i] = (uint32_t)r[i];
#endif
}
/* Which registers the operating system saves: 2 xmm, 4 ymm, 0xE0 those of AVX-512. */
BERT__FN uint32_t bert__saved_registers(void)
{
#if defined(__GNUC__) || defined(__clang__)
    uint32_t low;
    __asm__ volatile(".byte 0x0F, 0x01, 0xD0" : "=a"(low) : "c"(0) : "edx");        /* xgetbv, for old assemblers */
    return low;
#else
    return (uint32_t)_xgetbv(0);
#endif
}
BERT__FN int bert__x86_has(bert_isa isa)
{
    uint32_t r[4], saved;
    bert__cpuid(0, 0, r);
    if (r[0] < 7) return 0;
    bert__cpuid(1, 0, r);
    if (~r[2] & (1u << 27 | 1u << 28 | 1u << 12)) return 0;             /* OSXSAVE, AVX, FMA */
    saved = bert__saved_registers();
    if (~saved & 6) return 0;
    bert__cpuid(7, 0, r);
    if (!(r[1] >> 5 & 1)) return 0;                                     /* AVX2 */
    return isa == BERT_ISA_AVX2 || (!(~saved & 0xE0) && (r[1] >> 16 & 1));     /* AVX-512F */
}
#endif

/* The kernels of a kind of instructions; NULL: not here. */
BERT__FN const bert__kernels *bert__kernels_of(bert_isa isa)
{
    switch (isa) {
    case BERT_ISA_REF: return &bert__kernels_ref;
#if defined(BERT__X86_TIERS)
    case BERT_ISA_AVX2: return bert__x86_has(isa) ? &bert__avx2_kernels : NULL;
    case BERT_ISA_AVX512: return bert__x86_has(isa) ? &bert__avx512_kernels : NULL;
#elif defined(BERT__NEON)
    case BERT_ISA_NEON: return &bert__neon_kernels;
#endif
    default: return NULL;
    }
}
BERT_API const char *bert_isa_name(bert_isa isa)
{
    static const char *const names[] = { "default", "ref", "avx2", "avx512", "neon" };
    return isa >= 0 && isa < BERT_ISA_COUNT ? names[isa] : "?";
}
BERT_API int bert_isa_available(bert_isa isa) { return bert__kernels_of(isa) != NULL; }
BERT_API bert_isa bert_isa_best(void)
{
    int isa = BERT_ISA_COUNT;
    while (--isa > BERT_ISA_REF && !bert_isa_available((bert_isa)isa)) {}
    return (bert_isa)isa;
}

/* ============================================================================================================
   >>packed
   Purpose   a model's weights in the layout of one set of kernels.
   Uses      >>model, >>kernels.
   Promises  one allocation, of the size that >>plan says. Immutable, counted. Word embeddings are never copied; everything
             else is float32 here, whatever the file has.
   ============================================================================================================ */

/* Gives out pieces of one block, each 64-byte aligned. Run first with base NULL, it only adds up what will be needed: so sizes are
   known before memory is taken, and stand nowhere twice. */
typedef struct bert__layout { char *base; size_t size; } bert__layout;
BERT__FN void *bert__lay(bert__layout *l, int64_t n, size_t width)
{
    const size_t at = bert__add(l->size, 63) & ~(size_t)63;
    l->size = bert__add(at, bert__mul((size_t)n, width));
    return l->base ? l->base + at : NULL;
}
BERT__FN float *bert__lay_floats(bert__layout *l, int64_t n) { return (float *)bert__lay(l, n, sizeof(float)); }

/* What the allocator is asked for, and the aligned block inside. */
BERT__FN size_t bert__block_bytes(size_t size) { return bert__add(size, 64); }
BERT__FN char *bert__aligned(void *memory) { return (char *)memory + (-(intptr_t)memory & 63); }

/* A table of rows that stays where it is: in place if it is float32 there, else converted row by row. */
typedef struct bert__table { const bert_tensor *tensor; const float *view; int64_t columns; } bert__table;

typedef struct bert__layer {
    bert__dense qkv, attention, intermediate, output;
    const float *attention_gamma, *attention_beta, *output_gamma, *output_beta;
} bert__layer;

struct bert_packed {
    bert__counter users;
    bert_allocator allocator;
    void *memory;
    const bert_model *model;
    const bert__kernels *kernels;
    bert_precision precision;
    bert__table words, decoder;
    const float *positions, *types, *embedding_gamma, *embedding_beta;   /* [P,C] [K,C] [C] [C] */
    const float *relative;              /* [2R+1,D] or NULL */
    const float *transform_gamma, *transform_beta, *decoder_bias;        /* [C] [C] [V] */
    bert__layer *layers;                /* [L] */
    bert__dense *dense;                 /* [dense_count] all of them, and where each comes from: */
    struct bert__origin *origin;        /* [dense_count] */
    int64_t dense_count;
    bert__dense pooler, transform, next_sentence, classifier, span;
};

/* A dense layer's outputs are those of `parts` parameters, one after another: query, key and value make one product. */
typedef struct bert__origin { const bert_parameter *weight[3], *bias[3]; int parts; } bert__origin;

BERT__FN bert__table bert__table_of(const bert_tensor *t)
{
    bert__table table;
    memset(&table, 0, sizeof table);
    table.tensor = t;
    if (!t) return table;
    table.columns = t->shape[1];
    if (t->dtype == BERT_F32) table.view = (const float *)bert_tensor_view(t);
    return table;
}
/* Part of a tensor as float32: `count` elements from element (row, column), along the columns of a matrix. */
BERT__FN void bert__read_run(const bert_tensor *t, int64_t row, int64_t column, int64_t count, int reversed, float *out)
{
    bert_tensor run = *t;
    int64_t shape[1], strides[1], along, across;
    across = t->rank < 2 ? 0 : t->strides ? t->strides[0] : t->shape[1];
    along = t->strides ? t->strides[t->rank - 1] : 1;
    if (reversed) { int64_t swap = across; across = along; along = swap; }
    shape[0] = count;
    strides[0] = along;
    run.data = t->data + (size_t)(row * across + column * along) * bert_dtype_size(t->dtype);
    run.shape = shape;
    run.strides = along == 1 ? NULL : strides;
    run.rank = 1;
    run.count = count;
    bert_tensor_read(&run, BERT_F32, out, count, NULL);
}
/* Row i of a table: in place or in `room` [columns]. */
BERT__FN const float *bert__table_row(const bert__table *t, int64_t i, float *room)
{
    if (t->view) return t->view + i * t->columns;
    bert__read_run(t->tensor, i, 0, t->columns, 0, room);
    return room;
}

/* One panel of a dense layer: at once where its outputs are those of one parameter that lies there as float32, else output by
   output in runs over a buffer. */
#define BERT__PACK_RUN 256
BERT__FN void bert__pack_panel(const bert__kernels *kernels, const bert__origin *o, const bert__dense *w, int64_t panel, float *out)
{
    const int64_t nr = kernels->nr, part = w->n / o->parts, first = panel * nr, width = w->n - first < nr ? w->n - first : nr;
    const bert_parameter *p = o->weight[first / part];
    const float *view = p->tensor->dtype == BERT_F32 ? (const float *)bert_tensor_view(p->tensor) : NULL;
    int64_t j, k, c;
    if (view && first / part == (first + width - 1) / part) {
        const int64_t across = p->tensor->shape[1], out_stride = p->transposed ? 1 : across, in_stride = p->transposed ? across : 1;
        kernels->pack(view + first % part * out_stride, out_stride, in_stride, width, w->k, out);
        return;
    }
    for (j = 0; j < nr; j++)
        for (k = 0; k < w->k; k += BERT__PACK_RUN) {
            const int64_t n = w->k - k < BERT__PACK_RUN ? w->k - k : BERT__PACK_RUN;
            float run[BERT__PACK_RUN] = { 0 };
            if (j < width) bert__read_run(o->weight[(first + j) / part]->tensor, (first + j) % part, k, n, o->weight[(first + j) / part]->transposed, run);
            for (c = 0; c < n; c++) out[(k + c) * nr + j] = run[c];
        }
}

BERT__FN const bert_parameter *bert__find_parameter(const bert_model *m, const char *pattern, int32_t layer)
{
    char name[160];
    bert__spell(name, sizeof name, pattern, layer, "");
    return bert_model_find(m, name);
}
/* A parameter's values as float32 in a place of their own; m NULL: only counted. */
BERT__FN const float *bert__lay_parameter(bert__layout *l, const bert_model *m, const char *pattern, int32_t layer, int64_t n)
{
    float *out = bert__lay_floats(l, n);
    const bert_parameter *p = m ? bert__find_parameter(m, pattern, layer) : NULL;
    if (out && p) bert_parameter_read(p, out, n, NULL);
    return out;
}
/* Room for a dense layer of `parts` parameters, each with n outputs, and a note where they come from. */
BERT__FN bert__dense bert__lay_dense(bert__layout *l, bert_packed *p, const bert_model *m, int32_t layer, const char *const *names, int parts, int64_t n, int64_t k)
{
    const int64_t nr = p->kernels->nr, panels = (n * parts + nr - 1) / nr;
    bert__dense w;
    float *bias;
    char name[160];
    int i;
    w.n = n * parts;
    w.k = k;
    w.panels = bert__lay_floats(l, panels * nr * k);
    w.bias = bias = bert__lay_floats(l, panels * nr);
    if (l->base) {
        bert__origin *o = p->origin + p->dense_count;
        o->parts = parts;
        memset(bias, 0, (size_t)(panels * nr) * sizeof *bias);
        for (i = 0; i < parts; i++) {
            bert__format(name, sizeof name, "%s.weight", names[i]);
            o->weight[i] = bert__find_parameter(m, name, layer);
            bert__format(name, sizeof name, "%s.bias", names[i]);
            o->bias[i] = bert__find_parameter(m, name, layer);
            bert_parameter_read(o->bias[i], bias + i * n, n, NULL);
        }
        p->dense[p->dense_count] = w;
    }
    p->dense_count++;
    return w;
}
/* NEZHA's vectors of relative positions: sines and cosines of the distance, as in "Attention is all you need". [2R+1,D] */
BERT__FN void bert__relative_table(float *out, int64_t max, int64_t depth)
{
    int64_t i, d;
    for (i = 0; i < 2 * max + 1; i++)
        for (d = 0; d < depth; d++) {
            const double angle = (double)i / pow(10000.0, (double)(d - d % 2) / (double)depth);
            out[i * depth + d] = d == depth - 1 && depth % 2 ? 0.0f : (float)(d % 2 ? cos(angle) : sin(angle));
        }
}

/* Lays out packed weights. Without memory (l->base NULL, m NULL) it only measures. */
BERT__FN void bert__packed_layout(bert__layout *l, bert_packed *p, const bert_config *c, uint32_t heads, const bert_model *m)
{
    static const char *const qkv[] = { "bert.encoder.layer.*.attention.self.query", "bert.encoder.layer.*.attention.self.key", "bert.encoder.layer.*.attention.self.value" };
    static const char *const attention[] = { "bert.encoder.layer.*.attention.output.dense" }, *const intermediate[] = { "bert.encoder.layer.*.intermediate.dense" };
    static const char *const output[] = { "bert.encoder.layer.*.output.dense" }, *const pooler[] = { "bert.pooler.dense" }, *const transform[] = { "cls.predictions.transform.dense" };
    static const char *const nsp[] = { "cls.seq_relationship" }, *const classifier[] = { "classifier" }, *const span[] = { "qa_outputs" };
    const int64_t nC = c->hidden_size, nF = c->intermediate_size;
    int32_t i;
    p->dense_count = 0;
    p->layers = (bert__layer *)bert__lay(l, c->layers, sizeof *p->layers);
    p->dense = (bert__dense *)bert__lay(l, (int64_t)c->layers * 4 + 5, sizeof *p->dense);
    p->origin = (bert__origin *)bert__lay(l, (int64_t)c->layers * 4 + 5, sizeof *p->origin);
    if (c->max_relative_position) {
        float *table = bert__lay_floats(l, (2 * (int64_t)c->max_relative_position + 1) * (nC / c->heads));
        if (table) bert__relative_table(table, c->max_relative_position, nC / c->heads);
        p->relative = table;
    } else p->positions = bert__lay_parameter(l, m, bert__rows[BERT__ROW_POSITIONS].name, -1, c->max_positions * nC);
    p->types = bert__lay_parameter(l, m, "bert.embeddings.token_type_embeddings.weight", -1, c->type_vocab_size * nC);
    p->embedding_gamma = bert__lay_parameter(l, m, "bert.embeddings.LayerNorm.weight", -1, nC);
    p->embedding_beta = bert__lay_parameter(l, m, "bert.embeddings.LayerNorm.bias", -1, nC);
    for (i = 0; i < c->layers; i++) {
        bert__layer layer;
        layer.qkv = bert__lay_dense(l, p, m, i, qkv, 3, nC, nC);
        layer.attention = bert__lay_dense(l, p, m, i, attention, 1, nC, nC);
        layer.attention_gamma = bert__lay_parameter(l, m, "bert.encoder.layer.*.attention.output.LayerNorm.weight", i, nC);
        layer.attention_beta = bert__lay_parameter(l, m, "bert.encoder.layer.*.attention.output.LayerNorm.bias", i, nC);
        layer.intermediate = bert__lay_dense(l, p, m, i, intermediate, 1, nF, nC);
        layer.output = bert__lay_dense(l, p, m, i, output, 1, nC, nF);
        layer.output_gamma = bert__lay_parameter(l, m, "bert.encoder.layer.*.output.LayerNorm.weight", i, nC);
        layer.output_beta = bert__lay_parameter(l, m, "bert.encoder.layer.*.output.LayerNorm.bias", i, nC);
        if (l->base) p->layers[i] = layer;
    }
    if (heads & BERT_HEAD_POOLER) p->pooler = bert__lay_dense(l, p, m, -1, pooler, 1, nC, nC);
    if (heads & BERT_HEAD_MLM) {
        p->transform = bert__lay_dense(l, p, m, -1, transform, 1, nC, nC);
        p->transform_gamma = bert__lay_parameter(l, m, "cls.predictions.transform.LayerNorm.weight", -1, nC);
        p->transform_beta = bert__lay_parameter(l, m, "cls.predictions.transform.LayerNorm.bias", -1, nC);
        p->decoder_bias = bert__lay_parameter(l, m, m && bert_model_find(m, bert__rows[BERT__ROW_DECODER + 1].name) ? bert__rows[BERT__ROW_DECODER + 1].name : "cls.predictions.bias", -1, c->vocab_size);
    }
    if (heads & BERT_HEAD_NSP) p->next_sentence = bert__lay_dense(l, p, m, -1, nsp, 1, 2, nC);
    if (heads & BERT_HEAD_CLASSIFIER) p->classifier = bert__lay_dense(l, p, m, -1, classifier, 1, c->labels, nC);
    if (heads & BERT_HEAD_SPAN) p->span = bert__lay_dense(l, p, m, -1, span, 1, 2, nC);
}

/* Packing in parallel: a task is a few panels of one dense layer. */
#define BERT__PACK_PANELS 8
BERT__FN int64_t bert__panels(const bert__kernels *k, const bert__dense *w) { return (w->n + k->nr - 1) / k->nr; }
BERT__FN int64_t bert__pack_tasks(const bert_packed *p, const bert__dense *w) { return (bert__panels(p->kernels, w) + BERT__PACK_PANELS - 1) / BERT__PACK_PANELS; }
BERT__FN void bert__pack_task(void *arg, int64_t index)
{
    const bert_packed *p = (const bert_packed *)arg;
    const int64_t nr = p->kernels->nr;
    const bert__dense *w = p->dense;
    int64_t panel, end;
    for (; index >= bert__pack_tasks(p, w); w++) index -= bert__pack_tasks(p, w);
    panel = index * BERT__PACK_PANELS;
    end = panel + BERT__PACK_PANELS < bert__panels(p->kernels, w) ? panel + BERT__PACK_PANELS : bert__panels(p->kernels, w);
    for (; panel < end; panel++) bert__pack_panel(p->kernels, p->origin + (w - p->dense), w, panel, (float *)(uintptr_t)(w->panels + panel * nr * w->k));
}

/* The kernels for a desc, or why not. */
BERT__FN bert_status bert__choose_kernels(bert_precision precision, bert_isa isa, const bert__kernels **out, bert_error *error)
{
    if (precision < BERT_PRECISION_DEFAULT || precision > BERT_PRECISION_INT8) return bert__bad_argument(error, "precision is none of bert_precision");
    if (precision > BERT_PRECISION_F32) return bert__fail(error, BERT_ERROR_UNSUPPORTED, NULL, -1, "there are no kernels for %s yet; use f32", precision == BERT_PRECISION_BF16 ? "bf16" : "int8");
    if (isa < BERT_ISA_DEFAULT || isa >= BERT_ISA_COUNT) return bert__bad_argument(error, "isa is none of bert_isa");
    *out = bert__kernels_of(isa ? isa : bert_isa_best());
    if (!*out) return bert__fail(error, BERT_ERROR_UNSUPPORTED, NULL, -1, "%s: this machine or this build does not have it; the best here is %s", bert_isa_name(isa), bert_isa_name(bert_isa_best()));
    return BERT_OK;
}

BERT_API bert_status bert_packed_open(const bert_packed_desc *desc, bert_packed **out)
{
    const bert_packed_desc *d = desc;
    const bert_allocator allocator = bert__allocator(d ? &d->allocator : NULL);
    const bert_parallel none = { NULL, NULL, 0 }, parallel = d ? bert__parallel(d->parallel) : bert__parallel(none);
    const bert_config *c;
    const bert_parameter *decoder;
    bert__layout l;
    bert_packed measure, *p;
    bert_status st;
    int64_t i, tasks = 0;
    void *memory;
    if (!d || !out) return BERT_ERROR_ARGUMENT;
    if (!d->model) return bert__bad_argument(d->error, "bert_packed_open needs a model");
    c = bert_model_config(d->model);
    memset(&measure, 0, sizeof measure);
    if ((st = bert__choose_kernels(d->precision, d->isa, &measure.kernels, d->error)) != BERT_OK) return st;
    if (c->heads < 1) return bert__fail(d->error, BERT_ERROR_MISMATCH, bert__model_path(d->model), -1, "the number of attention heads is not known: give a config");
    memset(&l, 0, sizeof l);
    bert__lay(&l, 1, sizeof *p);
    bert__packed_layout(&l, &measure, c, bert_model_heads(d->model), NULL);
    memory = bert__alloc(&allocator, bert__block_bytes(l.size));
    if (!memory) return bert__fail(d->error, BERT_ERROR_MEMORY, bert__model_path(d->model), -1, "out of memory: the packed weights take %zu bytes", bert__block_bytes(l.size));
    l.base = bert__aligned(memory);
    l.size = 0;
    p = (bert_packed *)bert__lay(&l, 1, sizeof *p);
    *p = measure;
    p->users = 1;
    p->allocator = allocator;
    p->memory = memory;
    p->model = d->model;
    p->precision = BERT_PRECISION_F32;
    bert__packed_layout(&l, p, c, bert_model_heads(d->model), d->model);
    p->words = bert__table_of(bert_model_find(d->model, bert__rows[0].name)->tensor);
    decoder = bert_model_find(d->model, bert__rows[BERT__ROW_DECODER].name);
    p->decoder = decoder ? bert__table_of(decoder->tensor) : p->words;
    for (i = 0; i < p->dense_count; i++) tasks += bert__pack_tasks(p, p->dense + i);
    parallel.run(parallel.user, tasks, bert__pack_task, p);
    *out = p;
    return BERT_OK;
}
BERT_API void bert_packed_close(bert_packed *packed)
{
    bert_allocator a;
    if (!packed || bert__atomic_add(&packed->users, -1) != 1) return;
    a = packed->allocator;
    bert__free(&a, packed->memory);
}

/* ============================================================================================================
   >>session
   Purpose   a session: packed weights, threads, and the memory for the activations of one part of a batch.
   Uses      >>packed, the base's threads.
   Promises  one allocation (and one for its threads); running allocates nothing.
   ============================================================================================================ */

/* A sequence of the part that is being computed. */
typedef struct bert__sequence {
    int64_t index;                      /* in the batch */
    int64_t row, length;                /* rows of the activations */
    int64_t from;                       /* first row in the batch */
    int64_t squares;                    /* sum of S*S of the sequences before: where its [S,S] blocks begin */
} bert__sequence;

struct bert_session {
    bert_session_desc desc;             /* resolved */
    bert_packed *packed;
    bert_pool *pool;
    bert_parallel parallel;
    void *memory;
    /* activations of up to max_tokens rows */
    float *x;                           /* [T,C] the residual stream, rows x_stride floats apart */
    float *work;                        /* [T] rows work_stride floats apart: q, k, v [3C] and context [C], then the inner layer [F]
                                           over them: never alive together */
    int64_t x_stride, work_stride;
    float *key_bias;                    /* [T] */
    float *row;                         /* [C] */
    char *scratch;                      /* [width][scratch_size] */
    size_t scratch_size;
    bert__sequence *sequences;          /* [max_tokens] */
    bert_device device;                 /* with a state: it computes, and there is nothing else here but desc */
    void *state;
};

/* Rows begin an odd number of cache lines apart: the kernels read several rows at once, which must not fall into the same set of the
   cache, as they would 4096 bytes apart. */
BERT__FN int64_t bert__stride(int64_t n) { return ((n + 15) / 16 | 1) * 16; }

/* Rows of the vocabulary that one task of the decoder takes. */
#define BERT__DECODER_ROWS 64

BERT__FN void bert__session_layout(bert__layout *l, bert_session *s, const bert_config *c, const bert__kernels *kernels, int64_t tokens, int32_t width)
{
    const int64_t nC = c->hidden_size, nF = c->intermediate_size;
    const size_t attention = kernels->attention_scratch(tokens, nC / c->heads, c->max_relative_position), decoder = bert__mul((size_t)nC * BERT__DECODER_ROWS, sizeof(float));
    s->x_stride = bert__stride(nC);
    s->work_stride = bert__stride(nF > 4 * nC ? nF : 4 * nC);
    s->x = bert__lay_floats(l, tokens * s->x_stride);
    s->work = bert__lay_floats(l, tokens * s->work_stride);
    s->key_bias = bert__lay_floats(l, tokens);
    s->row = bert__lay_floats(l, nC);
    s->sequences = (bert__sequence *)bert__lay(l, tokens, sizeof *s->sequences);
    s->scratch_size = bert__add(attention > decoder ? attention : decoder, 63) & ~(size_t)63;
    s->scratch = (char *)bert__lay(l, width, s->scratch_size);
}
/* Defaults and limits of max_tokens. */
BERT__FN int64_t bert__tokens_resolved(int64_t tokens, const bert_config *c)
{
    if (tokens) return tokens;
    return !c->max_relative_position && c->max_positions > 1024 ? c->max_positions : 1024;
}
BERT__FN bert_status bert__check_tokens(int64_t tokens, const bert_config *c, bert_error *error)
{
    if (tokens < 1 || tokens > (int64_t)1 << 31 || tokens > INT64_MAX / 64 / ((int64_t)c->hidden_size + c->intermediate_size)) return bert__bad_argument(error, "max_tokens goes from 1 to 2^31");
    return BERT_OK;
}

BERT__FN bert_status bert__tokens_for_budget(const bert_session_desc *d, bert_isa isa, int64_t *out)
{
    bert_plan_desc pd;
    bert_plan plan;
    bert_status st;
    memset(&pd, 0, sizeof pd);
    pd.model = d->model;
    pd.isa = isa;
    pd.threads = d->parallel.run ? d->parallel.width : d->threads;
    pd.lent_threads = d->parallel.run != NULL;
    pd.max_tokens = 1;
    if ((st = bert_plan_memory(&pd, &plan, d->error)) != BERT_OK) return st;
    *out = bert_plan_largest(&pd, bert__add(d->budget, d->packed ? plan.packed : 0));
    if (*out > 8192) *out = 8192;
    if (*out) return BERT_OK;
    return bert__fail(d->error, BERT_ERROR_MEMORY, NULL, -1, "a session takes at least %zu bytes; the budget is %zu", d->packed ? plan.total - plan.packed : plan.total, d->budget);
}

/* A session that a device computes. */
BERT__FN bert_status bert__session_open_on(const bert_session_desc *desc, bert_session **out)
{
    bert_session_desc d = *desc;
    bert_session *s;
    bert_status st;
    if (!d.model || d.packed) return bert__bad_argument(d.error, "a session with a device needs a model, and packs it itself");
    d.allocator = bert__allocator(&d.allocator);
    if ((s = (bert_session *)bert__alloc(&d.allocator, sizeof *s)) == NULL) return bert__fail(d.error, BERT_ERROR_MEMORY, NULL, -1, "out of memory: a session takes %zu bytes", sizeof *s);
    memset(s, 0, sizeof *s);
    s->device = *d.device;
    if ((st = s->device.session_open(d.device, &d, &s->state)) != BERT_OK) { bert__free(&d.allocator, s); return st; }
    d.device = &s->device;
    d.error = NULL;
    s->desc = d;
    *out = s;
    return BERT_OK;
}

BERT_API bert_status bert_session_open(const bert_session_desc *desc, bert_session **out)
{
    bert_session_desc d;
    bert_session measure, *s;
    bert__layout l;
    bert_packed *packed;
    bert_pool *pool = NULL;
    bert_parallel parallel;
    bert_allocator allocator;
    const bert_config *c;
    const bert__kernels *kernels;
    bert_status st;
    void *memory;
    if (!desc || !out) return BERT_ERROR_ARGUMENT;
    if (desc->device) return bert__session_open_on(desc, out);
    d = *desc;
    if (d.packed && !d.model) d.model = d.packed->model;
    if (!d.model || (d.packed && d.packed->model != d.model)) return bert__bad_argument(d.error, "bert_session_open needs a model, the one its packed weights come from");
    if (d.threads < 0 || d.threads > 1024) return bert__bad_argument(d.error, "threads goes from 0 (one a core) to 1024");
    c = bert_model_config(d.model);
    allocator = d.allocator = bert__allocator(&d.allocator);
    if (d.packed) {
        if ((d.isa && d.isa != d.packed->kernels->isa) || (d.precision && d.precision != d.packed->precision)) return bert__fail(d.error, BERT_ERROR_MISMATCH, NULL, -1, "the weights were packed for %s, the session asks for %s", bert_isa_name(d.packed->kernels->isa), bert_isa_name(d.isa));
        kernels = d.packed->kernels;
    } else if ((st = bert__choose_kernels(d.precision, d.isa, &kernels, d.error)) != BERT_OK) return st;
    parallel = bert__parallel(d.parallel);
    if (d.budget && !d.max_tokens && (st = bert__tokens_for_budget(&d, kernels->isa, &d.max_tokens)) != BERT_OK) return st;
    d.max_tokens = bert__tokens_resolved(d.max_tokens, c);
    if ((st = bert__check_tokens(d.max_tokens, c, d.error)) != BERT_OK) return st;
    if (!d.parallel.run && d.threads != 1) {
        if ((st = bert_pool_open(d.threads, &allocator, &pool)) != BERT_OK) return bert__fail(d.error, st, NULL, -1, "the threads could not be started");
        parallel = bert_pool_parallel(pool);
    }
    packed = d.packed;
    if (!packed) {
        bert_packed_desc pd;
        memset(&pd, 0, sizeof pd);
        pd.model = d.model;
        pd.isa = kernels->isa;
        pd.parallel = parallel;
        pd.allocator = allocator;
        pd.error = d.error;
        if ((st = bert_packed_open(&pd, &packed)) != BERT_OK) { bert_pool_close(pool); return st; }
    } else bert__atomic_add(&packed->users, 1);
    memset(&l, 0, sizeof l);
    memset(&measure, 0, sizeof measure);
    bert__lay(&l, 1, sizeof *s);
    bert__session_layout(&l, &measure, c, kernels, d.max_tokens, parallel.width);
    memory = bert__alloc(&allocator, bert__block_bytes(l.size));
    if (!memory) {
        bert_packed_close(packed);
        bert_pool_close(pool);
        return bert__fail(d.error, BERT_ERROR_MEMORY, NULL, -1, "out of memory: a session for %lld tokens at once takes %zu bytes; a smaller max_tokens takes less", (long long)d.max_tokens, bert__block_bytes(l.size));
    }
    l.base = bert__aligned(memory);
    l.size = 0;
    s = (bert_session *)bert__lay(&l, 1, sizeof *s);
    *s = measure;
    bert__session_layout(&l, s, c, kernels, d.max_tokens, parallel.width);
    d.packed = s->packed = packed;
    d.precision = packed->precision;
    d.isa = kernels->isa;
    d.threads = parallel.width;
    d.parallel = s->parallel = parallel;
    s->pool = pool;
    s->memory = memory;
    s->desc = d;
    s->desc.error = NULL;
    *out = s;
    return BERT_OK;
}
BERT_API void bert_session_close(bert_session *session)
{
    bert_allocator a;
    bert_packed *packed;
    bert_pool *pool;
    if (!session) return;
    a = session->desc.allocator;
    packed = session->packed;
    pool = session->pool;
    if (session->state) session->device.session_close(session->state);
    bert__free(&a, session->state ? (void *)session : session->memory);                                    /* the newest first: a bert_fixed takes back no other way */
    bert_packed_close(packed);
    bert_pool_close(pool);
}
BERT_API bert_session_desc bert_session_desc_resolved(const bert_session *session) { return session->desc; }

/* ============================================================================================================
   >>forward
   Purpose   the encoder: from token ids to the output of each layer.
   Uses      >>session, >>kernels.
   Promises  a sequence's bits do not depend on what is computed beside it.

   With x [T,C] the residual stream, for each layer
      qkv = x Wqkv + b              context = softmax(q k / sqrt(D) + mask) v, for each sequence and head
      x = norm(x + context Wo + b)  x = norm(x + gelu(x Wi + b) Wo' + b)
   All but the attention goes row by row: with many rows a task takes a block of rows through everything up to the next layer's qkv
   while they are in cache; with few rows each product is cut by its outputs instead.
   ============================================================================================================ */

/* What tasks get to know. */
typedef struct bert__work {
    bert_session *s;
    bert__product product;              /* bert__product_task */
    int64_t rows, block, row_tasks;     /* rows in all, of a task; tasks for them */
    int64_t panels, panel_block;
    const bert__layer *layer, *next;    /* bert__rows_task */
    const bert_batch *batch;            /* bert__attention_task */
    float *probabilities;
    bert__counter taken;                /* items handed out, where tasks are workers */
    int64_t items;
    const float *hidden;                /* bert__decode_task: rows [C] */
    float *logits;                      /* ... to [V] each */
} bert__work;

BERT__FN void bert__dispatch(bert_session *s, int64_t n, bert_task task, bert__work *w) { s->parallel.run(s->parallel.user, n, task, w); }

BERT__FN void bert__product_task(void *arg, int64_t index)
{
    const bert__work *w = (const bert__work *)arg;
    const int64_t row = index % w->row_tasks * w->block, panel = index / w->row_tasks * w->panel_block;
    w->s->packed->kernels->product(&w->product, row, w->rows - row < w->block ? w->rows - row : w->block, panel, w->panels - panel < w->panel_block ? w->panels - panel : w->panel_block);
}
/* One product over all threads. */
BERT__FN void bert__run_product(bert_session *s, const bert__product *product, int64_t rows)
{
    const bert__kernels *k = s->packed->kernels;
    bert__work w;
    int64_t cuts;
    memset(&w, 0, sizeof w);
    w.s = s;
    w.product = *product;
    w.rows = rows;
    w.block = k->rows;
    w.row_tasks = (rows + w.block - 1) / w.block;
    w.panels = bert__panels(k, product->w);
    cuts = s->parallel.width == 1 ? 1 : (4 * (int64_t)s->parallel.width + w.row_tasks - 1) / w.row_tasks;
    if (cuts > w.panels) cuts = w.panels;
    w.panel_block = (w.panels + cuts - 1) / cuts;
    bert__dispatch(s, w.row_tasks * ((w.panels + w.panel_block - 1) / w.panel_block), bert__product_task, &w);
}

/* Its cut for `rows` rows into tasks of whole rows; 0 tasks: too few rows for that. */
BERT__FN int64_t bert__row_blocks(const bert_session *s, int64_t rows, int64_t *block)
{
    const int64_t width = s->parallel.width, good = s->packed->kernels->rows;
    int64_t n = ((rows + good - 1) / good + width - 1) / width * width;
    *block = (rows + n - 1) / n;
    if (width > 1 && *block * 2 < good) return 0;
    return (rows + *block - 1) / *block;
}
BERT__FN void bert__norm_rows(const bert_session *s, const float *gamma, const float *beta, int64_t row, int64_t rows)
{
    const bert_config *c = bert_model_config(s->packed->model);
    for (; rows > 0; row++, rows--) s->packed->kernels->norm(s->x + row * s->x_stride, s->x + row * s->x_stride, gamma, beta, (float)c->layer_norm_eps, c->hidden_size, 1);
}
BERT__FN bert__product bert__layer_product(const bert__dense *w, const float *x, int64_t x_stride, float *y, int64_t y_stride, int residual, bert_activation activation)
{
    bert__product p;
    memset(&p, 0, sizeof p);
    p.w = w;
    p.x = x;
    p.x_stride = x_stride;
    p.y = y;
    p.y_stride = y_stride;
    p.residual = residual ? y : NULL;
    p.activation = activation;
    return p;
}
/* The four products of a layer, on the session's activations. */
typedef struct bert__steps { bert__product attention, intermediate, output, qkv; } bert__steps;
BERT__FN bert__steps bert__layer_steps(const bert_session *s, const bert__layer *layer, const bert__layer *next)
{
    const bert_config *c = bert_model_config(s->packed->model);
    bert__steps p;
    p.attention = bert__layer_product(&layer->attention, s->work + 3 * (int64_t)c->hidden_size, s->work_stride, s->x, s->x_stride, 1, BERT_LINEAR);
    p.intermediate = bert__layer_product(&layer->intermediate, s->x, s->x_stride, s->work, s->work_stride, 0, c->activation);
    p.output = bert__layer_product(&layer->output, s->work, s->work_stride, s->x, s->x_stride, 1, BERT_LINEAR);
    p.qkv = bert__layer_product(next ? &next->qkv : NULL, s->x, s->x_stride, s->work, s->work_stride, 0, BERT_LINEAR);
    return p;
}
/* A block of rows from the attention's output to the next layer's qkv. */
BERT__FN void bert__rows_task(void *arg, int64_t index)
{
    const bert__work *w = (const bert__work *)arg;
    const bert__kernels *k = w->s->packed->kernels;
    const bert__steps p = bert__layer_steps(w->s, w->layer, w->next);
    const int64_t row = index * w->block, rows = w->rows - row < w->block ? w->rows - row : w->block;
    k->product(&p.attention, row, rows, 0, bert__panels(k, p.attention.w));
    bert__norm_rows(w->s, w->layer->attention_gamma, w->layer->attention_beta, row, rows);
    k->product(&p.intermediate, row, rows, 0, bert__panels(k, p.intermediate.w));
    k->product(&p.output, row, rows, 0, bert__panels(k, p.output.w));
    bert__norm_rows(w->s, w->layer->output_gamma, w->layer->output_beta, row, rows);
    if (w->next) k->product(&p.qkv, row, rows, 0, bert__panels(k, p.qkv.w));
}
BERT__FN void bert__run_rows(bert_session *s, const bert__layer *layer, const bert__layer *next, int64_t rows)
{
    bert__work w;
    int64_t tasks;
    memset(&w, 0, sizeof w);
    tasks = bert__row_blocks(s, rows, &w.block);
    if (tasks) {
        w.s = s;
        w.layer = layer;
        w.next = next;
        w.rows = rows;
        bert__dispatch(s, tasks, bert__rows_task, &w);
    } else {
        const bert__steps p = bert__layer_steps(s, layer, next);
        bert__run_product(s, &p.attention, rows);
        bert__norm_rows(s, layer->attention_gamma, layer->attention_beta, 0, rows);
        bert__run_product(s, &p.intermediate, rows);
        bert__run_product(s, &p.output, rows);
        bert__norm_rows(s, layer->output_gamma, layer->output_beta, 0, rows);
        if (next) bert__run_product(s, &p.qkv, rows);
    }
}

/* One head of one sequence after another. A task is a worker: it has scratch memory of its own. */
#define BERT__QUERY_BLOCK 512
BERT__FN void bert__attention_task(void *arg, int64_t index)
{
    bert__work *w = (bert__work *)arg;
    const bert_session *s = w->s;
    const bert_config *c = bert_model_config(s->packed->model);
    const int64_t nC = c->hidden_size, nH = c->heads, nD = nC / nH;
    bert__attention a;
    int64_t item, i = 0, before = 0;
    memset(&a, 0, sizeof a);
    a.stride = a.out_stride = s->work_stride;
    a.depth = nD;
    a.scale = (float)(1 / sqrt((double)nD));
    a.relative = s->packed->relative;
    a.max_relative = c->max_relative_position;
    while ((item = bert__atomic_add(&w->taken, 1)) < w->items) {
        const bert__sequence *q;
        int64_t head, block;
        for (;; i++) {                                                  /* the sequence it lies in: items come in rising order */
            const int64_t n = nH * ((s->sequences[i].length + BERT__QUERY_BLOCK - 1) / BERT__QUERY_BLOCK);
            if (item < before + n) break;
            before += n;
        }
        q = s->sequences + i;
        head = (item - before) % nH;
        block = (item - before) / nH * BERT__QUERY_BLOCK;
        a.q = s->work + q->row * s->work_stride + head * nD;
        a.k = a.q + nC;
        a.v = a.k + nC;
        a.out = s->work + q->row * s->work_stride + 3 * nC + head * nD;
        a.length = q->length;
        a.key_bias = w->batch->key_mask ? s->key_bias + q->row : NULL;
        a.bias = w->batch->score_bias ? w->batch->score_bias + q->squares : NULL;
        a.probabilities = w->probabilities ? w->probabilities + nH * q->squares + head * q->length * q->length : NULL;
        s->packed->kernels->attention(&a, block, q->length - block < BERT__QUERY_BLOCK ? q->length - block : BERT__QUERY_BLOCK, s->scratch + (size_t)index * s->scratch_size);
    }
}

/* x = norm(word + position + type) */
BERT__FN void bert__embed(bert_session *s, const bert_batch *batch, int64_t count)
{
    const bert_packed *p = s->packed;
    const bert_config *config = bert_model_config(p->model);
    const int64_t nC = config->hidden_size;
    /* Google adds -10000 to the scores of padding, Hugging Face the least float: it matters where a whole sequence is padding */
    const float masked = config->source == BERT_SOURCE_HF ? -FLT_MAX : -10000.0f;
    int64_t i, t, c;
    for (i = 0; i < count; i++)
        for (t = 0; t < s->sequences[i].length; t++) {
            const int64_t at = s->sequences[i].from + t;
            const float *word = batch->embeds ? batch->embeds + at * nC : bert__table_row(&p->words, batch->ids[at], s->row);
            const float *type = p->types + (batch->segment_ids ? batch->segment_ids[at] : 0) * nC;
            const float *position = p->positions ? p->positions + (batch->position_ids ? batch->position_ids[at] : t) * nC : NULL;
            float *x = s->x + (s->sequences[i].row + t) * s->x_stride;
            for (c = 0; c < nC; c++) x[c] = position ? word[c] + type[c] + position[c] : word[c] + type[c];
            if (batch->key_mask) s->key_bias[s->sequences[i].row + t] = batch->key_mask[at] ? 0 : masked;
            bert__norm_rows(s, p->embedding_gamma, p->embedding_beta, s->sequences[i].row + t, 1);
        }
}
/* The stream's rows of all sequences to the caller's [T,C]; rows that were cut off become 0. */
BERT__FN void bert__give_rows(const bert_session *s, const bert_batch *batch, int64_t count, float *out)
{
    const int64_t nC = bert_model_config(s->packed->model)->hidden_size;
    int64_t i, t;
    for (i = 0; i < count; i++) {
        const bert__sequence *q = s->sequences + i;
        const int64_t all = batch->offsets[q->index + 1] - batch->offsets[q->index];
        for (t = 0; t < q->length; t++) memcpy(out + (q->from + t) * nC, s->x + (q->row + t) * s->x_stride, (size_t)nC * sizeof *out);
        if (all > t) memset(out + (q->from + t) * nC, 0, (size_t)((all - t) * nC) * sizeof *out);
    }
}
/* The encoder over the sequences of one part. */
BERT__FN void bert__encode_part(bert_session *s, const bert_batch *batch, const bert_result *result, int64_t count, int64_t rows)
{
    const bert_packed *p = s->packed;
    const bert_config *c = bert_model_config(p->model);
    bert__product qkv;
    int32_t l;
    int64_t i;
    bert__embed(s, batch, count);
    if (result->layers && result->layers[0]) bert__give_rows(s, batch, count, result->layers[0]);
    qkv = bert__layer_product(&p->layers[0].qkv, s->x, s->x_stride, s->work, s->work_stride, 0, BERT_LINEAR);
    bert__run_product(s, &qkv, rows);
    for (l = 0; l < c->layers; l++) {
        bert__work w;
        memset(&w, 0, sizeof w);
        w.s = s;
        w.batch = batch;
        w.probabilities = result->attention ? result->attention[l] : NULL;
        for (i = 0; i < count; i++) w.items += c->heads * ((s->sequences[i].length + BERT__QUERY_BLOCK - 1) / BERT__QUERY_BLOCK);
        bert__dispatch(s, s->parallel.width, bert__attention_task, &w);
        bert__run_rows(s, p->layers + l, l + 1 < c->layers ? p->layers + l + 1 : NULL, rows);
        if (result->layers && result->layers[l + 1]) bert__give_rows(s, batch, count, result->layers[l + 1]);
    }
    if (result->hidden) bert__give_rows(s, batch, count, result->hidden);
}

/* ============================================================================================================
   >>heads
   Purpose   what stands on the last layer: pooler, classifiers, spans, words, vectors; and bert_session_run, which ties all
             together.
   Uses      >>forward.
   Promises  only what was asked for is computed.
   ============================================================================================================ */

/* A dense layer on rows that lie in the session's memory, into the caller's [rows,N]. */
BERT__FN void bert__head(bert_session *s, const bert__dense *w, const float *x, int64_t x_stride, int64_t rows, float *out, bert_activation activation)
{
    const bert__product p = bert__layer_product(w, x, x_stride, out, w->n, 0, activation);
    bert__run_product(s, &p, rows);
}
/* On the first row of each sequence: the pooler and what takes its output. The layers' work memory is free by now. */
BERT__FN void bert__pooled_heads(bert_session *s, const bert_result *result, int64_t count)
{
    const int64_t nC = bert_model_config(s->packed->model)->hidden_size, first = s->sequences[0].index;
    const bert_packed *p = s->packed;
    float *pooled = s->work;            /* [count,C]; every sequence has a row of work memory, of more than C floats */
    bert__product product = bert__layer_product(&p->pooler, s->x, s->x_stride, pooled, nC, 0, BERT_TANH);
    int64_t i;
    for (i = 0; i < count; i++) {                                       /* one at a time: the rows lie anywhere */
        product.x = s->x + s->sequences[i].row * s->x_stride;
        product.y = pooled + i * nC;
        if (count < 4) bert__run_product(s, &product, 1);
        else p->kernels->product(&product, 0, 1, 0, bert__panels(p->kernels, &p->pooler));
    }
    if (result->pooled) memcpy(result->pooled + first * nC, pooled, (size_t)(count * nC) * sizeof *pooled);
    if (result->vectors && result->pooling == BERT_POOLING_POOLER) memcpy(result->vectors + first * nC, pooled, (size_t)(count * nC) * sizeof *pooled);
    if (result->next_sentence) bert__head(s, &p->next_sentence, pooled, nC, count, result->next_sentence + first * 2, BERT_LINEAR);
    if (result->classes) bert__head(s, &p->classifier, pooled, nC, count, result->classes + first * p->classifier.n, BERT_LINEAR);
}
/* On every row: [T,N] of the caller. */
BERT__FN void bert__row_head(bert_session *s, const bert_batch *batch, const bert__dense *w, int64_t count, float *out)
{
    int64_t i;
    for (i = 0; i < count; i++) {
        const bert__sequence *q = s->sequences + i;
        const int64_t all = batch->offsets[q->index + 1] - batch->offsets[q->index];
        bert__head(s, w, s->x + q->row * s->x_stride, s->x_stride, q->length, out + q->from * w->n, BERT_LINEAR);
        if (all > q->length) memset(out + (q->from + q->length) * w->n, 0, (size_t)((all - q->length) * w->n) * sizeof *out);
    }
}

/* The vocabulary in blocks: logits of all masked rows against BERT__DECODER_ROWS words. */
BERT__FN void bert__decode_task(void *arg, int64_t index)
{
    bert__work *w = (bert__work *)arg;
    const bert_packed *p = w->s->packed;
    const int64_t nV = bert_model_config(p->model)->vocab_size, nC = bert_model_config(p->model)->hidden_size;
    float *room = (float *)(void *)(w->s->scratch + (size_t)index * w->s->scratch_size);
    int64_t item, k;
    while ((item = bert__atomic_add(&w->taken, 1)) < w->items) {
        const int64_t word = item * BERT__DECODER_ROWS, n = nV - word < BERT__DECODER_ROWS ? nV - word : BERT__DECODER_ROWS;
        const float *rows = p->decoder.view ? p->decoder.view + word * nC : room;
        if (!p->decoder.view) for (k = 0; k < n; k++) bert__table_row(&p->decoder, word + k, room + k * nC);
        p->kernels->dots(w->hidden, nC, w->rows, rows, nC, n, nC, p->decoder_bias + word, w->logits + word, nV);
    }
}
/* The masked language model at the rows asked for that lie in this part. As many at once as the work memory holds. */
BERT__FN void bert__word_head(bert_session *s, const bert_batch *batch, const bert_result *result, int64_t count)
{
    const bert_packed *p = s->packed;
    const bert_config *c = bert_model_config(p->model);
    const int64_t nC = c->hidden_size, nV = c->vocab_size, begin = batch->offsets[s->sequences[0].index], end = batch->offsets[s->sequences[count - 1].index + 1];
    int64_t i, n, from, low, high;
    for (from = 0; from < result->masked_count; from = i) {
        float *x = s->work, *y;
        bert__work w;
        for (i = from, n = 0; i < result->masked_count; i++) {          /* a run of rows of this part */
            const int64_t at = result->masked_rows[i];
            bert__sequence *q;
            if (at < begin || at >= end) { if (n) break; from = i + 1; continue; }
            for (low = 0, high = count - 1; low < high;) {
                const int64_t middle = (low + high + 1) / 2;
                if (s->sequences[middle].from <= at) low = middle; else high = middle - 1;
            }
            q = s->sequences + low;
            if (at - q->from >= q->length) {                            /* cut off */
                if (n) break;
                memset(result->words + i * nV, 0, (size_t)nV * sizeof *x);
                from = i + 1;
                continue;
            }
            if (2 * (n + 1) > s->desc.max_tokens && n) break;
            memcpy(x + n++ * nC, s->x + (q->row + at - q->from) * s->x_stride, (size_t)nC * sizeof *x);
        }
        if (!n) break;
        y = x + n * nC;
        bert__head(s, &p->transform, x, nC, n, y, c->activation);
        p->kernels->norm(y, y, p->transform_gamma, p->transform_beta, (float)c->layer_norm_eps, nC, n);
        memset(&w, 0, sizeof w);
        w.s = s;
        w.hidden = y;
        w.rows = n;
        w.logits = result->words + from * nV;
        w.items = (nV + BERT__DECODER_ROWS - 1) / BERT__DECODER_ROWS;
        bert__dispatch(s, s->parallel.width, bert__decode_task, &w);
    }
}

/* To length 1; a zero vector stays as it is. */
BERT__FN void bert__normalize(float *v, int64_t n)
{
    double square = 0;
    int64_t c;
    for (c = 0; c < n; c++) square += (double)v[c] * (double)v[c];
    square = square > 1e-24 ? sqrt(square) : 1e-12;
    for (c = 0; c < n; c++) v[c] = (float)((double)v[c] / square);
}
/* One vector for each sequence; rows that nobody may attend to do not count. */
BERT__FN void bert__pool_rows(const bert_session *s, const bert_batch *batch, const bert_result *result, int64_t count)
{
    const int64_t nC = bert_model_config(s->packed->model)->hidden_size;
    int64_t i, t, c;
    for (i = 0; i < count; i++) {
        const bert__sequence *q = s->sequences + i;
        float *v = result->vectors + q->index * nC, weights = 0;
        if (result->pooling != BERT_POOLING_POOLER) {
            for (c = 0; c < nC; c++) v[c] = 0;
            for (t = 0; t < q->length; t++) {
                const float *x = s->x + (q->row + t) * s->x_stride, weight = result->pooling == BERT_POOLING_WEIGHTED_MEAN ? (float)(t + 1) : 1.0f;
                if (result->pooling == BERT_POOLING_CLS && t) break;
                if (batch->key_mask && !batch->key_mask[q->from + t] && result->pooling != BERT_POOLING_CLS) continue;
                for (c = 0; c < nC; c++)
                    v[c] = result->pooling == BERT_POOLING_MAX ? (weights == 0 || x[c] > v[c] ? x[c] : v[c]) : result->pooling == BERT_POOLING_LAST ? x[c] : v[c] + weight * x[c];
                weights += weight;
            }
            if (result->pooling == BERT_POOLING_MEAN_SQRT) weights = sqrtf(weights);
            if (result->pooling == BERT_POOLING_MEAN || result->pooling == BERT_POOLING_MEAN_SQRT || result->pooling == BERT_POOLING_WEIGHTED_MEAN)
                for (c = 0; c < nC && weights > 0; c++) v[c] /= weights;
        }
        if (result->normalize) bert__normalize(v, nC);
    }
}

/* What can be wrong with a batch. `from` to `length` are the rows of sequence i that will be computed. */
BERT__FN bert_status bert__check_rows(const bert_config *c, const bert_batch *b, int64_t i, int64_t from, int64_t length, bert_error *e)
{
    int64_t t;
    for (t = from; t < from + length; t++) {
        const long long at = (long long)(t - from);
        if (b->ids && (b->ids[t] < 0 || b->ids[t] >= c->vocab_size))
            return bert__fail(e, BERT_ERROR_ARGUMENT, NULL, -1, "sequence %lld, token %lld: id %d is not in the vocabulary of %d", (long long)i, at, (int)b->ids[t], (int)c->vocab_size);
        if (b->segment_ids && (b->segment_ids[t] < 0 || b->segment_ids[t] >= c->type_vocab_size))
            return bert__fail(e, BERT_ERROR_ARGUMENT, NULL, -1, "sequence %lld, token %lld: segment id %d; the model has %d", (long long)i, at, (int)b->segment_ids[t], (int)c->type_vocab_size);
        if (b->position_ids && !c->max_relative_position && (b->position_ids[t] < 0 || b->position_ids[t] >= c->max_positions))
            return bert__fail(e, BERT_ERROR_ARGUMENT, NULL, -1, "sequence %lld, token %lld: position %d; the model has %d", (long long)i, at, (int)b->position_ids[t], (int)c->max_positions);
    }
    return BERT_OK;
}
BERT__FN bert_status bert__check_run(const bert_session *s, const bert_batch *b, const bert_result *r, bert_error *e)
{
    const char *path = bert__model_path(s->desc.model);
    const uint32_t heads = bert_model_heads(s->desc.model);
    int64_t i;
    if (b->sequences < 0 || (b->sequences && (!b->offsets || b->offsets[0] != 0))) return bert__bad_argument(e, "batch: offsets are needed, from 0 on");
    if (!b->ids == !b->embeds && b->sequences) return bert__bad_argument(e, "batch: it needs ids or embeds, one of them");
    if (b->too_long != BERT_TOO_LONG_ERROR && b->too_long != BERT_TOO_LONG_TRUNCATE) return bert__bad_argument(e, "batch: too_long is ERROR or TRUNCATE; windows take a text (bert_session_embed)");
    if (r->pooling < 0 || r->pooling > BERT_POOLING_LAST) return bert__bad_argument(e, "result: pooling is none of bert_pooling");
    if (((r->pooled || r->next_sentence || r->classes || (r->vectors && r->pooling == BERT_POOLING_POOLER)) && !(heads & BERT_HEAD_POOLER)))
        return bert__fail_tensor(e, BERT_ERROR_MISMATCH, path, -1, "bert.pooler.dense.weight", "is missing: the model has no pooler");
    if (r->next_sentence && !(heads & BERT_HEAD_NSP)) return bert__fail_tensor(e, BERT_ERROR_MISMATCH, path, -1, "cls.seq_relationship.weight", "is missing: the model has no next sentence head");
    if ((r->classes || r->token_classes) && !(heads & BERT_HEAD_CLASSIFIER)) return bert__fail_tensor(e, BERT_ERROR_MISMATCH, path, -1, "classifier.weight", "is missing: the model has no classifier");
    if (r->spans && !(heads & BERT_HEAD_SPAN)) return bert__fail_tensor(e, BERT_ERROR_MISMATCH, path, -1, "qa_outputs.weight", "is missing: the model has no span head");
    if (r->words && !(heads & BERT_HEAD_MLM)) return bert__fail_tensor(e, BERT_ERROR_MISMATCH, path, -1, "cls.predictions.transform.dense.weight", "is missing: the model has no masked language model head");
    if (r->words && (r->masked_count < 0 || (r->masked_count && !r->masked_rows))) return bert__bad_argument(e, "result: words need masked_rows");
    for (i = 0; r->words && i < r->masked_count; i++)
        if (r->masked_rows[i] < 0 || !b->sequences || r->masked_rows[i] >= b->offsets[b->sequences])
            return bert__fail(e, BERT_ERROR_ARGUMENT, NULL, -1, "masked row %lld is %lld; the batch has %lld rows", (long long)i, (long long)r->masked_rows[i], (long long)(b->sequences ? b->offsets[b->sequences] : 0));
    return BERT_OK;
}

BERT_API bert_status bert_session_run(bert_session *session, const bert_batch *batch, const bert_result *result, bert_error *error)
{
    bert_session *s = session;
    const bert_config *c;
    bert_status st;
    int64_t limit, i, count, rows, squares = 0, attended = 0;
    int32_t l;
    if (!s || !batch || !result) return BERT_ERROR_ARGUMENT;
    if ((st = bert__check_run(s, batch, result, error)) != BERT_OK) return st;
    c = bert_model_config(s->desc.model);
    limit = s->desc.max_tokens;
    if (!c->max_relative_position && !batch->position_ids && c->max_positions < limit) limit = c->max_positions;
    for (l = 0; result->attention && l < c->layers; l++) attended |= result->attention[l] != NULL;
    for (i = 0; i < batch->sequences; i++) {                            /* everything is checked before anything is computed */
        const int64_t length = batch->offsets[i + 1] - batch->offsets[i];
        if (length < 1) return bert__fail(error, BERT_ERROR_ARGUMENT, NULL, -1, "sequence %lld has %lld tokens", (long long)i, (long long)length);
        if (length > limit && (batch->too_long == BERT_TOO_LONG_ERROR || batch->score_bias || attended))
            return bert__fail(error, BERT_ERROR_TOO_LONG, NULL, -1, limit < s->desc.max_tokens ? "sequence %lld has %lld tokens; the model has positions for %lld: cut it or take it in windows" : "sequence %lld has %lld tokens; the session was opened for max_tokens %lld",
                              (long long)i, (long long)length, (long long)limit);
        if ((st = bert__check_rows(c, batch, i, batch->offsets[i], length < limit ? length : limit, error)) != BERT_OK) return st;
    }
    if (s->state) return s->device.session_run(s->state, batch, result, error);
    for (i = 0; i < batch->sequences;) {                                /* parts of whole sequences */
        for (count = rows = 0; i < batch->sequences; i++, count++) {
            const int64_t all = batch->offsets[i + 1] - batch->offsets[i], length = all < limit ? all : limit;
            bert__sequence *q = s->sequences + count;
            if (rows + length > s->desc.max_tokens) break;
            q->index = i;
            q->row = rows;
            q->length = length;
            q->from = batch->offsets[i];
            q->squares = squares;
            squares += all * all;
            rows += length;
        }
        bert__encode_part(s, batch, result, count, rows);
        if (result->token_classes) bert__row_head(s, batch, &s->packed->classifier, count, result->token_classes);
        if (result->spans) bert__row_head(s, batch, &s->packed->span, count, result->spans);
        if (result->words) bert__word_head(s, batch, result, count);
        if (result->pooled || result->next_sentence || result->classes || (result->vectors && result->pooling == BERT_POOLING_POOLER)) bert__pooled_heads(s, result, count);
        if (result->vectors) bert__pool_rows(s, batch, result, count);
    }
    return BERT_OK;
}

BERT_API bert_status bert_batch_from_padded(const bert_padded *padded, bert_batch *out, bert_error *error)
{
    const bert_padded *p = padded;
    int64_t b, t, n = 0;
    if (!p || !out) return BERT_ERROR_ARGUMENT;
    if (p->sequences < 0 || p->length < 1 || !p->ids || !p->offsets || !p->rows || !p->row_ids || !p->row_positions || (p->segment_ids && !p->row_segments)) return bert__bad_argument(error, "padded: it needs ids, a length, arrays to fill");
    if (p->padding == BERT_PADDING_KEEP && p->mask && !p->row_mask) return bert__bad_argument(error, "padded: row_mask is needed to keep padding");
    memset(out, 0, sizeof *out);
    for (b = 0; b < p->sequences; b++) {
        p->offsets[b] = n;
        for (t = 0; t < p->length; t++) {
            const int64_t at = b * p->length + t;
            if (p->padding == BERT_PADDING_DROP && p->mask && !p->mask[at]) continue;
            p->rows[n] = at;
            p->row_ids[n] = p->ids[at];
            p->row_positions[n] = (int32_t)t;
            if (p->segment_ids) p->row_segments[n] = p->segment_ids[at];
            if (p->padding == BERT_PADDING_KEEP && p->mask) p->row_mask[n] = p->mask[at] != 0;
            n++;
        }
        if (n == p->offsets[b]) return bert__fail(error, BERT_ERROR_ARGUMENT, NULL, -1, "sequence %lld is all padding", (long long)b);
    }
    p->offsets[p->sequences] = n;
    out->sequences = p->sequences;
    out->offsets = p->offsets;
    out->ids = p->row_ids;
    out->position_ids = p->row_positions;
    out->segment_ids = p->segment_ids ? p->row_segments : NULL;
    out->key_mask = p->padding == BERT_PADDING_KEEP && p->mask ? p->row_mask : NULL;
    return BERT_OK;
}

/* exp and log in double precision: rows are few. */
BERT_API void bert_log_softmax(float *x, int64_t rows, int64_t n)
{
    int64_t i, j;
    for (i = 0; i < rows; i++, x += n) {
        float top = n ? x[0] : 0;
        double sum = 0;
        for (j = 1; j < n; j++) if (x[j] > top) top = x[j];
        for (j = 0; j < n; j++) sum += exp((double)x[j] - (double)top);
        sum = log(sum) + (double)top;
        for (j = 0; j < n; j++) x[j] = (float)((double)x[j] - sum);
    }
}
BERT_API void bert_softmax(float *x, int64_t rows, int64_t n)
{
    int64_t i;
    bert_log_softmax(x, rows, n);
    for (i = 0; i < rows * n; i++) x[i] = (float)exp((double)x[i]);
}
BERT_API void bert_sigmoid(float *x, int64_t rows, int64_t n)
{
    int64_t i;
    for (i = 0; i < rows * n; i++) x[i] = (float)(1 / (1 + exp(-(double)x[i])));
}
BERT_API void bert_top_k(const float *x, int64_t n, int64_t k, int32_t *indices)
{
    int64_t i, have = 0, j;
    for (i = 0; i < n && k > 0; i++) {                                  /* insertion into the list of the best: k is small */
        if (have == k && !(x[i] > x[indices[k - 1]])) continue;
        j = have < k ? have++ : k - 1;
        for (; j > 0 && x[i] > x[indices[j - 1]]; j--) indices[j] = indices[j - 1];
        indices[j] = (int32_t)i;
    }
}

#ifndef BERT_NO_TOKENIZER
/* ============================================================================================================
   >>embed
   Purpose   texts to vectors.
   Uses      the tokenizer, >>heads.
   Promises  a text's vector has the same bits whatever texts are beside it.
   ============================================================================================================ */

/* A text that is longer than the session takes: windows over it, each [CLS] tokens [SEP], their vectors brought together. */
BERT__FN bert_status bert__embed_windows(bert_session *s, const bert_tokenizer *tokenizer, const bert_embed_desc *d, const char *text, size_t size, int64_t limit, int32_t *ids, float *part, float *out)
{
    const int64_t nC = bert_model_config(s->desc.model)->hidden_size;
    bert_allocator a = s->desc.allocator;
    bert_encoding whole, window;
    bert_pair_desc pair;
    bert_batch batch;
    bert_result result;
    bert_status st;
    size_t windows = 1;
    int64_t offsets[2] = { 0, 0 }, c;
    double weights = 0;
    memset(&whole, 0, sizeof whole);
    memset(&pair, 0, sizeof pair);
    memset(&batch, 0, sizeof batch);
    memset(&result, 0, sizeof result);
    whole.capacity = size;
    whole.ids = (int32_t *)bert__alloc(&a, bert__mul(size, sizeof *whole.ids));
    if (!whole.ids) return bert__fail(d->error, BERT_ERROR_MEMORY, NULL, -1, "out of memory: a text of %zu bytes", size);
    st = bert_tokenizer_encode(tokenizer, text, size, &whole);
    pair.max_tokens = (size_t)limit;
    pair.stride = d->stride ? (size_t)d->stride : (size_t)limit / 8;
    pair.error = d->error;
    batch.sequences = 1;
    batch.offsets = offsets;
    batch.ids = ids;
    result.pooling = d->pooling;
    result.vectors = part;
    memset(out, 0, (size_t)nC * sizeof *out);
    for (pair.window = 0; st == BERT_OK && pair.window < windows; pair.window++) {
        double weight;
        memset(&window, 0, sizeof window);
        window.ids = ids;
        window.capacity = (size_t)limit;
        if ((st = bert_encoding_join(tokenizer, &pair, &whole, NULL, &window, &windows)) != BERT_OK) break;
        offsets[1] = (int64_t)window.count;
        if ((st = bert_session_run(s, &batch, &result, d->error)) != BERT_OK) break;
        weight = d->pooling == BERT_POOLING_MEAN || d->pooling == BERT_POOLING_WEIGHTED_MEAN ? (double)window.count : d->pooling == BERT_POOLING_MEAN_SQRT ? sqrt((double)window.count) : 1;
        for (c = 0; c < nC; c++) {
            if (d->pooling == BERT_POOLING_MAX) out[c] = pair.window == 0 || part[c] > out[c] ? part[c] : out[c];
            else if (d->pooling == BERT_POOLING_LAST) out[c] = part[c];
            else out[c] += (float)weight * part[c];
        }
        weights += d->pooling == BERT_POOLING_MEAN_SQRT ? (double)window.count : weight;
    }
    bert__free(&a, whole.ids);
    if (st != BERT_OK) return st;
    if (d->pooling == BERT_POOLING_MEAN_SQRT) weights = sqrt(weights);
    for (c = 0; c < nC && d->pooling != BERT_POOLING_MAX && d->pooling != BERT_POOLING_LAST; c++) out[c] = (float)(out[c] / weights);
    if (d->normalize) bert__normalize(out, nC);
    return BERT_OK;
}

BERT_API bert_status bert_session_embed(bert_session *session, const bert_tokenizer *tokenizer, const bert_embed_desc *desc, const char *const *texts, const size_t *sizes, int64_t count, float *out)
{
    bert_embed_desc none;
    const bert_embed_desc *d = desc ? desc : &none;
    bert_session *s = session;
    bert_allocator a;
    bert_batch batch;
    bert_result result;
    bert__layout l;
    const bert_config *c;
    int64_t limit, room, first = 0, i, *offsets = NULL;
    int32_t *ids = NULL;
    float *part = NULL;
    void *memory = NULL;
    int pass;
    bert_status st = BERT_OK;
    memset(&none, 0, sizeof none);
    if (!s || !tokenizer || count < 0 || (count && (!texts || !sizes || !out))) return bert__bad_argument(d->error, "bert_session_embed needs a session, a tokenizer, texts and a place for the vectors");
    c = bert_model_config(s->desc.model);
    if (bert_tokenizer_size(tokenizer) > c->vocab_size)
        return bert__fail(d->error, BERT_ERROR_MISMATCH, NULL, -1, "the vocabulary has %d tokens, the model %d: they do not belong together", (int)bert_tokenizer_size(tokenizer), (int)c->vocab_size);
    room = limit = s->desc.max_tokens;
    if (!c->max_relative_position && c->max_positions < limit) limit = c->max_positions;
    if (d->max_length > 0 && d->max_length < limit) limit = d->max_length;
    if (limit < 3) return bert__bad_argument(d->error, "max_length is too short: [CLS] and [SEP] take two tokens");
    a = s->desc.allocator;
    for (pass = 0; pass < 2; pass++) {
        memset(&l, 0, sizeof l);
        l.base = memory ? bert__aligned(memory) : NULL;
        ids = (int32_t *)bert__lay(&l, room, sizeof *ids);
        offsets = (int64_t *)bert__lay(&l, room + 1, sizeof *offsets);
        part = bert__lay_floats(&l, c->hidden_size);
        if (!memory && (memory = bert__alloc(&a, bert__block_bytes(l.size))) == NULL) return bert__fail(d->error, BERT_ERROR_MEMORY, NULL, -1, "out of memory");
    }
    memset(&batch, 0, sizeof batch);
    memset(&result, 0, sizeof result);
    batch.offsets = offsets;
    batch.ids = ids;
    result.pooling = d->pooling;
    result.normalize = d->normalize;
    offsets[0] = 0;
    for (i = 0; i <= count && st == BERT_OK; i++) {
        bert_encoding e;
        bert_pair_desc pair;
        const int64_t used = offsets[batch.sequences];
        memset(&e, 0, sizeof e);
        memset(&pair, 0, sizeof pair);
        pair.error = d->error;
        e.ids = ids + used;
        e.capacity = (size_t)(room - used);
        if (i < count) {
            st = bert_tokenizer_encode_pair(tokenizer, &pair, texts[i], sizes[i], NULL, 0, &e);
            if (st == BERT_ERROR_SPACE || (st == BERT_OK && (int64_t)e.count > limit)) st = (int64_t)e.count > limit && d->too_long == BERT_TOO_LONG_ERROR
                ? bert__fail(d->error, BERT_ERROR_TOO_LONG, NULL, -1, "text %lld has %zu tokens; the limit is %lld: have it cut or taken in windows", (long long)i, e.count, (long long)limit) : BERT_OK;
            if (st != BERT_OK) break;
        }
        if (i < count && (int64_t)e.count > limit && d->too_long == BERT_TOO_LONG_TRUNCATE && room - used >= limit) {
            pair.max_tokens = (size_t)limit;
            st = bert_tokenizer_encode_pair(tokenizer, &pair, texts[i], sizes[i], NULL, 0, &e);
            if (st != BERT_OK) break;
        }
        if (i < count && (int64_t)e.count <= limit && (int64_t)e.count <= room - used) {
            offsets[++batch.sequences] = used + (int64_t)e.count;
            continue;
        }
        if (batch.sequences) {                                          /* full, or at the end, or a text that goes alone */
            result.vectors = out + first * c->hidden_size;
            st = bert_session_run(s, &batch, &result, d->error);
            first = i--;                                                /* this text once more, with room */
            batch.sequences = 0;
        } else if (i < count) {
            st = bert__embed_windows(s, tokenizer, d, texts[i], sizes[i], limit, ids, part, out + i * c->hidden_size);
            first = i + 1;
        }
    }
    bert__free(&a, memory);
    return st;
}
/* ---- sentence-transformers: modules.json lists Transformer, Pooling, Normalize, each with a folder for its config ---- */

#ifdef BERT_NO_STDIO
BERT_API bert_status bert_embed_desc_read(const bert_model *model, bert_embed_desc *desc, bert_error *error) { (void)model; (void)desc; (void)error; return BERT_OK; }
#else
/* The JSON file `name` in a folder; *out stays empty where there is none. */
BERT__FN bert_status bert__json_beside(const char *folder, const char *name, char path[1100], bert_json_doc *out, bert_error *error)
{
    bert_file f;
    bert_status st;
    memset(out, 0, sizeof *out);
    if (!bert__beside(folder, name, path, 1100)) return BERT_OK;
    if ((st = bert_file_open(path, NULL, &f, error)) != BERT_OK) return st;
    st = bert_json_parse((const char *)f.data, f.size, NULL, out, error);
    if (st != BERT_OK && error) { bert_error e = *error; st = bert__fail(error, st, path, e.offset, "%s", e.message); }
    bert_file_close(&f);
    return st;
}
/* The one pooling of 1_Pooling/config.json. */
BERT__FN bert_status bert__read_pooling(const char *folder, bert_embed_desc *d, bert_error *error)
{
    static const struct { const char *name; bert_pooling pooling; } modes[] = {
        { "pooling_mode_mean_tokens", BERT_POOLING_MEAN }, { "pooling_mode_cls_token", BERT_POOLING_CLS }, { "pooling_mode_max_tokens", BERT_POOLING_MAX },
        { "pooling_mode_mean_sqrt_len_tokens", BERT_POOLING_MEAN_SQRT }, { "pooling_mode_weightedmean_tokens", BERT_POOLING_WEIGHTED_MEAN }, { "pooling_mode_lasttoken", BERT_POOLING_LAST } };
    char path[1100];
    bert_json_doc doc;
    bert_status st = bert__json_beside(folder, "config.json", path, &doc, error);
    size_t i;
    int found = 0;
    if (st != BERT_OK || !doc.root) return st;
    for (i = 0; i < sizeof modes / sizeof *modes; i++) {
        const bert_json *v = bert_json_get(doc.root, modes[i].name);
        if (!v || v->type != 't') continue;
        d->pooling = modes[i].pooling;
        found++;
    }
    bert_json_free(&doc);
    return found == 1 ? BERT_OK : bert__fail(error, BERT_ERROR_UNSUPPORTED, path, -1, "it asks for %d ways of pooling at once; one is supported", found);
}
BERT_API bert_status bert_embed_desc_read(const bert_model *model, bert_embed_desc *desc, bert_error *error)
{
    bert_embed_desc d;
    const char *file;
    char folder[1000], path[1100], inner[1100];
    bert_json_doc doc;
    const bert_json *v;
    bert_status st;
    size_t n;
    int64_t length;
    if (!model || !desc) return bert__bad_argument(error, "bert_embed_desc_read needs a model and a desc");
    if (!BERT__FILES) return BERT_OK;
    d = *desc;
    file = bert__model_path(model);
    n = file ? bert__directory_size(file) : 0;
    if (!file || n >= sizeof folder) return BERT_OK;
    bert__format(folder, sizeof folder, "%.*s", n > 1 ? (int)n - 1 : (int)n, file);
    if (!n) bert__format(folder, sizeof folder, ".");
    if ((st = bert__json_beside(folder, "modules.json", path, &doc, error)) != BERT_OK) return st;
    if (doc.root) {
        d.normalize = 0;
        for (v = doc.root->first; v && st == BERT_OK; v = v->next) {
            const bert_json *type = bert_json_get(v, "type"), *at = bert_json_get(v, "path");
            const char *name = type && type->type == 's' ? type->text : "", *dot = strrchr(name, '.');
            if (dot) name = dot + 1;
            if (strcmp(name, "Normalize") == 0) d.normalize = 1;
            else if (strcmp(name, "Pooling") == 0 && at && at->type == 's' && strlen(folder) + at->size + 2 < sizeof inner) {
                bert__format(inner, sizeof inner, "%s/%s", folder, at->text);
                st = bert__read_pooling(inner, &d, error);
            } else if (strcmp(name, "Transformer") != 0) st = bert__fail(error, BERT_ERROR_UNSUPPORTED, path, (int64_t)v->offset, "the module \"%.*s\" is not supported; Transformer, Pooling and Normalize are", 60, name);
        }
        bert_json_free(&doc);
    } else {
        bert__format(inner, sizeof inner, "%s/1_Pooling", folder);
        st = bert__read_pooling(inner, &d, error);
    }
    if (st != BERT_OK || (st = bert__json_beside(folder, "sentence_bert_config.json", path, &doc, error)) != BERT_OK) return st;
    if (doc.root && bert_json_int(bert_json_get(doc.root, "max_seq_length"), &length) && length > 2) d.max_length = length;
    bert_json_free(&doc);
    *desc = d;
    return BERT_OK;
}
#endif
#endif

/* ============================================================================================================
   >>records
   Purpose   TFRecord files and the tf.train.Example messages in them: what the reference programs keep their features in.
   Uses      checksums and messages of >>bundle, bert__sort_order, the base's files.
   Promises  every length and checksum is checked before it is used; memory stays in proportion to one record; time is
             n log n. Any valid message is read: packed or not, in any order, split, with unknown fields. What is written is
             sorted by name, byte for byte what protobuf's C++ writes in its deterministic mode.

   A file is records, each of: its length (8 bytes, lowest first), the masked CRC-32C of these 8 bytes, the data, the masked
   CRC-32C of the data. An example is a message in a record:

      Example  { 1: Features { 1: entry { 1: name, 2: Feature }* } }
      Feature  { 1: BytesList { 1: bytes* } or 2: FloatList { 1: float* } or 3: Int64List { 1: varint* } }

   Numbers come one to a field or "packed", many in one field of bytes. By protobuf's rules messages that come twice are
   joined, of two entries of one name the last counts, and of two kinds of list as well.
   ============================================================================================================ */

#ifndef BERT_NO_DATA

struct bert_records {
    bert_allocator allocator;
    bert_file file;
    const unsigned char *data;
    size_t size, at;
    int check;
    bert__crc crc;
    char path[256];                     /* for messages: "..." and its end, if longer */
};

BERT_API void bert_records_close(bert_records *records)
{
    bert_allocator a;
    if (!records) return;
    a = records->allocator;
    bert_file_close(&records->file);
    bert__free(&a, records);
}
BERT_API bert_status bert_records_open(const bert_records_desc *desc, bert_records **out)
{
    const bert_records_desc *d = desc;
    bert_allocator a;
    bert_records *r;
    bert_status s;
    size_t n;
    if (!d || !out || (!d->path && !d->data)) return bert__bad_argument(d ? d->error : NULL, "bert_records_open needs a path or data, and a place for the result");
    a = bert__allocator(&d->allocator);
    r = (bert_records *)bert__alloc(&a, sizeof *r);
    if (!r) return bert__fail(d->error, BERT_ERROR_MEMORY, d->path, -1, "out of memory");
    memset(r, 0, sizeof *r);
    r->allocator = a;
    r->check = d->check != BERT_OFF;
    r->data = (const unsigned char *)d->data;
    r->size = d->size;
    if (!d->data) {
        if ((s = bert_file_open(d->path, &a, &r->file, d->error)) != BERT_OK) { bert__free(&a, r); return s; }
        r->data = r->file.data;
        r->size = r->file.size;
    }
    n = d->path ? strlen(d->path) : 0;
    bert__format(r->path, sizeof r->path, "%s%s", n < sizeof r->path ? "" : "...", n < sizeof r->path ? (d->path ? d->path : "records in memory") : d->path + n - (sizeof r->path - 4));
    bert__crc_init(&r->crc, BERT__CRC_CASTAGNOLI);
    *out = r;
    return BERT_OK;
}
BERT_API bert_status bert_records_next(bert_records *records, const void **data, size_t *size, bert_error *error)
{
    bert_records *r = records;
    const unsigned char *p;
    uint64_t length;
    if (!r || !data || !size) return bert__bad_argument(error, "bert_records_next needs records and a place for the data");
    if (r->at == r->size) {
        *data = NULL;
        *size = 0;
        return BERT_OK;
    }
    p = r->data + r->at;
    if (r->size - r->at < 12) return bert__fail(error, BERT_ERROR_FORMAT, r->path, (int64_t)r->at, "the file is cut off in the head of a record: make it anew, or copy it again");
    if (bert__crc_mask(bert__crc_add(&r->crc, 0, p, 8)) != bert__load32(p + 8))
        return bert__fail(error, BERT_ERROR_FORMAT, r->path, (int64_t)r->at, "%s", r->at ? "the checksum of a record's length is wrong: the file is damaged"
                          : p[0] == 0x1F && p[1] == 0x8B ? "this is compressed with gzip: unpack it first" : "this is not a TFRecord file: the checksum of the first length is wrong");
    length = bert__load64(p);
    if (r->size - r->at - 12 < 4 || length > r->size - r->at - 16)
        return bert__fail(error, BERT_ERROR_FORMAT, r->path, (int64_t)r->at, "a record of %llu bytes is cut off by the end of the file: make it anew, or copy it again", (unsigned long long)length);
    if (r->check && bert__crc_mask(bert__crc_add(&r->crc, 0, p + 12, (size_t)length)) != bert__load32(p + 12 + (size_t)length))
        return bert__fail(error, BERT_ERROR_FORMAT, r->path, (int64_t)r->at, "the checksum of a record's data is wrong: the file is damaged");
    r->at += (size_t)length + 16;
    *data = p + 12;
    *size = (size_t)length;
    return BERT_OK;
}
BERT_API size_t bert_records_tell(const bert_records *records) { return records ? records->at : 0; }
BERT_API bert_status bert_records_seek(bert_records *records, size_t place, bert_error *error)
{
    if (!records) return bert__bad_argument(error, "bert_records_seek needs records");
    if (place > records->size) return bert__fail(error, BERT_ERROR_ARGUMENT, records->path, -1, "the place %zu lies behind the end of the file (%zu bytes)", place, records->size);
    records->at = place;
    return BERT_OK;
}

/* ---- examples: reading ---- */

/* Where a feature's values begin in the array of its type, while the arrays may still move. */
typedef struct bert__feature_in { bert_feature feature; size_t begin; } bert__feature_in;
typedef struct bert__example_memory {
    bert_allocator allocator;
    bert__buf in, ints, floats, bytes, order, features;
} bert__example_memory;

/* The next field of a message as bert__proto_next; but groups, which nobody writes any more, are stepped over as protobuf
   does: up to the end of the same number, others nested in between. */
BERT__FN int bert__message_next(bert__proto *m)
{
    uint64_t open[100];
    int depth = 0, got;
    for (;;) {
        got = bert__proto_next(m);
        if (got == 0) return depth ? -1 : 0;
        if (got < 0) {
            if (!m->field || m->field >> 29) return -1;
            if (m->kind == 3 && depth < 100) { open[depth++] = m->field; continue; }
            if (m->kind != 4 || !depth || open[--depth] != m->field) return -1;
        } else if (!depth) return 1;
    }
}
/* One number or many, of a field 1 in a list: packed is kind 2. What has another kind is no value. */
BERT__FN int bert__list_ints(bert__buf *to, const bert__proto *m)
{
    const unsigned char *p = m->bytes, *end;
    uint64_t v;
    if (m->kind == 0) bert__buf_add(to, &m->value, 8);
    if (m->kind != 2) return 1;
    for (end = p + m->size; p < end;) {
        if (!bert__varint(&p, end, &v)) return 0;
        bert__buf_add(to, &v, 8);
    }
    return 1;
}
BERT__FN int bert__list_floats(bert__buf *to, const bert__proto *m)
{
    size_t i;
    uint32_t v = (uint32_t)m->value;
    if (m->kind == 5) bert__buf_add(to, &v, 4);
    if (m->kind != 2) return 1;
    if (m->size % 4) return 0;
    for (i = 0; i < m->size; i += 4) {
        v = bert__load32(m->bytes + i);
        bert__buf_add(to, &v, 4);
    }
    return 1;
}
/* A Feature: more values for f. Returns 0 if it is damaged. */
BERT__FN int bert__feature_read(bert__example_memory *x, bert__feature_in *f, const unsigned char *data, size_t size)
{
    bert__proto m = bert__proto_begin(data, size), list;
    int got;
    while ((got = bert__message_next(&m)) > 0) {
        bert__buf *to;
        size_t width;
        if (m.kind != 2 || m.field > 3) continue;
        to = m.field == 1 ? &x->bytes : m.field == 2 ? &x->floats : &x->ints;
        width = m.field == 1 ? sizeof(bert_bytes) : m.field == 2 ? 4 : 8;
        if (f->feature.type != (bert_feature_type)m.field) {            /* the last kind counts */
            f->feature.type = (bert_feature_type)m.field;
            f->begin = to->size / width;
        }
        list = bert__proto_begin(m.bytes, m.size);
        while ((got = bert__message_next(&list)) > 0) {
            if (list.field != 1) continue;
            if (m.field == 3 && !bert__list_ints(to, &list)) return 0;
            if (m.field == 2 && !bert__list_floats(to, &list)) return 0;
            if (m.field == 1 && list.kind == 2) {
                bert_bytes b;
                b.data = (const char *)list.bytes;
                b.size = list.size;
                bert__buf_add(to, &b, sizeof b);
            }
        }
        if (got < 0) return 0;
        f->feature.count = to->size / width - f->begin;
    }
    return got == 0;
}
/* An entry of the map: a feature of its own, even if the name was there before. */
BERT__FN int bert__entry_read(bert__example_memory *x, const unsigned char *data, size_t size)
{
    bert__proto m = bert__proto_begin(data, size);
    bert__feature_in f;
    int got;
    memset(&f, 0, sizeof f);
    f.feature.name = "";
    while ((got = bert__message_next(&m)) > 0) {
        if (m.kind != 2) continue;
        if (m.field == 1) {
            f.feature.name = m.size ? (const char *)m.bytes : "";        /* a size of 0 means that it is terminated */
            f.feature.name_size = m.size;
        }
        if (m.field == 2 && !bert__feature_read(x, &f, m.bytes, m.size)) return 0;
    }
    if (got < 0 || bert__utf8_check(f.feature.name, f.feature.name_size) != f.feature.name_size) return 0;
    bert__buf_add(&x->in, &f, sizeof f);
    return 1;
}
BERT__FN int bert__compare_names(const char *a, size_t a_size, const char *b, size_t b_size)
{
    const size_t n = a_size < b_size ? a_size : b_size;
    const int c = n ? memcmp(a, b, n) : 0;
    return c ? c : a_size < b_size ? -1 : a_size > b_size;
}
BERT__FN int bert__feature_in_before(const void *user, uint32_t a, uint32_t b)
{
    const bert__feature_in *f = (const bert__feature_in *)user;
    const int c = bert__compare_names(f[a].feature.name, f[a].feature.name_size, f[b].feature.name, f[b].feature.name_size);
    return c ? c < 0 : a < b;
}
BERT_API void bert_example_free(bert_example *example)
{
    bert__example_memory *x = example ? (bert__example_memory *)example->memory : NULL;
    bert_allocator a;
    if (x) {
        a = x->allocator;
        bert__buf_free(&x->in);
        bert__buf_free(&x->ints);
        bert__buf_free(&x->floats);
        bert__buf_free(&x->bytes);
        bert__buf_free(&x->order);
        bert__buf_free(&x->features);
        bert__free(&a, x);
    }
    if (example) memset(example, 0, sizeof *example);
}
/* Sorts what was read, drops what a later entry of the same name replaced, and points at the values. */
BERT__FN bert_status bert__example_finish(bert_example *example, bert__example_memory *x, bert_error *error)
{
    const bert__feature_in *in = (const bert__feature_in *)(const void *)x->in.data;
    const size_t n = x->in.size / sizeof *in;
    uint32_t *order;
    bert_feature *features;
    size_t i, count = 0;
    if (n > UINT32_MAX) return bert__fail(error, BERT_ERROR_UNSUPPORTED, NULL, -1, "an example with %zu features", n);
    x->order.size = x->features.size = 0;
    if (!bert__buf_reserve(&x->order, bert__mul(n, sizeof *order)) || !bert__buf_reserve(&x->features, bert__mul(n, sizeof *features)) || x->in.failed || x->ints.failed || x->floats.failed || x->bytes.failed)
        return bert__fail(error, BERT_ERROR_MEMORY, NULL, -1, "out of memory for an example's features");
    order = (uint32_t *)(void *)x->order.data;
    features = (bert_feature *)(void *)x->features.data;
    bert__sort_order(order, n, bert__feature_in_before, in);
    for (i = 0; i < n; i++) {
        const bert__feature_in *f = in + order[i], *next = i + 1 < n ? in + order[i + 1] : NULL;
        bert_feature *to;
        if (next && bert__compare_names(f->feature.name, f->feature.name_size, next->feature.name, next->feature.name_size) == 0) continue;
        to = features + count++;
        *to = f->feature;
        if (!to->count) continue;                                       /* there may be no array at all */
        if (to->type == BERT_FEATURE_INT64) to->ints = (const int64_t *)(const void *)x->ints.data + f->begin;
        if (to->type == BERT_FEATURE_FLOAT) to->floats = (const float *)(const void *)x->floats.data + f->begin;
        if (to->type == BERT_FEATURE_BYTES) to->bytes = (const bert_bytes *)(const void *)x->bytes.data + f->begin;
    }
    example->features = features;
    example->count = count;
    return BERT_OK;
}
BERT_API bert_status bert_example_parse(bert_example *example, const void *data, size_t size, const bert_allocator *allocator, bert_error *error)
{
    bert__example_memory *x;
    bert__proto m, features;
    int got, inner = 0;
    if (!example || (!data && size)) return bert__bad_argument(error, "bert_example_parse needs data and a place for the example");
    example->features = NULL;
    example->count = 0;
    x = (bert__example_memory *)example->memory;
    if (!x) {
        const bert_allocator a = bert__allocator(allocator);
        x = (bert__example_memory *)bert__alloc(&a, sizeof *x);
        if (!x) return bert__fail(error, BERT_ERROR_MEMORY, NULL, -1, "out of memory for an example");
        x->allocator = a;
        bert__buf_init(&x->in, &a);
        bert__buf_init(&x->ints, &a);
        bert__buf_init(&x->floats, &a);
        bert__buf_init(&x->bytes, &a);
        bert__buf_init(&x->order, &a);
        bert__buf_init(&x->features, &a);
        example->memory = x;
    }
    x->in.size = x->ints.size = x->floats.size = x->bytes.size = 0;
    x->in.failed = x->ints.failed = x->floats.failed = x->bytes.failed = x->order.failed = x->features.failed = 0;
    m = bert__proto_begin((const unsigned char *)(data ? data : ""), size);
    while ((got = bert__message_next(&m)) > 0) {
        if (m.field != 1 || m.kind != 2) continue;
        features = bert__proto_begin(m.bytes, m.size);
        while ((inner = bert__message_next(&features)) > 0)
            if (features.field == 1 && features.kind == 2 && !bert__entry_read(x, features.bytes, features.size)) { inner = -1; break; }
        if (inner < 0) break;
    }
    if (got < 0 || inner < 0) return bert__fail(error, BERT_ERROR_FORMAT, NULL, -1, "a record is no tf.train.Example, or a damaged one");
    return bert__example_finish(example, x, error);
}
BERT_API const bert_feature *bert_example_find(const bert_example *example, const char *name)
{
    size_t low = 0, high = example ? example->count : 0;
    const size_t n = name ? strlen(name) : 0;
    while (name && low < high) {
        const size_t middle = low + (high - low) / 2;
        const bert_feature *f = example->features + middle;
        const int c = bert__compare_names(f->name, f->name_size, name, n);
        if (!c) return f;
        if (c < 0) low = middle + 1; else high = middle;
    }
    return NULL;
}
/* The feature if it is as it must be. */
BERT__FN const bert_feature *bert__example_need(const bert_example *e, const char *name, bert_feature_type type, size_t count, bert_status *status, bert_error *error)
{
    static const char *const types[] = { "nothing", "bytes", "float", "int64" };
    const bert_feature *f;
    *status = BERT_ERROR_ARGUMENT;
    if (!e || !name) { bert__bad_argument(error, "bert_example_ints and _floats need an example and a name"); return NULL; }
    *status = BERT_ERROR_MISMATCH;
    f = bert_example_find(e, name);
    if (!f) bert__fail(error, *status, NULL, -1, "the example has no feature \"%s\"", name);
    else if (f->type != type) bert__fail(error, *status, NULL, -1, "the feature \"%s\" holds %s, not %s", name, types[f->type], types[type]);
    else if (f->count != count) bert__fail(error, *status, NULL, -1, "the feature \"%s\" has %zu values, not %zu: was it made with another length?", name, f->count, count);
    else return f;
    return NULL;
}
BERT_API bert_status bert_example_ints(const bert_example *example, const char *name, int32_t *out, size_t count, bert_error *error)
{
    bert_status s;
    const bert_feature *f = bert__example_need(example, name, BERT_FEATURE_INT64, count, &s, error);
    size_t i;
    if (!f) return s;
    if (!out && count) return bert__bad_argument(error, "bert_example_ints needs a place for the values");
    for (i = 0; i < count; i++)
        if (f->ints[i] < INT32_MIN || f->ints[i] > INT32_MAX) return bert__fail(error, BERT_ERROR_MISMATCH, NULL, -1, "the feature \"%s\" has the value %lld, which is no id", name, (long long)f->ints[i]);
    for (i = 0; i < count; i++) out[i] = (int32_t)f->ints[i];
    return BERT_OK;
}
BERT_API bert_status bert_example_floats(const bert_example *example, const char *name, float *out, size_t count, bert_error *error)
{
    bert_status s;
    const bert_feature *f = bert__example_need(example, name, BERT_FEATURE_FLOAT, count, &s, error);
    if (!f) return s;
    if (!out && count) return bert__bad_argument(error, "bert_example_floats needs a place for the values");
    if (count) memcpy(out, f->floats, count * sizeof *out);
    return BERT_OK;
}

/* ---- writing ---- */

struct bert_record_writer {
    bert_allocator allocator;
    bert__writer file;
    bert_error error;                   /* of the first failure: later calls report it again */
    char *path;
    bert__buf message, order;
    bert__crc crc;
};

BERT_API void bert_record_writer_close(bert_record_writer *writer)
{
    bert_allocator a;
    if (!writer) return;
    a = writer->allocator;
    bert__writer_abort(&writer->file);
    bert__buf_free(&writer->message);
    bert__buf_free(&writer->order);
    bert__free(&a, writer->path);
    bert__free(&a, writer);
}
BERT_API bert_status bert_record_writer_open(const char *path, const bert_allocator *allocator, bert_record_writer **out, bert_error *error)
{
    const bert_allocator a = bert__allocator(allocator);
    bert_record_writer *w;
    bert_status s;
    if (!path || !out) return bert__bad_argument(error, "bert_record_writer_open needs a path and a place for the writer");
    w = (bert_record_writer *)bert__alloc(&a, sizeof *w);
    if (!w) return bert__fail(error, BERT_ERROR_MEMORY, path, -1, "out of memory");
    memset(w, 0, sizeof *w);
    w->allocator = a;
    bert__buf_init(&w->message, &a);
    bert__buf_init(&w->order, &a);
    bert__crc_init(&w->crc, BERT__CRC_CASTAGNOLI);
    w->path = (char *)bert__alloc(&a, strlen(path) + 1);
    if (w->path) memcpy(w->path, path, strlen(path) + 1);
    s = w->path ? bert__writer_open(&w->file, w->path, &w->error) : bert__fail(&w->error, BERT_ERROR_MEMORY, path, -1, "out of memory");
    if (s != BERT_OK) {
        if (error) *error = w->error;
        bert__buf_free(&w->message);
        bert__buf_free(&w->order);
        bert__free(&a, w->path);
        bert__free(&a, w);
        return s;
    }
    *out = w;
    return BERT_OK;
}
/* What the file's writer answered, as the caller's error. */
BERT__FN bert_status bert__record_answer(const bert_record_writer *w, bert_status s, bert_error *error)
{
    if (s != BERT_OK && error && w->error.code) *error = w->error;
    else if (s != BERT_OK) bert__fail(error, s, w->path, -1, "the file was already complete, or given up");
    return s;
}
BERT_API bert_status bert_record_writer_add(bert_record_writer *writer, const void *data, size_t size, bert_error *error)
{
    unsigned char head[12], tail[4];
    if (!writer || (!data && size)) return bert__bad_argument(error, "bert_record_writer_add needs a writer and data");
    bert__store32(head, (uint32_t)((uint64_t)size & 0xFFFFFFFFu));
    bert__store32(head + 4, (uint32_t)((uint64_t)size >> 32));
    bert__store32(head + 8, bert__crc_mask(bert__crc_add(&writer->crc, 0, head, 8)));
    bert__store32(tail, bert__crc_mask(bert__crc_add(&writer->crc, 0, data ? data : "", size)));
    bert__writer_add(&writer->file, head, 12);
    bert__writer_add(&writer->file, data, size);
    return bert__record_answer(writer, bert__writer_add(&writer->file, tail, 4), error);
}

BERT__FN size_t bert__varint_size(uint64_t v)
{
    size_t n = 1;
    for (; v > 127; v >>= 7) n++;
    return n;
}
BERT__FN size_t bert__feature_name(const bert_feature *f) { return f->name_size ? f->name_size : strlen(f->name); }
/* A field of bytes: its key and size come before. */
BERT__FN void bert__put_field(bert__buf *b, unsigned field, size_t size)
{
    unsigned char head[11];
    head[0] = (unsigned char)(field << 3 | 2);
    bert__buf_add(b, head, 1 + bert__varint_put(head + 1, size));
}
BERT__FN size_t bert__field_size(size_t size) { return 1 + bert__varint_size(size) + size; }
/* The bytes of a feature's list: all fields "1". */
BERT__FN size_t bert__list_size(const bert_feature *f)
{
    size_t i, n = 0;
    if (f->type == BERT_FEATURE_BYTES) {
        for (i = 0; i < f->count; i++) n += bert__field_size(f->bytes[i].size);
        return n;
    }
    if (f->type == BERT_FEATURE_FLOAT) n = 4 * f->count;
    else for (i = 0; i < f->count; i++) n += bert__varint_size((uint64_t)f->ints[i]);
    return f->count ? bert__field_size(n) : 0;
}
BERT__FN void bert__put_feature(bert__buf *b, const bert_feature *f)
{
    const size_t list = bert__list_size(f), name = bert__feature_name(f), value = f->type ? bert__field_size(list) : 0;
    size_t i, n = 0;
    unsigned char v[10];
    bert__put_field(b, 1, bert__field_size(name) + bert__field_size(value));
    bert__put_field(b, 1, name);
    bert__buf_add(b, f->name, name);
    bert__put_field(b, 2, value);
    if (!f->type) return;
    bert__put_field(b, (unsigned)f->type, list);
    if (f->type == BERT_FEATURE_BYTES) {
        for (i = 0; i < f->count; i++) {
            bert__put_field(b, 1, f->bytes[i].size);
            bert__buf_add(b, f->bytes[i].data, f->bytes[i].size);
        }
    } else if (f->count && f->type == BERT_FEATURE_FLOAT) {
        bert__put_field(b, 1, 4 * f->count);
        for (i = 0; i < f->count; i++) {
            uint32_t bits;
            memcpy(&bits, f->floats + i, 4);
            bert__store32(v, bits);
            bert__buf_add(b, v, 4);
        }
    } else if (f->count) {
        for (i = 0; i < f->count; i++) n += bert__varint_size((uint64_t)f->ints[i]);
        bert__put_field(b, 1, n);
        for (i = 0; i < f->count; i++) bert__buf_add(b, v, bert__varint_put(v, (uint64_t)f->ints[i]));
    }
}
BERT__FN int bert__feature_before(const void *user, uint32_t a, uint32_t b)
{
    const bert_feature *f = (const bert_feature *)user;
    const int c = bert__compare_names(f[a].name, bert__feature_name(f + a), f[b].name, bert__feature_name(f + b));
    return c ? c < 0 : a < b;
}
/* Appends an example; `order` (may be NULL: as they stand) [count] is the order of the features. */
BERT__FN void bert__put_example(bert__buf *b, const bert_feature *features, size_t count, const uint32_t *order)
{
    size_t i, n = 0;
    for (i = 0; i < count; i++) {
        const bert_feature *f = features + i;
        n += bert__field_size(bert__field_size(bert__feature_name(f)) + bert__field_size(f->type ? bert__field_size(bert__list_size(f)) : 0));
    }
    bert__put_field(b, 1, n);
    for (i = 0; i < count; i++) bert__put_feature(b, features + (order ? order[i] : i));
}
BERT_API bert_status bert_record_writer_add_example(bert_record_writer *writer, const bert_feature *features, size_t count, bert_error *error)
{
    bert_record_writer *w = writer;
    uint32_t *order;
    size_t i;
    if (!w || (!features && count) || count > 1 << 20) return bert__bad_argument(error, "bert_record_writer_add_example needs a writer and features");
    for (i = 0; i < count; i++) {
        const bert_feature *f = features + i;
        if (!f->name || (unsigned)f->type > 3 || (f->count && !(f->type == BERT_FEATURE_BYTES ? (const void *)f->bytes : f->type == BERT_FEATURE_FLOAT ? (const void *)f->floats : (const void *)f->ints)))
            return bert__bad_argument(error, "bert_record_writer_add_example: a feature needs a name, a type and values");
    }
    w->message.size = w->order.size = 0;
    w->message.failed = w->order.failed = 0;
    if (!bert__buf_reserve(&w->order, bert__mul(count, sizeof *order))) return bert__fail(error, BERT_ERROR_MEMORY, w->path, -1, "out of memory for an example");
    order = (uint32_t *)(void *)w->order.data;
    bert__sort_order(order, count, bert__feature_before, features);
    bert__put_example(&w->message, features, count, order);
    if (w->message.failed) return bert__fail(error, BERT_ERROR_MEMORY, w->path, -1, "out of memory for an example");
    return bert_record_writer_add(w, w->message.data, w->message.size, error);
}
BERT_API bert_status bert_record_writer_commit(bert_record_writer *writer, bert_error *error)
{
    if (!writer) return bert__bad_argument(error, "bert_record_writer_commit needs a writer");
    return bert__record_answer(writer, bert__writer_commit(&writer->file), error);
}
#endif /* BERT_NO_DATA */

#if !defined(BERT_NO_DATA) && !defined(BERT_NO_TOKENIZER)
/* ============================================================================================================
   >>python
   Purpose   what the reference scripts take from Python: str.lower(), str.split(), \w and \d of its regular expressions,
             repr() of a float.
   Uses      >>unicode of the tokenizer, and the two tables below, of the same Unicode 14.0 (Python 3.11).
   Promises  the same answers for every code point and every double; bytes that are not UTF-8, and lone surrogates, are
             characters that are neither letters nor spaces, and are copied.

   The tables are runs of code points from U+0080 on: a gap, a length, a gap, ... as ints of seven bits a byte.
   ============================================================================================================ */

/* ---- generated by tools/gen_unicode --words: Unicode 14.0.0, from the Unicode Character Database ---- */
#define BERT__STR_ALNUM 730
static const uint8_t bert__str_alnum[1531] = {
    42,1,7,2,1,1,3,2,1,3,1,23,1,31,1,202,3,4,12,14,5,7,1,1,1,129,1,5,1,2,2,4,1,1,6,1,1,3,1,1,1,20,1,83,1,139,1,8,166,
    1,1,38,2,1,6,41,71,27,4,4,45,43,21,10,4,2,1,99,1,1,15,2,7,15,2,1,16,1,1,30,29,89,11,1,14,43,9,2,4,1,5,22,4,1,9,1,
    3,1,23,25,7,11,5,24,1,6,17,42,58,54,3,1,18,1,7,10,4,10,1,16,4,8,2,2,2,22,1,7,1,1,3,4,3,1,16,1,13,2,1,3,4,12,2,6,2,
    1,8,6,4,2,2,22,1,7,1,2,1,2,1,2,31,4,1,1,7,10,2,3,16,9,1,3,1,22,1,7,1,2,1,5,3,1,18,1,15,2,4,10,9,1,11,8,2,2,2,22,1,
    7,1,2,1,5,3,1,30,2,1,3,4,10,1,7,11,1,1,6,3,3,1,4,3,2,1,1,1,2,3,2,3,3,3,12,22,1,21,13,18,8,1,3,1,23,1,16,3,1,26,3,
    2,1,2,2,4,10,8,7,1,1,4,8,1,3,1,23,1,10,1,5,3,1,31,2,1,2,4,10,1,2,17,9,1,3,1,41,2,1,16,1,5,3,1,10,4,19,1,6,5,18,3,
    24,1,9,1,1,2,7,31,10,17,48,1,2,12,7,9,10,39,2,1,1,1,5,1,24,1,1,1,10,1,2,9,1,2,5,1,1,9,10,2,4,32,1,31,20,12,8,1,36,
    27,5,115,43,20,11,6,6,4,4,3,1,3,2,7,3,4,13,12,1,1,10,6,38,1,1,5,1,2,43,1,205,2,1,4,2,7,1,1,1,4,2,41,1,4,2,33,1,4,
    2,7,1,1,1,4,2,15,1,57,1,4,2,67,14,20,3,16,16,86,2,6,3,236,4,2,17,1,26,5,75,3,11,7,18,13,19,14,18,14,13,1,3,15,52,
    35,1,4,1,3,10,6,10,22,10,6,89,7,5,2,34,1,1,5,70,10,31,39,40,2,5,11,44,4,26,6,11,37,23,9,53,43,10,6,10,13,1,93,47,
    17,8,3,10,41,30,13,56,26,36,28,10,3,49,2,9,7,43,2,3,41,4,1,6,1,2,3,1,5,192,1,64,150,2,2,6,2,38,2,6,2,8,1,1,1,1,1,
    1,1,31,2,53,1,7,1,1,3,3,1,7,3,4,2,6,4,13,5,3,1,7,115,2,2,6,5,11,6,13,101,1,4,1,2,10,1,1,3,5,6,1,1,1,1,1,1,4,1,11,
    2,4,5,5,4,1,1,58,214,5,60,78,22,246,4,30,236,8,229,1,6,4,3,2,9,1,2,38,1,1,5,1,2,56,7,1,16,23,9,7,1,7,1,7,1,7,1,7,
    1,7,1,7,1,7,80,1,213,3,3,25,9,7,5,2,5,4,86,6,3,1,90,1,4,5,43,1,94,3,4,10,32,48,16,32,10,30,8,1,15,32,10,39,15,192,
    2,192,51,64,141,173,1,67,46,2,141,2,3,28,20,47,16,31,2,80,39,9,2,103,2,64,5,2,1,1,1,5,24,16,1,3,1,4,1,23,13,6,10,
    52,14,50,28,10,24,6,3,1,1,2,1,38,10,23,25,29,7,47,28,11,6,5,1,25,1,41,23,3,1,8,4,10,6,23,3,1,3,50,1,1,3,2,2,5,2,1,
    1,1,24,3,2,11,7,3,12,6,2,6,2,6,9,7,1,7,1,43,1,14,6,115,13,10,6,164,87,12,23,4,49,132,66,238,2,2,106,38,7,12,5,5,1,
    1,10,1,13,1,5,1,1,1,2,1,2,1,108,33,235,2,18,64,2,54,40,12,116,5,1,135,1,19,10,7,26,6,26,11,89,3,6,2,6,2,6,2,3,35,
    12,1,26,1,19,1,2,1,15,2,14,34,123,12,45,12,57,17,2,244,1,29,3,49,16,27,4,36,9,30,5,38,10,30,2,36,4,8,1,5,42,158,1,
    2,10,6,36,4,36,4,40,8,52,12,11,1,15,1,7,1,2,1,11,1,15,1,7,1,2,67,183,2,9,22,10,8,24,6,1,42,1,9,69,6,2,1,1,44,1,2,
    3,1,2,23,2,31,2,38,8,9,48,19,1,2,5,33,4,26,70,56,4,20,2,47,15,4,1,3,1,29,10,9,23,31,1,32,32,8,1,28,6,5,16,54,10,
    22,2,27,5,26,23,7,80,73,55,51,13,51,7,42,12,10,166,2,31,1,42,6,2,78,40,8,22,11,4,27,18,46,28,20,23,12,53,26,30,1,
    2,2,1,13,45,32,25,7,10,9,36,15,10,4,1,2,1,8,35,3,1,12,48,14,4,11,11,1,1,4,20,11,18,1,25,84,7,1,1,1,4,1,15,1,10,7,
    47,17,10,11,8,2,2,2,22,1,7,1,2,1,5,3,1,18,1,12,5,158,1,53,18,4,5,10,5,3,30,48,20,2,1,1,8,10,166,1,47,41,4,36,48,
    20,1,11,10,38,43,13,1,7,10,54,27,21,12,4,7,185,1,44,116,83,12,8,2,1,2,8,1,2,1,24,15,1,1,1,14,10,70,8,2,39,16,1,1,
    1,28,1,10,40,7,1,21,1,11,46,19,1,18,73,135,2,9,1,37,17,1,15,29,5,30,112,7,1,2,1,38,21,1,9,10,6,6,1,2,1,32,14,1,7,
    10,182,2,19,189,1,1,15,21,43,154,7,102,111,17,196,1,204,20,97,15,175,8,209,31,199,4,185,67,185,4,7,31,1,10,6,79,1,
    10,6,30,18,48,16,4,12,10,1,7,1,21,5,19,176,5,87,105,75,5,1,66,13,64,2,1,1,28,248,47,8,214,9,42,9,231,69,4,1,7,1,2,
    1,163,2,45,3,17,4,8,140,3,132,18,107,5,13,3,9,7,10,198,44,20,108,25,135,1,85,1,71,1,2,2,1,2,2,2,4,1,12,1,1,1,7,1,
    65,1,4,2,8,1,7,1,28,1,4,1,5,1,1,3,7,1,212,2,2,25,1,25,1,31,1,25,1,31,1,25,1,31,1,25,1,31,1,25,1,8,2,50,128,14,31,
    225,3,45,10,7,2,10,4,1,193,2,30,18,44,4,10,230,9,7,1,4,1,2,1,15,1,197,1,2,9,48,68,7,1,4,10,151,6,59,1,3,1,4,76,45,
    1,15,194,1,4,1,27,1,2,1,1,2,1,1,10,1,4,1,1,1,1,6,1,4,1,1,1,1,1,1,3,1,2,1,1,2,1,1,1,1,1,1,1,1,1,1,2,1,1,2,4,1,7,1,
    4,1,4,1,1,1,10,1,17,5,3,1,5,1,17,196,4,13,227,21,10,134,8,224,205,2,32,185,32,7,222,1,2,130,45,14,177,58,159,24,
    158,4,226,11,203,38
};
#define BERT__STR_DECIMAL 61
static const uint8_t bert__str_decimal[160] = {
    224,11,10,134,1,10,198,1,10,156,3,10,118,10,118,10,118,10,118,10,118,10,118,10,118,10,118,10,118,10,96,10,118,10,
    70,10,150,2,10,70,10,198,14,10,38,10,172,2,10,128,1,10,166,1,10,6,10,182,1,10,86,10,134,1,10,6,10,198,147,2,10,
    166,5,10,38,10,198,1,10,22,10,86,10,150,3,10,150,166,1,10,134,11,10,134,17,10,172,6,10,128,1,10,60,10,144,1,10,
    150,2,10,214,2,10,118,10,246,2,10,102,10,102,10,166,3,10,102,10,246,5,10,246,1,10,70,10,182,153,1,10,86,10,134,1,
    10,244,216,1,50,192,18,10,166,3,10,214,12,10,150,37,10
};
/* ---- end of generated tables ---- */

typedef struct bert__python {
    bert__unicode unicode;
    uint8_t pages[BERT__UNICODE_PAGES * 256];
    uint32_t alnum[BERT__STR_ALNUM][2], decimal[BERT__STR_DECIMAL][2];    /* from, to (exclusive) */
} bert__python;

BERT__FN void bert__str_runs(const uint8_t *p, const uint8_t *end, uint32_t (*out)[2])
{
    uint32_t c = 0x80;
    for (; p < end; out++) {
        c += bert__u_int(&p);
        (*out)[0] = c;
        c += bert__u_int(&p);
        (*out)[1] = c;
    }
}
BERT__FN void bert__str_init(bert__python *py)
{
    bert__unicode_expand(&py->unicode, py->pages, 0);
    bert__str_runs(bert__str_alnum, bert__str_alnum + sizeof bert__str_alnum, py->alnum);
    bert__str_runs(bert__str_decimal, bert__str_decimal + sizeof bert__str_decimal, py->decimal);
}
BERT__FN int bert__str_in(uint32_t (*runs)[2], size_t n, uint32_t c)
{
    size_t low = 0, high = n;
    while (high > low + 1) {
        const size_t middle = (low + high) / 2;
        if (runs[middle][0] <= c) low = middle; else high = middle;
    }
    return c >= runs[low][0] && c < runs[low][1];
}
/* \w and \d of a str pattern. */
BERT__FN int bert__str_word(bert__python *py, uint32_t c)
{
    if (c < 128) return bert__is_digit((char)c) || (c | 32) - 'a' < 26 || c == '_';
    return bert__str_in(py->alnum, BERT__STR_ALNUM, c);
}
BERT__FN int bert__str_digit(bert__python *py, uint32_t c)
{
    return c < 128 ? bert__is_digit((char)c) : bert__str_in(py->decimal, BERT__STR_DECIMAL, c);
}

/* One character of a Python string: its bytes. What is not UTF-8 is U+FFFF byte by byte, a lone surrogate too, as a whole. */
BERT__FN size_t bert__str_get(const char *text, size_t size, uint32_t *c)
{
    const unsigned char *s = (const unsigned char *)text;
    const int n = bert__utf8_get(s, size, c);
    if (n > 0) return (size_t)n;
    *c = 0xFFFF;
    return size >= 3 && s[0] == 0xED && (s[1] & 0xC0) == 0x80 && (s[2] & 0xC0) == 0x80 ? 3 : 1;
}
/* The character that ends at byte `at`; U+FFFF at the start of the text, too. */
BERT__FN uint32_t bert__str_before(const char *text, size_t at)
{
    uint32_t c;
    return bert__utf8_before(text, 0, at, &c) ? c : 0xFFFF;
}
BERT__FN uint32_t bert__str_at(const char *text, size_t at, size_t size)
{
    uint32_t c = 0xFFFF;
    if (at < size) bert__str_get(text + at, size - at, &c);
    return c;
}
/* len() */
BERT__FN size_t bert__str_length(const char *text, size_t size)
{
    size_t n = 0, at;
    uint32_t c;
    for (at = 0; at < size; n++) at += bert__str_get(text + at, size - at, &c);
    return n;
}

/* 1 cased, 0 not, -1 case-ignorable: what str.lower() asks of the neighbours of a capital sigma. */
BERT__FN int bert__str_cased(const bert__python *py, uint32_t c)
{
    const uint32_t facts = py->pages[(size_t)py->unicode.index[c >> 8] * 256 + (c & 255)];
    if ((facts & BERT__U_CLASS) == BERT__U_DROP) return c < 0xA0 || c == 0xFFFD ? 0 : -1;      /* Cc; Cf */
    return facts & BERT__U_IGNORABLE ? -1 : (facts & BERT__U_CASED) != 0;
}
BERT__NOINLINE int bert__str_final_sigma(const bert__python *py, const char *text, size_t at, size_t size)
{
    size_t i = at, n;
    uint32_t c;
    int cased = -1;
    while (i && cased < 0) {
        n = bert__utf8_before(text, 0, i, &c);
        cased = n ? bert__str_cased(py, c) : 0;
        i -= n;
    }
    if (cased <= 0) return 0;
    for (i = at + 2, cased = -1; i < size && cased < 0; i += n) {
        n = bert__str_get(text + i, size - i, &c);
        cased = bert__str_cased(py, c);
    }
    return cased <= 0;
}
/* str.lower(), appended. */
BERT__FN void bert__str_lower(const bert__python *py, const char *text, size_t size, bert__buf *out)
{
    size_t i = 0, n;
    if (!bert__buf_reserve(out, size)) return;
    while (i < size) {
        uint32_t c, low[2];
        char bytes[8];
        int count, k = 0;
        if ((unsigned char)text[i] < 128) {
            const char b = text[i++];
            bytes[0] = (char)(b >= 'A' && b <= 'Z' ? b + 32 : b);
            bert__buf_add(out, bytes, 1);
            continue;
        }
        n = bert__str_get(text + i, size - i, &c);
        if (c == 0xFFFF) bert__buf_add(out, text + i, n);
        else {
            if (c == 0x3A3) { low[0] = bert__str_final_sigma(py, text, i, size) ? 0x3C2 : 0x3C3; count = 1; }
            else count = bert__unicode_lower(c, 0, low);
            k = bert__utf8_put(bytes, low[0]);
            if (count == 2) k += bert__utf8_put(bytes + k, low[1]);
            bert__buf_add(out, bytes, (size_t)k);
        }
        i += n;
    }
}
/* The next piece of str.split() from *at on; 0 at the end. */
BERT__FN int bert__str_split(const char *text, size_t size, size_t *at, const char **piece, size_t *length)
{
    size_t i = *at, n, from;
    uint32_t c;
    for (; i < size; i += n) {
        n = bert__str_get(text + i, size - i, &c);
        if (!bert__is_python_space(c)) break;
    }
    for (from = i; i < size; i += n) {
        n = bert__str_get(text + i, size - i, &c);
        if (bert__is_python_space(c)) break;
    }
    *at = i;
    *piece = text + from;
    *length = i - from;
    return i > from;
}
/* " ".join(text.split()), appended. */
BERT__FN void bert__str_join(const char *text, size_t size, bert__buf *out)
{
    size_t at = 0, n, first = out->size;
    const char *p;
    while (bert__str_split(text, size, &at, &p, &n)) {
        if (out->size > first) bert__buf_add(out, " ", 1);
        bert__buf_add(out, p, n);
    }
}
/* The first place of `what` in text, SIZE_MAX if there is none: str.find, in bytes. */
BERT__FN size_t bert__find_bytes(const char *text, size_t size, const char *what, size_t n)
{
    size_t at = 0;
    if (!n) return 0;
    while (size - at >= n) {
        const char *p = (const char *)memchr(text + at, what[0], size - at - n + 1);
        if (!p) break;
        at = (size_t)(p - text);
        if (memcmp(p, what, n) == 0) return at;
        at++;
    }
    return SIZE_MAX;
}

BERT__FN void bert__big_add(bert__big *a, const bert__big *b)
{
    uint64_t carry = 0;
    int i;
    for (i = 0; i < b->n || carry; i++) {
        carry += (uint64_t)(i < a->n ? a->limb[i] : 0) + (i < b->n ? b->limb[i] : 0);
        a->limb[i] = (uint32_t)carry;
        carry >>= 32;
        if (i >= a->n) a->n = i + 1;
    }
}
/* -1, 0, 1: a + b against c. */
BERT__FN int bert__big_compare_sum(const bert__big *a, const bert__big *b, const bert__big *c)
{
    bert__big sum = *a;
    bert__big_add(&sum, b);
    return bert__big_compare(&sum, c);
}
/* The digits of the shortest decimal number that is read back as the same double, the nearest of these (Steele and White's
   free-format algorithm); v is finite and positive. Returns how many; the number is 0.digits * 10^*exponent. */
BERT__NOINLINE int bert__shortest(double v, char digits[24], int *exponent)
{
    uint64_t bits, f;
    int e, k, i, n = 0, even, boundary, low = 0, high = 0;
    bert__big r, s, up, down;           /* v = r / s; half the gaps to the neighbours are up / s and down / s */
    memcpy(&bits, &v, 8);
    e = (int)(bits >> 52 & 2047);
    f = bits & (((uint64_t)1 << 52) - 1);
    boundary = f == 0 && e > 1;                                         /* a power of two: the gap below is half of that above */
    if (e) f |= (uint64_t)1 << 52; else e = 1;
    e -= 1075;
    even = !(f & 1);                                                    /* then half-way numbers are read as this one */
    memset(&r, 0, sizeof r);
    s = up = down = r;
    r.limb[0] = (uint32_t)f;
    r.limb[1] = (uint32_t)(f >> 32);
    r.n = r.limb[1] ? 2 : 1;
    s.limb[0] = up.limb[0] = down.limb[0] = 1;
    s.n = up.n = down.n = 1;
    bert__big_shift(&r, 1 + boundary + (e > 0 ? e : 0));
    bert__big_shift(&s, 1 + boundary + (e < 0 ? -e : 0));
    bert__big_shift(&up, boundary + (e > 0 ? e : 0));
    bert__big_shift(&down, e > 0 ? e : 0);
    for (i = 0; f >> i; i++) {}
    k = (int)ceil((double)(e + i - 1) * 0.30102999566398119521 - 1e-9);     /* the exponent, or one too low */
    for (i = 0; i < k; i++) bert__big_muladd(&s, 10, 0);
    for (i = 0; i > k; i--) { bert__big_muladd(&r, 10, 0); bert__big_muladd(&up, 10, 0); bert__big_muladd(&down, 10, 0); }
    if (bert__big_compare_sum(&r, &up, &s) >= !even) { bert__big_muladd(&s, 10, 0); k++; }
    do {
        int digit = 0;
        bert__big_muladd(&r, 10, 0);
        bert__big_muladd(&up, 10, 0);
        bert__big_muladd(&down, 10, 0);
        while (bert__big_compare(&r, &s) >= 0) { bert__big_subtract(&r, &s); digit++; }
        low = bert__big_compare(&r, &down) <= -!even;                   /* the digits so far will do, */
        high = bert__big_compare_sum(&r, &up, &s) >= !even;             /* or these with one more at the end */
        if (low && high) {
            const int half = bert__big_compare_sum(&r, &r, &s);
            digit += half > 0 || (half == 0 && (digit & 1));
        } else digit += high;
        digits[n++] = (char)('0' + digit);
    } while (!low && !high);
    *exponent = k;
    return n;
}
/* repr(v), as json.dumps writes it; returns the length, at most 24. */
BERT__FN size_t bert__str_repr(double v, char out[32])
{
    char digits[24];
    uint64_t bits;
    int n, e, i;
    size_t at = 0;
    memcpy(&bits, &v, 8);
    if (bits >> 63 && ((bits >> 52 & 2047) != 2047 || !(bits << 12))) out[at++] = '-';
    bits &= ~((uint64_t)1 << 63);
    if (bits >> 52 == 2047) { memcpy(out + at, bits << 12 ? "NaN" : "Infinity", bits << 12 ? 3 : 8); return at + (bits << 12 ? 3 : 8); }
    if (!bits) { memcpy(out + at, "0.0", 3); return at + 3; }
    memcpy(&v, &bits, 8);
    n = bert__shortest(v, digits, &e);
    if (e > -4 && e <= 16) {                                            /* plain: 0.0001 to 9999999999999998.0 */
        if (e <= 0) {
            out[at++] = '0';
            out[at++] = '.';
            for (i = e; i < 0; i++) out[at++] = '0';
        }
        for (i = 0; i < n || i <= e; i++) {
            if (i == e && e > 0) out[at++] = '.';
            out[at++] = i < n ? digits[i] : '0';
        }
        return at;
    }
    out[at++] = digits[0];
    if (n > 1) out[at++] = '.';
    for (i = 1; i < n; i++) out[at++] = digits[i];
    e--;
    return at + bert__format(out + at, 8, "e%s%s%d", e < 0 ? "-" : "+", e > -10 && e < 10 ? "0" : "", e < 0 ? -e : e);
}

/* ============================================================================================================
   >>squad
   Purpose   reading comprehension: json to questions, questions to features, logits to answers.
   Uses      >>python, the tokenizer, json and files of the base.
   Promises  features, texts and numbers as run_squad.py has them. Linear in the text, but for windows that overlap. Only the
             passage at hand is tokenized; the json stays in memory.
   ============================================================================================================ */

/* ---- json to questions ---- */

struct bert_squad {
    bert__arena arena;                  /* words */
    bert_json_doc doc;
    bert__buf questions, skipped;       /* bert_squad_question */
    int32_t training, characters;
};

/* What walks over a file: paragraph by paragraph, in either layout. */
typedef struct bert__squad_reader {
    const char *path, *text;
    size_t size;
    bert_error *error;
    bert_status status;
    int own;                            /* CMRC's own layout: a list of paragraphs, other names */
    const bert_json *article, *paragraph;   /* the next ones */
} bert__squad_reader;

/* Fails at a value, by line and column. */
BERT__PRINTF(3, 4) BERT__NOINLINE bert_status bert__squad_fail(bert__squad_reader *r, const bert_json *at, const char *format, ...)
{
    char what[400];
    int64_t line = 1, column = 1;
    size_t i;
    va_list args;
    va_start(args, format);
    bert__vformat(what, sizeof what, format, args);
    va_end(args);
    for (i = 0; at && i < at->offset && i < r->size; i++) { column++; if (r->text[i] == '\n') { line++; column = 1; } }
    r->status = at ? bert__fail(r->error, BERT_ERROR_FORMAT, r->path, (int64_t)at->offset, "line %lld, column %lld: %s", (long long)line, (long long)column, what)
                   : bert__fail(r->error, BERT_ERROR_FORMAT, r->path, -1, "%s", what);
    return r->status;
}
BERT__FN const char *bert__json_kind(char type)
{
    return type == 'o' ? "an object" : type == 'a' ? "a list" : type == 's' ? "a string" : type == 'd' ? "a number" : type == 'n' ? "null" : "true or false";
}
/* A member that must be there and of this type; NULL after a failure. */
BERT__FN const bert_json *bert__squad_member(bert__squad_reader *r, const bert_json *object, const char *key, char type)
{
    const bert_json *v = bert_json_get(object, key);
    if (r->status != BERT_OK) return NULL;
    if (object->type != 'o') bert__squad_fail(r, object, "an object with \"%s\" is expected here, not %s", key, bert__json_kind(object->type));
    else if (!v) bert__squad_fail(r, object, "this object has no \"%s\"", key);
    else if (v->type != type) bert__squad_fail(r, v, "\"%s\" must be %s, not %s", key, bert__json_kind(type), bert__json_kind(v->type));
    return r->status == BERT_OK ? v : NULL;
}
/* A text that must be Unicode. */
BERT__FN bert_slice bert__squad_text(bert__squad_reader *r, const bert_json *v)
{
    bert_slice s = { NULL, 0 };
    size_t bad;
    if (!v || r->status != BERT_OK) return s;
    bad = bert__utf8_check(v->text, v->size);
    if (bad < v->size)
        bert__squad_fail(r, v, "byte %zu of this string is no Unicode text: %s", bad, (unsigned char)v->text[bad] == 0xED ? "half of a surrogate pair (\\uD800 to \\uDFFF)" : "not UTF-8");
    s.text = v->text;
    s.size = v->size;
    return s;
}
/* Names differ between the layouts. */
BERT__FN const bert_json *bert__squad_named(bert__squad_reader *r, const bert_json *object, const char *squad, const char *own, char type)
{
    return bert__squad_member(r, object, r->own ? own : squad, type);
}
BERT__FN bert_slice bert__squad_id(bert__squad_reader *r, const bert_json *qa)
{
    const char *key = r->own ? "query_id" : "id";
    const bert_json *v = bert_json_get(qa, key);
    return bert__squad_text(r, v && v->type == 'd' ? v : bert__squad_member(r, qa, key, 's'));     /* a number, as it is written */
}
BERT__FN bert_status bert__squad_read(bert__squad_reader *r, const char *path, const void *data, size_t size, const bert_allocator *a, bert_error *error, bert_file *file, bert_json_doc *doc, const char *what)
{
    memset(r, 0, sizeof *r);
    memset(file, 0, sizeof *file);
    memset(doc, 0, sizeof *doc);
    r->path = path;
    r->error = error;
    if (!path == !data) return r->status = bert__fail(error, BERT_ERROR_ARGUMENT, NULL, -1, "give the %s either as path or as data and size", what);
    if (path && (r->status = bert_file_open(path, a, file, error)) != BERT_OK) return r->status;
    r->text = path ? (const char *)file->data : (const char *)data;
    r->size = path ? file->size : size;
    return r->status = bert__json_read(path, r->text, r->size, a, doc, error);
}
BERT__FN bert_status bert__squad_begin(bert__squad_reader *r, const bert_json *root)
{
    r->own = root->type == 'a';
    if (r->own) { r->paragraph = root->first; return BERT_OK; }
    if (root->type != 'o' || !bert_json_get(root, "data"))
        return bert__squad_fail(r, root, "this is no file of questions: neither an object with \"data\" (SQuAD) nor a list of passages (CMRC)");
    r->article = bert__first(bert__squad_member(r, root, "data", 'a'));
    return r->status;
}
BERT__FN const bert_json *bert__squad_paragraph(bert__squad_reader *r)
{
    const bert_json *p;
    while (!r->paragraph && r->article && r->status == BERT_OK) {
        r->paragraph = bert__first(bert__squad_member(r, r->article, "paragraphs", 'a'));
        r->article = r->article->next;
    }
    if (r->status != BERT_OK || (p = r->paragraph) == NULL) return NULL;
    r->paragraph = p->next;
    return p;
}

/* The words of a passage, each character's word for those who ask. */
typedef struct bert__squad_words {
    bert__buf words, of;                /* bert_slice; int32_t for each character */
    const bert__basic *basic;           /* or NULL: split at blanks */
    bert_slice context;
    int32_t more, want;
} bert__squad_words;

BERT__FN int bert__squad_add_word(void *user, const bert_word *word)
{
    bert__squad_words *w = (bert__squad_words *)user;
    bert_slice s;
    s.text = w->context.text + word->begin;
    s.size = word->end - word->begin;
    if (w->more && w->words.size) {                                     /* a long word comes in parts */
        bert_slice *last = (bert_slice *)(void *)(w->words.data + w->words.size) - 1;
        last->size = (size_t)(w->context.text + word->end - last->text);
    } else bert__buf_add(&w->words, &s, sizeof s);
    w->more = word->more;
    return w->words.failed;
}
/* Google's five blanks: U+00A0, U+3000 and others stay in their word. */
BERT__FN int bert__squad_blank(uint32_t c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == 0x202F; }

BERT__FN void bert__squad_split(bert__squad_words *w)
{
    const char *text = w->context.text;
    const size_t size = w->context.size;
    size_t i, n, k = 0;
    uint32_t c;
    int inside = 0;
    int32_t word = -1;
    w->words.size = w->of.size = 0;
    w->more = 0;
    if (w->basic) {
        bert__basic_words(w->basic, text, 0, size, bert__squad_add_word, w);
        if (!w->want || w->words.failed) return;
        for (i = 0; i < size; i += n) {                                 /* what is between words belongs to the one before */
            const bert_slice *next = (const bert_slice *)(const void *)w->words.data + k;
            n = bert__str_get(text + i, size - i, &c);
            if (k < w->words.size / sizeof *next && text + i >= next->text) { word = (int32_t)k; k++; }
            bert__buf_add(&w->of, &word, sizeof word);
        }
        return;
    }
    for (i = 0; i < size; i += n) {
        n = bert__str_get(text + i, size - i, &c);
        if (bert__squad_blank(c)) inside = 0;
        else if (inside) ((bert_slice *)(void *)(w->words.data + w->words.size))[-1].size += n;
        else {
            bert_slice s;
            s.text = text + i;
            s.size = n;
            bert__buf_add(&w->words, &s, sizeof s);
            if (w->words.failed) return;
            inside = 1;
            word++;
        }
        if (w->want) bert__buf_add(&w->of, &word, sizeof word);
    }
}

/* The answer of a training set: its words, or 0 where it cannot be found there. Indices count from the end where they are negative, as
   Python's do. */
BERT__FN int bert__squad_find(bert__squad_reader *r, const bert__squad_words *w, const bert_json *answer, bert_squad_question *q, bert__buf *joined)
{
    const bert_json *place = r->own ? NULL : bert_json_get(answer, "answer_start");
    const int32_t *of = (const int32_t *)(const void *)w->of.data;
    const int64_t chars = (int64_t)(w->of.size / sizeof *of);
    int64_t at, last, i;
    size_t split, clean;
    if (place) {
        if (!bert_json_int(place, &at)) { bert__squad_fail(r, place, "\"answer_start\" must be a whole number"); return 0; }
    } else {                                                            /* CMRC says only what, not where */
        const size_t found = bert__find_bytes(q->context.text, q->context.size, q->answer.text, q->answer.size);
        if (found == SIZE_MAX) return 0;
        at = (int64_t)bert__str_length(q->context.text, found);
    }
    if (at >= chars || at < -chars) {
        bert__squad_fail(r, place ? place : answer, "the answer begins at character %lld of a passage of %lld characters", (long long)at, (long long)chars);
        return 0;
    }
    last = at + (int64_t)bert__str_length(q->answer.text, q->answer.size) - 1;
    if (last >= chars || last < -chars) {
        bert__squad_fail(r, place ? place : answer, "the answer ends at character %lld of a passage of %lld characters", (long long)last, (long long)chars);
        return 0;
    }
    q->start = of[at < 0 ? at + chars : at];
    q->end = of[last < 0 ? last + chars : last];
    if (q->start < 0 || q->end < 0) return 0;                           /* blanks before the first word */
    joined->size = 0;
    for (i = q->start; i <= q->end; i++) {
        if (i > q->start && !w->basic) bert__buf_add(joined, " ", 1);
        bert__buf_add(joined, q->words[i].text, q->words[i].size);
    }
    split = joined->size;
    if (!w->basic) bert__str_join(q->answer.text, q->answer.size, joined);
    else {
        const char *piece;
        size_t from = 0, n;
        while (bert__str_split(q->answer.text, q->answer.size, &from, &piece, &n)) bert__buf_add(joined, piece, n);
    }
    clean = joined->size - split;
    return joined->failed || !clean || bert__find_bytes(joined->data, split, joined->data + split, clean) != SIZE_MAX;
}
BERT__FN void bert__squad_question_of(bert_squad *s, bert__squad_reader *r, const bert_squad_desc *d, const bert_json *qa, const bert__squad_words *w, bert_squad_question *q, bert__buf *joined)
{
    const bert_json *answers, *answer, *impossible;
    q->id = bert__squad_id(r, qa);
    q->question = bert__squad_text(r, bert__squad_named(r, qa, "question", "query_text", 's'));
    q->answer.text = NULL;
    q->answer.size = 0;
    q->start = q->end = -1;
    q->impossible = 0;
    if (r->status != BERT_OK) return;
    if (s->training) {
        impossible = bert_json_get(qa, "is_impossible");
        if (d->version_2 && impossible) {
            if (impossible->type != 't' && impossible->type != 'f') { bert__squad_fail(r, impossible, "\"is_impossible\" must be true or false"); return; }
            q->impossible = impossible->type == 't';
        }
        if (q->impossible) q->answer.text = "";
        else {
            answers = bert__squad_member(r, qa, "answers", 'a');
            answer = bert__first(answers);
            if (!answers) return;
            if (!answer) {
                bert__squad_fail(r, answers, "question %.*s has no answer; %s", (int)(q->id.size < 60 ? q->id.size : 60), q->id.text,
                                 d->version_2 ? "in a training set each needs one, or \"is_impossible\"" : "where some questions have none, ask for version 2 (--version_2_with_negative)");
                return;
            }
            q->answer = bert__squad_text(r, answer->type == 's' ? answer : bert__squad_member(r, answer, "text", 's'));
            if (r->status != BERT_OK) return;
            if (!bert__squad_find(r, w, answer, q, joined)) {
                q->start = q->end = -1;
                if (r->status == BERT_OK) bert__buf_add(&s->skipped, q, sizeof *q);
                return;
            }
        }
    }
    bert__buf_add(&s->questions, q, sizeof *q);
}
BERT__FN void bert__squad_fill(bert_squad *s, bert__squad_reader *r, const bert_squad_desc *d, bert__squad_words *w, bert__buf *joined)
{
    const bert_json *p, *qa;
    bert_squad_question q;
    memset(&q, 0, sizeof q);
    while ((p = bert__squad_paragraph(r)) != NULL) {
        bert_slice *words;
        w->context = bert__squad_text(r, bert__squad_named(r, p, "context", "context_text", 's'));
        qa = bert__first(bert__squad_member(r, p, "qas", 'a'));
        if (r->status != BERT_OK) return;
        if (w->context.size > INT32_MAX / 2) { bert__squad_fail(r, p, "a passage of more than a thousand million bytes"); return; }
        w->want = s->training;
        bert__squad_split(w);
        words = (bert_slice *)bert__arena_get_aligned(&s->arena, w->words.size ? w->words.size : 1, sizeof(void *));
        if (w->words.failed || w->of.failed || !words) { r->status = BERT_ERROR_MEMORY; return; }
        if (w->words.size) memcpy(words, w->words.data, w->words.size);
        q.context = w->context;
        q.words = words;
        q.word_count = (int64_t)(w->words.size / sizeof *words);
        for (; qa && r->status == BERT_OK; qa = qa->next) bert__squad_question_of(s, r, d, qa, w, &q, joined);
        if (joined->failed || s->questions.failed || s->skipped.failed) r->status = BERT_ERROR_MEMORY;
    }
}

BERT_API void bert_squad_close(bert_squad *squad)
{
    bert__arena arena;
    if (!squad) return;
    bert_json_free(&squad->doc);
    bert__buf_free(&squad->questions);
    bert__buf_free(&squad->skipped);
    arena = squad->arena;                                               /* it holds the squad itself */
    bert__arena_free(&arena);
}
BERT_API bert_status bert_squad_open(const bert_squad_desc *desc, bert_squad **out)
{
    bert__squad_reader r;
    bert__squad_words w;
    bert__arena arena;
    bert__buf joined;
    bert__basic *basic = NULL;
    bert_squad *s;
    bert_file file;
    bert_status st;
    if (!desc || !out) return bert__bad_argument(desc ? desc->error : NULL, "bert_squad_open needs a desc and a place for the result");
    bert__arena_init(&arena, &desc->allocator, (size_t)1 << 16);
    s = (bert_squad *)bert__arena_get(&arena, sizeof *s);
    if (!s) return bert__fail(desc->error, BERT_ERROR_MEMORY, desc->path, -1, "out of memory");
    memset(s, 0, sizeof *s);
    s->training = desc->training;
    bert__buf_init(&s->questions, &desc->allocator);
    bert__buf_init(&s->skipped, &desc->allocator);
    memset(&w, 0, sizeof w);
    bert__buf_init(&w.words, &desc->allocator);
    bert__buf_init(&w.of, &desc->allocator);
    bert__buf_init(&joined, &desc->allocator);
    s->arena = arena;
    st = bert__squad_read(&r, desc->path, desc->data, desc->size, &desc->allocator, desc->error, &file, &s->doc, "questions");
    if (st == BERT_OK && (st = bert__squad_begin(&r, s->doc.root)) == BERT_OK) {
        s->characters = desc->characters == BERT_ON || (desc->characters == BERT_DEFAULT && r.own);
        if (s->characters && (basic = (bert__basic *)bert__alloc(&arena.allocator, sizeof *basic)) == NULL) r.status = BERT_ERROR_MEMORY;
        if (basic) bert__basic_init(basic, 0, 0, 0, 1, 1, 1);
        w.basic = basic;
        if (r.status == BERT_OK) bert__squad_fill(s, &r, desc, &w, &joined);
        st = r.status;
        if (st == BERT_ERROR_MEMORY) bert__fail(desc->error, st, desc->path, -1, "out of memory for the questions");
    }
    bert__free(&arena.allocator, basic);
    bert__buf_free(&w.words);
    bert__buf_free(&w.of);
    bert__buf_free(&joined);
    bert_file_close(&file);
    if (st != BERT_OK) { bert_squad_close(s); return st; }
    *out = s;
    return BERT_OK;
}
BERT__FN const bert_squad_question *bert__squad_at(const bert__buf *b, int64_t index)
{
    return index >= 0 && (uint64_t)index < b->size / sizeof(bert_squad_question) ? (const bert_squad_question *)(const void *)b->data + index : NULL;
}
BERT_API int64_t bert_squad_count(const bert_squad *squad) { return squad ? (int64_t)(squad->questions.size / sizeof(bert_squad_question)) : 0; }
BERT_API const bert_squad_question *bert_squad_get(const bert_squad *squad, int64_t index) { return squad ? bert__squad_at(&squad->questions, index) : NULL; }
BERT_API int64_t bert_squad_skipped_count(const bert_squad *squad) { return squad ? (int64_t)(squad->skipped.size / sizeof(bert_squad_question)) : 0; }
BERT_API const bert_squad_question *bert_squad_skipped(const bert_squad *squad, int64_t index) { return squad ? bert__squad_at(&squad->skipped, index) : NULL; }

/* ---- questions to features ---- */

struct bert_squad_features {
    bert_squad_features_desc d;
    int64_t place, unique_id;           /* the next example, the next feature */
    int64_t window, windows;            /* of the example at hand */
    const bert_squad_question *q;
    int64_t index;                      /* which it is */
    const char *context;                /* whose tokens are there: passages have several questions */
    int64_t count, room;                /* tokens of the passage */
    int32_t *ids, *words, *best;        /* [room] each token, its word, the window where it has most context */
    size_t *begin;                      /* [room] */
    int32_t *query;                     /* [max_query_length] */
    int64_t query_count;
    int64_t start, end;                 /* training: tokens of the passage */
    bert__buf answer;                   /* int32_t: its tokens */
};

BERT__FN void bert__features_free_room(bert_squad_features *f)
{
    bert__free(&f->d.allocator, f->ids);
    bert__free(&f->d.allocator, f->words);
    bert__free(&f->d.allocator, f->best);
    bert__free(&f->d.allocator, f->begin);
    f->ids = f->words = f->best = NULL;
    f->begin = NULL;
    f->room = 0;
    f->context = NULL;
}
BERT__FN bert_status bert__features_room(bert_squad_features *f, size_t room)
{
    if ((uint64_t)f->room >= room && f->ids) return BERT_OK;
    bert__features_free_room(f);
    f->ids = (int32_t *)bert__alloc(&f->d.allocator, bert__mul(room, sizeof(int32_t)));
    f->words = (int32_t *)bert__alloc(&f->d.allocator, bert__mul(room, sizeof(int32_t)));
    f->best = (int32_t *)bert__alloc(&f->d.allocator, bert__mul(room, sizeof(int32_t)));
    f->begin = (size_t *)bert__alloc(&f->d.allocator, bert__mul(room, sizeof(size_t)));
    if (!f->ids || !f->words || !f->best || !f->begin) {
        bert__features_free_room(f);
        return bert__fail(f->d.error, BERT_ERROR_MEMORY, NULL, -1, "out of memory for a passage of %zu tokens", room);
    }
    f->room = (int64_t)room;
    return BERT_OK;
}
BERT__FN bert_status bert__features_failed(const bert_squad_features *f, bert_status st)
{
    return bert__fail(f->d.error, st, NULL, -1, "question %.*s: %s", (int)(f->q->id.size < 60 ? f->q->id.size : 60), f->q->id.text,
                      st == BERT_ERROR_MISMATCH ? "a word is not in the vocabulary, and neither is [UNK]" : bert_status_string(st));
}
/* Tokens and words of the passage. The tokens of the whole are those of its words one by one: the tokenizer splits at their blanks, too. */
BERT__FN bert_status bert__features_passage(bert_squad_features *f)
{
    const bert_squad_question *q = f->q;
    bert_encoding e;
    bert_status st;
    int64_t i, word = 0;
    if (f->context == q->context.text) return BERT_OK;
    if ((st = bert__features_room(f, q->context.size < 65536 ? q->context.size + 1 : 65536)) != BERT_OK) return st;
    for (;;) {
        memset(&e, 0, sizeof e);
        e.ids = f->ids;
        e.begin = f->begin;
        e.capacity = (size_t)f->room;
        f->context = NULL;
        st = bert_tokenizer_encode(f->d.tokenizer, q->context.text, q->context.size, &e);
        if (st != BERT_ERROR_SPACE) break;
        if ((st = bert__features_room(f, e.count)) != BERT_OK) return st;
    }
    if (st != BERT_OK) return bert__features_failed(f, st);
    f->count = (int64_t)e.count;
    for (i = 0; i < f->count; i++) {
        while (word + 1 < q->word_count && (size_t)(q->words[word + 1].text - q->context.text) <= f->begin[i]) word++;
        f->words[i] = (int32_t)word;
    }
    f->context = q->context.text;
    return BERT_OK;
}
/* How many tokens come before a word's. */
BERT__FN int64_t bert__features_first(const bert_squad_features *f, int64_t word)
{
    int64_t low = 0, high = f->count;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (f->words[middle] < word) low = middle + 1; else high = middle;
    }
    return low;
}
/* The answer as tokens: its words, or the part of them that is exactly the answer's tokens (_improve_answer_span). */
BERT__FN bert_status bert__features_answer(bert_squad_features *f)
{
    const bert_squad_question *q = f->q;
    bert_encoding e;
    bert_status st;
    int64_t i, n;
    f->start = bert__features_first(f, q->start);
    f->end = q->end < q->word_count - 1 ? bert__features_first(f, q->end + 1) - 1 : f->count - 1;
    f->answer.size = 0;
    if (!bert__buf_reserve(&f->answer, bert__mul(q->answer.size + 1, sizeof(int32_t)))) {
        f->answer.failed = 0;
        return bert__features_failed(f, BERT_ERROR_MEMORY);
    }
    memset(&e, 0, sizeof e);
    e.ids = (int32_t *)(void *)f->answer.data;
    e.capacity = q->answer.size + 1;
    if ((st = bert_tokenizer_encode(f->d.tokenizer, q->answer.text, q->answer.size, &e)) != BERT_OK) return bert__features_failed(f, st);
    n = (int64_t)e.count;
    for (i = f->start; n && i + n - 1 <= f->end; i++)
        if (memcmp(f->ids + i, e.ids, e.count * sizeof *e.ids) == 0) {
            f->start = i;
            f->end = i + n - 1;
            break;
        }
    return BERT_OK;
}
/* Takes the next example that has windows; f->q is NULL when there is none. */
BERT__FN bert_status bert__features_example(bert_squad_features *f)
{
    const int64_t all = f->d.order ? f->d.order_count : bert_squad_count(f->d.squad);
    bert_encoding e;
    bert_status st;
    int64_t room, step, p, k;
    f->windows = f->window = 0;
    for (f->q = NULL; f->place < all; f->place++) {
        f->index = f->d.order ? f->d.order[f->place] : f->place;
        f->q = bert_squad_get(f->d.squad, f->index);
        if (!f->q) return bert__fail(f->d.error, BERT_ERROR_ARGUMENT, NULL, -1, "order[%lld] is %lld: there are %lld questions", (long long)f->place, (long long)f->index, (long long)bert_squad_count(f->d.squad));
        if (!f->q->word_count) { f->q = NULL; continue; }
        memset(&e, 0, sizeof e);
        e.ids = f->query;
        e.capacity = (size_t)f->d.max_query_length;
        st = bert_tokenizer_encode(f->d.tokenizer, f->q->question.text, f->q->question.size, &e);
        if (st != BERT_OK && st != BERT_ERROR_SPACE) return bert__features_failed(f, st);
        f->query_count = st == BERT_OK ? (int64_t)e.count : f->d.max_query_length;
        if ((st = bert__features_passage(f)) != BERT_OK) return st;
        if (!f->count) { f->q = NULL; continue; }
        if (f->d.squad->training && !f->q->impossible && (st = bert__features_answer(f)) != BERT_OK) return st;
        room = f->d.max_seq_length - f->query_count - 3;
        step = f->d.doc_stride < room ? f->d.doc_stride : room;
        f->windows = f->count <= room ? 1 : (f->count - room + step - 1) / step + 1;
        for (p = 0; p < f->count; p++) {                                /* of the windows with this token, the one where it stands best */
            double best = -1;
            for (k = p < room ? 0 : (p - room + step) / step; k < f->windows && k * step <= p; k++) {
                const int64_t length = f->count - k * step < room ? f->count - k * step : room;
                const int64_t left = p - k * step, right = k * step + length - 1 - p;
                const double score = (double)(left < right ? left : right) + 0.01 * (double)length;
                if (score > best) { best = score; f->best[p] = (int32_t)k; }
            }
        }
        return BERT_OK;
    }
    return BERT_OK;
}

BERT_API bert_status bert_squad_features_open(const bert_squad_features_desc *desc, bert_squad_features **out)
{
    bert_squad_features *f;
    bert_squad_features_desc d;
    bert_status st;
    if (!desc || !out || !desc->squad || !desc->tokenizer) return bert__bad_argument(desc ? desc->error : NULL, "bert_squad_features_open needs questions, a tokenizer and a place for the result");
    d = *desc;
    d.allocator = bert__allocator(&desc->allocator);
    if (!d.max_seq_length) d.max_seq_length = 384;
    if (!d.doc_stride) d.doc_stride = 128;
    if (!d.max_query_length) d.max_query_length = 64;
    if (d.max_query_length < 1 || d.doc_stride < 1 || d.max_seq_length > INT32_MAX || d.max_seq_length <= d.max_query_length + 3 || d.order_count < 0)
        return bert__fail(d.error, BERT_ERROR_ARGUMENT, NULL, -1, "max_seq_length (%lld) must be more than max_query_length (%lld) and 3, and doc_stride (%lld) at least 1",
                          (long long)d.max_seq_length, (long long)d.max_query_length, (long long)d.doc_stride);
    if ((st = bert__need_specials(d.tokenizer, d.error)) != BERT_OK) return st;
    f = (bert_squad_features *)bert__alloc(&d.allocator, sizeof *f);
    if (f) {
        memset(f, 0, sizeof *f);
        f->query = (int32_t *)bert__alloc(&d.allocator, (size_t)d.max_query_length * sizeof *f->query);
    }
    if (!f || !f->query) {
        bert__free(&d.allocator, f);
        return bert__fail(d.error, BERT_ERROR_MEMORY, NULL, -1, "out of memory");
    }
    f->d = d;
    f->unique_id = 1000000000;
    f->place = -1;
    bert__buf_init(&f->answer, &d.allocator);
    *out = f;
    return BERT_OK;
}
BERT_API void bert_squad_features_close(bert_squad_features *features)
{
    bert_allocator a;
    if (!features) return;
    a = features->d.allocator;
    bert__features_free_room(features);
    bert__free(&a, features->query);
    bert__buf_free(&features->answer);
    bert__free(&a, features);
}
BERT_API bert_status bert_squad_features_next(bert_squad_features *features, bert_squad_feature *feature)
{
    bert_squad_features *f = features;
    bert_squad_feature *o = feature;
    bert_special_ids special;
    bert_status st;
    int64_t room, step, from, length, row, first;
    if (!f || !o) return BERT_ERROR_ARGUMENT;
    if (f->window == f->windows) {
        f->place++;
        if ((st = bert__features_example(f)) != BERT_OK) { f->windows = f->window = 0; f->place--; return st; }
        if (!f->q) { f->place--; f->windows = f->window = 0; o->tokens = 0; return BERT_OK; }
    }
    special = bert_tokenizer_special_ids(f->d.tokenizer);
    room = f->d.max_seq_length - f->query_count - 3;
    step = f->d.doc_stride < room ? f->d.doc_stride : room;
    from = f->window * step;
    length = f->count - from < room ? f->count - from : room;
    first = f->query_count + 2;
    o->unique_id = f->unique_id++;
    o->example_index = f->place;
    o->question = f->index;
    o->window = f->window;
    o->tokens = first + length + 1;
    o->impossible = f->q->impossible;
    o->start = o->end = -1;
    if (f->d.squad->training) {
        const int inside = !f->q->impossible && f->start >= from && f->end <= from + length - 1;
        o->start = inside ? f->start - from + first : 0;
        o->end = inside ? f->end - from + first : 0;
    }
    for (row = 0; row < f->d.max_seq_length; row++) {
        const int passage = row >= first && row < first + length, token = row < o->tokens;
        const int64_t p = from + row - first;
        if (o->ids) o->ids[row] = !token ? 0 : passage ? f->ids[p] : row == 0 ? special.cls : row < first - 1 ? f->query[row - 1] : special.sep;
        if (o->mask) o->mask[row] = token;
        if (o->segment_ids) o->segment_ids[row] = token && row >= first;
        if (o->words) o->words[row] = passage ? f->words[p] : -1;
        if (o->max_context) o->max_context[row] = passage && f->best[p] == f->window;
    }
    f->window++;
    return BERT_OK;
}
BERT_API bert_status bert_squad_feature_write(bert_record_writer *writer, const bert_squad_feature *feature, int64_t max_seq_length, bert_error *error)
{
    static const char *const names[] = { "unique_ids", "input_ids", "input_mask", "segment_ids", "start_positions", "end_positions", "is_impossible" };
    const bert_squad_feature *f = feature;
    const int32_t *columns[4];
    int64_t *values, *v, i;
    bert_feature e[7];
    const size_t n = f && f->start >= 0 ? 7 : 4;
    bert_allocator a;
    bert_status st;
    size_t k;
    if (!writer || !f || !f->ids || !f->mask || !f->segment_ids || f->tokens < 1 || max_seq_length < f->tokens)
        return bert__bad_argument(error, "bert_squad_feature_write needs a writer, and a feature with its columns ids, mask and segment_ids");
    a = writer->allocator;
    values = (int64_t *)bert__alloc(&a, bert__mul((size_t)max_seq_length, 3 * sizeof *values) + 4 * sizeof *values);
    if (!values) return bert__fail(error, BERT_ERROR_MEMORY, NULL, -1, "out of memory");
    memset(e, 0, sizeof e);
    columns[1] = f->ids;
    columns[2] = f->mask;
    columns[3] = f->segment_ids;
    for (k = 0, v = values; k < n; k++) {
        const int column = k >= 1 && k <= 3;
        e[k].name = names[k];
        e[k].name_size = strlen(names[k]);
        e[k].type = BERT_FEATURE_INT64;
        e[k].ints = v;
        e[k].count = column ? (size_t)max_seq_length : 1;
        if (column) for (i = 0; i < max_seq_length; i++) *v++ = columns[k][i];
        else *v++ = k == 0 ? f->unique_id : k == 4 ? f->start : k == 5 ? f->end : f->impossible;
    }
    st = bert_record_writer_add_example(writer, e, n, error);
    bert__free(&a, values);
    return st;
}

/* ---- logits to answers ---- */

/* Rows start to end of a window as an answer (PrelimPrediction). */
typedef struct bert__span { int64_t window, start, end; double start_logit, end_logit; } bert__span;
/* What is kept of a window until its question is finished: its rows are rows `first`, ... of the columns. */
typedef struct bert__span_window { size_t first; int64_t tokens; } bert__span_window;

struct bert_squad_answers {
    bert_squad_answers_desc d;
    bert__arena arena;                  /* texts and candidates */
    bert_squad_answer *done;            /* [questions] count 0: not yet */
    int64_t current;                    /* the question at hand, or -1 */
    int64_t next;                       /* questions below are done, when finish sweeps */
    bert__basic *basic;                 /* get_final_text's BasicTokenizer */
    bert__buf spans, windows, ids, words, logits, best, order, candidates;
    bert__buf pieces, predicted, original, tokenized;                   /* texts in the making */
    double null_score, null_start, null_end;
    int64_t null_window;
};

/* Appends the words of a text with blanks between them. */
BERT__FN int bert__squad_give(void *user, const bert_word *word)
{
    bert__buf *b = (bert__buf *)user;
    bert__buf_add(b, word->text, word->size);
    if (!word->more) bert__buf_add(b, " ", 1);
    return b->failed;
}
/* The byte of the k-th character that is no blank, and behind it. */
BERT__FN size_t bert__squad_nth(const char *text, size_t size, size_t k, size_t *end)
{
    size_t i, n;
    uint32_t c;
    for (i = 0; i < size; i += n) {
        n = bert__str_get(text + i, size - i, &c);
        if (c != ' ' && !k--) { *end = i + n; return i; }
    }
    *end = size;
    return size;
}
BERT__FN size_t bert__squad_solid(const char *text, size_t size)       /* how many there are */
{
    size_t i, n, count = 0;
    uint32_t c;
    for (i = 0; i < size; i += n) {
        n = bert__str_get(text + i, size - i, &c);
        count += c != ' ';
    }
    return count;
}
/* get_final_text: the predicted text is looked for in the tokenized original, whose characters stand for those of the original one by
   one, if there are as many without blanks. Else the whole original is the answer. */
BERT__FN void bert__squad_project(const bert__basic *basic, const char *predicted, size_t predicted_size, const char *original, size_t original_size, bert__buf *tokenized, size_t *begin, size_t *end)
{
    size_t at, first, none;
    const char *t;
    *begin = 0;
    *end = original_size;
    tokenized->size = 0;
    bert__basic_words(basic, original, 0, original_size, bert__squad_give, tokenized);
    if (tokenized->failed || !tokenized->size || !predicted_size) return;
    tokenized->size--;
    t = tokenized->data;
    at = bert__find_bytes(t, tokenized->size, predicted, predicted_size);
    if (at == SIZE_MAX || bert__squad_solid(original, original_size) != bert__squad_solid(t, tokenized->size)) return;
    if (t[at] == ' ' || t[at + predicted_size - 1] == ' ') return;
    first = bert__squad_solid(t, at);
    *begin = bert__squad_nth(original, original_size, first, &none);
    bert__squad_nth(original, original_size, first + bert__squad_solid(predicted, predicted_size) - 1, end);
}
BERT_API bert_status bert_squad_final_text(const char *predicted, size_t predicted_size, const char *original, size_t original_size, int lower_case, const bert_allocator *allocator, size_t *begin, size_t *end)
{
    const bert_allocator a = bert__allocator(allocator);
    bert__basic *basic;
    bert__buf tokenized;
    bert_status st;
    if ((!predicted && predicted_size) || (!original && original_size) || !begin || !end) return BERT_ERROR_ARGUMENT;
    basic = (bert__basic *)bert__alloc(&a, sizeof *basic);
    if (!basic) return BERT_ERROR_MEMORY;
    bert__basic_init(basic, 0, lower_case, lower_case, 1, 1, 1);
    bert__buf_init(&tokenized, &a);
    bert__squad_project(basic, predicted, predicted_size, original, original_size, &tokenized, begin, end);
    st = tokenized.failed ? BERT_ERROR_MEMORY : BERT_OK;
    bert__buf_free(&tokenized);
    bert__free(&a, basic);
    return st;
}

/* text.replace(what, ""), in place. */
BERT__FN void bert__squad_remove(bert__buf *b, const char *what, size_t n)
{
    size_t from, to = 0;
    for (from = 0; from < b->size;) {
        if (b->size - from >= n && memcmp(b->data + from, what, n) == 0) from += n;
        else b->data[to++] = b->data[from++];
    }
    b->size = to;
}
/* The text of a span: from tokens back to the words it was predicted in, and where these stand in the context. The text is in
   a->original, from byte *begin to *end. */
BERT__FN void bert__squad_span_text(bert_squad_answers *a, const bert_squad_question *q, const bert__span *s, bert_squad_candidate *out)
{
    const bert__span_window *w = (const bert__span_window *)(const void *)a->windows.data + s->window;
    const int32_t *ids = (const int32_t *)(const void *)a->ids.data + w->first, *words = (const int32_t *)(const void *)a->words.data + w->first;
    int64_t i, first = words[s->start], last = words[s->end];
    size_t begin, end, at;
    a->original.size = a->pieces.size = a->predicted.size = 0;
    if (a->d.squad->characters) {                                       /* words have no blanks to lose: the passage as it stands */
        begin = 0;
        out->begin = (size_t)(q->words[first].text - q->context.text);
        out->end = (size_t)(q->words[last].text + q->words[last].size - q->context.text);
        bert__buf_add(&a->original, q->context.text + out->begin, out->end - out->begin);
        end = a->original.size;
    } else {
        for (i = s->start; i <= s->end; i++) {
            size_t n;
            const char *token = bert_tokenizer_token(a->d.tokenizer, ids[i], &n);
            if (i > s->start) bert__buf_add(&a->pieces, " ", 1);
            if (token) bert__buf_add(&a->pieces, token, n);
        }
        bert__squad_remove(&a->pieces, " ##", 3);
        bert__squad_remove(&a->pieces, "##", 2);
        bert__str_join(a->pieces.data, a->pieces.size, &a->predicted);
        for (i = first; i <= last; i++) {
            if (i > first) bert__buf_add(&a->original, " ", 1);
            bert__buf_add(&a->original, q->words[i].text, q->words[i].size);
        }
        bert__squad_project(a->basic, a->predicted.data, a->predicted.size, a->original.data, a->original.size, &a->tokenized, &begin, &end);
        out->begin = out->end = 0;
        for (i = first, at = 0; i <= last; i++) {                       /* in the context there may be other blanks between the words */
            const size_t place = (size_t)(q->words[i].text - q->context.text), n = q->words[i].size;
            if (begin >= at && begin < at + n) out->begin = place + (begin - at);
            if (end > at && end <= at + n) out->end = place + (end - at);
            at += n + 1;
        }
    }
    out->text.text = a->original.data ? a->original.data + begin : "";
    out->text.size = end - begin;
    out->start_logit = s->start_logit;
    out->end_logit = s->end_logit;
}
BERT__FN int bert__span_before(const void *user, uint32_t a, uint32_t b)
{
    const bert__span *s = (const bert__span *)user;
    const double x = s[a].start_logit + s[a].end_logit, y = s[b].start_logit + s[b].end_logit;
    return x > y || (x == y && a < b);
}
BERT__FN bert_status bert__answers_memory(const bert_squad_answers *a) { return bert__fail(a->d.error, BERT_ERROR_MEMORY, NULL, -1, "out of memory for the answers"); }
BERT__FN bert_slice bert__answers_keep(bert_squad_answers *a, bert_slice s)
{
    char *p = (char *)bert__arena_get_aligned(&a->arena, s.size + 1, 1);
    if (p) {
        if (s.size) memcpy(p, s.text, s.size);
        p[s.size] = 0;
    }
    s.text = p;
    return s;
}
/* All windows of a question are there: its n best answers, and the one that counts. */
BERT__FN bert_status bert__answers_question(bert_squad_answers *a, int64_t index)
{
    const bert_squad_question *q = bert_squad_get(a->d.squad, index);
    bert_squad_candidate *list, *kept, c, *best = NULL;
    bert_squad_answer *out = a->done + index;
    bert__span none, *spans;
    uint32_t *order;
    size_t n, i;
    int64_t k, count = 0;
    double top = 0, total = 0;
    int seen_none = 0;
    none.window = a->null_window;
    none.start = none.end = 0;
    none.start_logit = a->null_start;
    none.end_logit = a->null_end;
    if (a->d.version_2) bert__buf_add(&a->spans, &none, sizeof none);
    n = a->spans.size / sizeof none;
    a->order.size = a->candidates.size = 0;
    if (n >= UINT32_MAX || !bert__buf_reserve(&a->order, bert__mul(n + 1, sizeof *order)) || !bert__buf_reserve(&a->candidates, bert__mul((size_t)a->d.n_best + 2, sizeof *list)) || a->spans.failed)
        return bert__answers_memory(a);
    order = (uint32_t *)(void *)a->order.data;
    list = (bert_squad_candidate *)(void *)a->candidates.data;
    spans = (bert__span *)(void *)a->spans.data;
    bert__sort_order(order, n, bert__span_before, spans);
    memset(&c, 0, sizeof c);
    for (i = 0; i < n && count < a->d.n_best; i++) {
        const bert__span *s = spans + order[i];
        memset(&c, 0, sizeof c);
        if (s->start > 0) {
            bert__squad_span_text(a, q, s, &c);
            for (k = 0; k < count && !(list[k].text.size == c.text.size && memcmp(list[k].text.text, c.text.text, c.text.size) == 0); k++) {}
            if (k < count) continue;
        } else {
            c.text.text = "";
            c.start_logit = s->start_logit;
            c.end_logit = s->end_logit;
            seen_none = 1;
        }
        c.text = bert__answers_keep(a, c.text);
        if (!c.text.text || a->original.failed || a->pieces.failed || a->predicted.failed || a->tokenized.failed) return bert__answers_memory(a);
        list[count++] = c;
    }
    if ((a->d.version_2 && !seen_none) || !count) {                     /* no answer is always among them; and there is always something */
        memset(&c, 0, sizeof c);
        c.text.text = a->d.version_2 ? "" : "empty";
        c.text.size = strlen(c.text.text);
        if (a->d.version_2) { c.start_logit = a->null_start; c.end_logit = a->null_end; }
        list[count++] = c;
    }
    for (k = 0; k < count; k++) {
        const double score = list[k].start_logit + list[k].end_logit;
        if (!k || score > top) top = score;
        if (!best && list[k].text.size) best = list + k;
    }
    for (k = 0; k < count; k++) {
        list[k].probability = exp(list[k].start_logit + list[k].end_logit - top);
        total += list[k].probability;
    }
    for (k = 0; k < count; k++) list[k].probability /= total;
    if (a->d.version_2) {                                               /* an answer is never behind all the n best: no answer's score is the least of all windows */
        out->null_odds = best ? a->null_score - best->start_logit - best->end_logit : 1000000;
        if (!best || out->null_odds > a->d.null_score_diff_threshold) best = NULL;
    } else best = list;
    out->text.text = best ? best->text.text : "";
    out->text.size = best ? best->text.size : 0;
    out->begin = best ? best->begin : 0;
    out->end = best ? best->end : 0;
    kept = (bert_squad_candidate *)bert__arena_get_aligned(&a->arena, (size_t)count * sizeof *list, 16);
    if (!kept) return bert__answers_memory(a);
    memcpy(kept, list, (size_t)count * sizeof *list);
    out->n_best = kept;
    out->count = count;
    return BERT_OK;
}
BERT__FN void bert__answers_begin(bert_squad_answers *a, int64_t question)
{
    a->current = question;
    a->spans.size = a->windows.size = a->ids.size = a->words.size = 0;
    a->null_score = 1000000;
    a->null_start = a->null_end = 0;
    a->null_window = 0;
}

BERT_API void bert_squad_answers_close(bert_squad_answers *answers)
{
    bert_squad_answers *a = answers;
    bert__buf *bufs[12];
    size_t i;
    if (!a) return;
    bufs[0] = &a->spans; bufs[1] = &a->windows; bufs[2] = &a->ids; bufs[3] = &a->words; bufs[4] = &a->logits; bufs[5] = &a->best;
    bufs[6] = &a->order; bufs[7] = &a->candidates; bufs[8] = &a->pieces; bufs[9] = &a->predicted; bufs[10] = &a->original; bufs[11] = &a->tokenized;
    for (i = 0; i < 12; i++) bert__buf_free(bufs[i]);
    bert__arena_free(&a->arena);
    bert__free(&a->d.allocator, a->done);
    bert__free(&a->d.allocator, a->basic);
    bert__free(&a->d.allocator, a);
}
BERT_API bert_status bert_squad_answers_open(const bert_squad_answers_desc *desc, bert_squad_answers **out)
{
    bert_squad_answers_desc d;
    bert_squad_answers *a;
    bert_tokenizer_desc t;
    bert__buf *bufs[12];
    size_t i, n;
    int lower;
    if (!desc || !out || !desc->squad || !desc->tokenizer) return bert__bad_argument(desc ? desc->error : NULL, "bert_squad_answers_open needs questions, a tokenizer and a place for the result");
    d = *desc;
    d.allocator = bert__allocator(&desc->allocator);
    if (!d.n_best) d.n_best = 20;
    if (!d.max_answer_length) d.max_answer_length = 30;
    if (d.n_best < 1 || d.n_best > 1000000 || d.max_answer_length < 1) return bert__bad_argument(d.error, "n_best (up to 1000000) and max_answer_length must be at least 1");
    n = (size_t)bert_squad_count(d.squad);
    a = (bert_squad_answers *)bert__alloc(&d.allocator, sizeof *a);
    if (!a) return bert__fail(d.error, BERT_ERROR_MEMORY, NULL, -1, "out of memory for the answers");
    memset(a, 0, sizeof *a);
    a->d = d;
    bufs[0] = &a->spans; bufs[1] = &a->windows; bufs[2] = &a->ids; bufs[3] = &a->words; bufs[4] = &a->logits; bufs[5] = &a->best;
    bufs[6] = &a->order; bufs[7] = &a->candidates; bufs[8] = &a->pieces; bufs[9] = &a->predicted; bufs[10] = &a->original; bufs[11] = &a->tokenized;
    for (i = 0; i < 12; i++) bert__buf_init(bufs[i], &d.allocator);
    bert__arena_init(&a->arena, &d.allocator, (size_t)1 << 16);
    a->done = (bert_squad_answer *)bert__alloc(&d.allocator, bert__mul(n, sizeof *a->done));
    a->basic = (bert__basic *)bert__alloc(&d.allocator, sizeof *a->basic);
    if (!a->done || !a->basic) { bert_squad_answers_close(a); return bert__fail(d.error, BERT_ERROR_MEMORY, NULL, -1, "out of memory for the answers"); }
    memset(a->done, 0, n * sizeof *a->done);
    t = bert_tokenizer_desc_resolved(d.tokenizer);
    lower = d.lower_case == BERT_DEFAULT ? t.lower_case == BERT_ON : d.lower_case == BERT_ON;
    bert__basic_init(a->basic, t.mode == BERT_TOKENIZER_HF, lower, d.lower_case == BERT_DEFAULT ? t.strip_accents == BERT_ON : lower, 1, 1, 1);
    bert__answers_begin(a, -1);
    *out = a;
    return BERT_OK;
}
BERT_API bert_status bert_squad_answers_add(bert_squad_answers *answers, const bert_squad_feature *feature, const float *start_logits, const float *end_logits, int64_t count, int64_t stride)
{
    bert_squad_answers *a = answers;
    const bert_squad_feature *f = feature;
    bert__span_window w;
    bert__span s;
    bert_status st;
    float *x, *y;
    int32_t *starts, *ends;
    int64_t i, j, n;
    double null_score;
    if (!a || !f || !start_logits || !end_logits || !f->ids || !f->words || !f->max_context)
        return bert__bad_argument(a ? a->d.error : NULL, "bert_squad_answers_add needs a feature with its columns ids, words and max_context, and logits");
    if (f->question < 0 || f->question >= bert_squad_count(a->d.squad) || f->tokens < 1 || count < f->tokens || count > INT32_MAX || stride < 1)
        return bert__fail(a->d.error, BERT_ERROR_ARGUMENT, NULL, -1, "the feature of question %lld has %lld tokens and %lld logits: it takes at least as many logits as tokens", (long long)f->question, (long long)f->tokens, (long long)count);
    if (f->question != a->current) {
        if (a->current >= 0 && (st = bert__answers_question(a, a->current)) != BERT_OK) return st;
        bert__answers_begin(a, -1);
        if (a->done[f->question].count) return bert__fail(a->d.error, BERT_ERROR_ARGUMENT, NULL, -1, "question %lld was finished already: add its windows one after another", (long long)f->question);
        bert__answers_begin(a, f->question);
    }
    n = a->d.n_best < count ? a->d.n_best : count;
    a->logits.size = a->best.size = 0;
    if (!bert__buf_reserve(&a->logits, bert__mul((size_t)count, 2 * sizeof *x)) || !bert__buf_reserve(&a->best, bert__mul((size_t)n, 2 * sizeof *starts))) return bert__answers_memory(a);
    x = (float *)(void *)a->logits.data;
    y = x + count;
    starts = (int32_t *)(void *)a->best.data;
    ends = starts + n;
    for (i = 0; i < count; i++) {
        x[i] = start_logits[i * stride];
        y[i] = end_logits[i * stride];
        if ((bert__float_to_bits(x[i]) & 0x7F800000) == 0x7F800000 || (bert__float_to_bits(y[i]) & 0x7F800000) == 0x7F800000)
            return bert__fail(a->d.error, BERT_ERROR_FORMAT, NULL, -1, "a logit of row %lld, window %lld of question %lld is not finite: the model has gone astray", (long long)i, (long long)f->window, (long long)f->question);
    }
    bert_top_k(x, count, n, starts);
    bert_top_k(y, count, n, ends);
    w.first = a->ids.size / sizeof(int32_t);
    w.tokens = f->tokens;
    s.window = (int64_t)(a->windows.size / sizeof w);
    bert__buf_add(&a->windows, &w, sizeof w);
    bert__buf_add(&a->ids, f->ids, (size_t)f->tokens * sizeof *f->ids);
    bert__buf_add(&a->words, f->words, (size_t)f->tokens * sizeof *f->words);
    null_score = (double)x[0] + (double)y[0];
    if (null_score < a->null_score) {
        a->null_score = null_score;
        a->null_window = s.window;
        a->null_start = (double)x[0];
        a->null_end = (double)y[0];
    }
    for (i = 0; i < n; i++)
        for (j = 0; j < n; j++) {
            s.start = starts[i];
            s.end = ends[j];
            if (s.start >= f->tokens || s.end >= f->tokens || s.end < s.start || s.end - s.start + 1 > a->d.max_answer_length) continue;
            if (f->words[s.start] < 0 || f->words[s.end] < 0 || !f->max_context[s.start]) continue;
            s.start_logit = (double)x[s.start];
            s.end_logit = (double)y[s.end];
            bert__buf_add(&a->spans, &s, sizeof s);
        }
    return a->windows.failed || a->ids.failed || a->words.failed || a->spans.failed ? bert__answers_memory(a) : BERT_OK;
}
BERT_API bert_status bert_squad_answers_finish(bert_squad_answers *answers)
{
    bert_squad_answers *a = answers;
    bert_status st;
    int64_t i;
    if (!a) return BERT_ERROR_ARGUMENT;
    if (a->current >= 0 && (st = bert__answers_question(a, a->current)) != BERT_OK) return st;
    for (i = 0; i < bert_squad_count(a->d.squad); i++) {                /* passages without words have no windows */
        bert__answers_begin(a, -1);
        if (!a->done[i].count && (st = bert__answers_question(a, i)) != BERT_OK) return st;
    }
    return BERT_OK;
}
BERT_API const bert_squad_answer *bert_squad_answers_get(const bert_squad_answers *answers, int64_t question)
{
    if (!answers || question < 0 || question >= bert_squad_count(answers->d.squad) || !answers->done[question].count) return NULL;
    return answers->done + question;
}

/* ---- answers to json ---- */

BERT__FN void bert__json_add_text(bert__buf *b, const char *text, size_t size)
{
    const size_t n = bert_json_quote(text, size, 1, NULL, 0);
    if (!bert__buf_reserve(b, n)) return;
    bert_json_quote(text, size, 1, b->data + b->size, n);
    b->size += n;
}
BERT__FN void bert__json_add_number(bert__buf *b, double v)
{
    char text[32];
    bert__buf_add(b, text, bert__str_repr(v, text));
}
BERT__FN void bert__json_add(bert__buf *b, const char *text) { bert__buf_add(b, text, strlen(text)); }

typedef struct bert__slices { const bert_slice *(*at)(const void *user, uint32_t i); const void *user; } bert__slices;

BERT__FN int bert__slice_compare(const bert_slice *a, const bert_slice *b)
{
    const size_t n = a->size < b->size ? a->size : b->size;
    const int c = n ? memcmp(a->text, b->text, n) : 0;
    return c ? c : a->size < b->size ? -1 : a->size > b->size;
}
BERT__FN int bert__slices_before(const void *user, uint32_t a, uint32_t b)
{
    const bert__slices *s = (const bert__slices *)user;
    const int c = bert__slice_compare(s->at(s->user, a), s->at(s->user, b));
    return c < 0 || (c == 0 && a < b);
}
BERT__FN const bert_slice *bert__squad_id_at(const void *user, uint32_t i) { return &((const bert_squad_question *)user)[i].id; }

/* A Python dict of n keys: last[i] is the index of the last of the same key where i is the first of it, else UINT32_MAX. */
BERT__FN void bert__slices_last(const bert__slices *s, size_t n, uint32_t *order, uint32_t *last)
{
    size_t i, j;
    bert__sort_order(order, n, bert__slices_before, s);
    for (i = 0; i < n; i = j) {
        for (j = i + 1; j < n && bert__slice_compare(s->at(s->user, order[i]), s->at(s->user, order[j])) == 0; j++) last[order[j]] = UINT32_MAX;
        last[order[i]] = order[j - 1];
    }
}

/* One of the files: 0 predictions, 1 the n best, 2 null odds. */
BERT__FN void bert__answers_json(const bert_squad_answers *a, int which, const uint32_t *last, bert__writer *w, bert__buf *b)
{
    const bert_squad_question *q = bert_squad_get(a->d.squad, 0);
    const size_t n = (size_t)bert_squad_count(a->d.squad);
    size_t i;
    int64_t k;
    int any = 0;
    b->size = 0;
    bert__json_add(b, "{");
    for (i = 0; i < n; i++) {
        const bert_squad_answer *v;
        if (last[i] == UINT32_MAX) continue;
        v = a->done + last[i];
        bert__json_add(b, any ? ",\n    " : "\n    ");
        any = 1;
        bert__json_add_text(b, q[i].id.text, q[i].id.size);
        bert__json_add(b, ": ");
        if (which == 0) bert__json_add_text(b, v->text.text, v->text.size);
        else if (which == 2) bert__json_add_number(b, v->null_odds);
        else {
            for (k = 0; k < v->count; k++) {
                bert__json_add(b, k ? "        {\n            \"text\": " : "[\n        {\n            \"text\": ");
                bert__json_add_text(b, v->n_best[k].text.text, v->n_best[k].text.size);
                bert__json_add(b, ",\n            \"probability\": ");
                bert__json_add_number(b, v->n_best[k].probability);
                bert__json_add(b, ",\n            \"start_logit\": ");
                bert__json_add_number(b, v->n_best[k].start_logit);
                bert__json_add(b, ",\n            \"end_logit\": ");
                bert__json_add_number(b, v->n_best[k].end_logit);
                bert__json_add(b, k + 1 < v->count ? "\n        },\n" : "\n        }\n    ]");
            }
        }
        bert__writer_add(w, b->data, b->size);
        b->size = 0;
    }
    bert__json_add(b, any ? "\n}\n" : "}\n");
    bert__writer_add(w, b->data, b->size);
}
BERT_API bert_status bert_squad_answers_write(const bert_squad_answers *answers, const char *predictions, const char *n_best, const char *null_odds)
{
    const bert_squad_answers *a = answers;
    const char *paths[3];
    bert__writer *w;
    bert__slices ids;
    bert__buf b;
    uint32_t *order;
    bert_status st = BERT_OK;
    size_t n, k;
    int i;
    if (!a) return BERT_ERROR_ARGUMENT;
    n = (size_t)bert_squad_count(a->d.squad);
    for (k = 0; k < n; k++) if (!a->done[k].count) return bert__bad_argument(a->d.error, "bert_squad_answers_finish comes before bert_squad_answers_write");
    if (null_odds && !a->d.version_2) return bert__bad_argument(a->d.error, "null odds exist only with version_2");
    paths[0] = predictions;
    paths[1] = n_best;
    paths[2] = null_odds;
    bert__buf_init(&b, &a->d.allocator);
    w = (bert__writer *)bert__alloc(&a->d.allocator, 3 * sizeof *w);
    order = (uint32_t *)bert__alloc(&a->d.allocator, bert__mul(n, 2 * sizeof *order));
    if (!w || !order) st = bert__answers_memory(a);
    else {
        ids.at = bert__squad_id_at;
        ids.user = bert_squad_get(a->d.squad, 0);
        bert__slices_last(&ids, n, order, order + n);
        for (i = 0; i < 3 && st == BERT_OK; i++) if (paths[i]) st = bert__writer_open(w + i, paths[i], a->d.error);
        if (st != BERT_OK) {                                            /* i is one past the one that failed */
            for (i -= 2; i >= 0; i--) if (paths[i]) bert__writer_abort(w + i);
        } else {
            for (i = 0; i < 3; i++) if (paths[i]) bert__answers_json(a, i, order + n, w + i, &b);
            if (b.failed) st = bert__answers_memory(a);
            for (i = 0; i < 3; i++) if (paths[i] && w[i].status != BERT_OK) st = w[i].status;
            for (i = 0; i < 3; i++) {
                if (!paths[i]) continue;
                if (st == BERT_OK) st = bert__writer_commit(w + i); else bert__writer_abort(w + i);
            }
        }
    }
    bert__buf_free(&b);
    bert__free(&a->d.allocator, order);
    bert__free(&a->d.allocator, w);
    return st;
}

/* ============================================================================================================
   >>squadscore
   Purpose   how good answers are: SQuAD 1.1, SQuAD 2.0 and CMRC 2018.
   Uses      >>squad's reader, >>python.
   Promises  the numbers of the official scripts. Memory and time in proportion to the files, but for CMRC's longest common part, whose
             time is that of the product of two lengths, and for sorting.
   ============================================================================================================ */

/* A question of the file, and what was made of it. */
typedef struct bert__scored {
    bert_slice id;
    const bert_json *answers, *prediction;   /* prediction: NULL where there is none */
    double exact, f1, na_prob;
    int32_t missing, has_answer, na_seen;
} bert__scored;

/* What the scripts keep while they score. */
typedef struct bert__scorer {
    bert__python python;
    bert__buf lower, gold, predicted;   /* texts */
    bert__buf gold_pieces, predicted_pieces, order;     /* bert_slice; uint32_t */
    bert__buf gold_segments, predicted_segments;        /* CMRC: what the pieces are pieces of */
} bert__scorer;

/* normalize_answer, appended to `out`: lower case, no punctuation, no articles, single blanks. */
BERT__FN void bert__score_normalize(bert__python *py, const char *text, size_t size, bert__buf *lower, bert__buf *out)
{
    const size_t first = out->size;
    size_t i, to = 0, n;
    uint32_t c;
    char *p;
    int blank = 0;
    lower->size = 0;
    bert__str_lower(py, text, size, lower);
    if (lower->failed || !bert__buf_reserve(out, lower->size)) { out->failed = 1; return; }
    p = lower->data;
    for (i = 0; i < lower->size; i++) {                                 /* string.punctuation is all of ASCII that is neither letter, digit nor blank */
        const unsigned char b = (unsigned char)p[i];
        if (b > 32 && b < 127 && !bert__is_digit((char)b) && (b | 32u) - 'a' >= 26) continue;
        p[to++] = (char)b;
    }
    for (i = 0; i < to; i += n) {
        n = bert__str_get(p + i, to - i, &c);
        if (bert__is_python_space(c)) { blank = 1; continue; }
        if (bert__str_word(py, c)) {                                     /* a run of \w, whose both ends are \b */
            size_t end = i + n, k;
            uint32_t next;
            while (end < to) {
                k = bert__str_get(p + end, to - end, &next);
                if (!bert__str_word(py, next)) break;
                end += k;
            }
            n = end - i;
            if ((n == 1 && p[i] == 'a') || (n == 2 && memcmp(p + i, "an", 2) == 0) || (n == 3 && memcmp(p + i, "the", 3) == 0)) { blank = 1; continue; }
        }
        if (blank && out->size > first) bert__buf_add(out, " ", 1);
        blank = 0;
        bert__buf_add(out, p + i, n);
    }
}
BERT_API bert_status bert_squad_normalize(const char *text, size_t text_size, const bert_allocator *allocator, char *out, size_t capacity, size_t *size)
{
    const bert_allocator a = bert__allocator(allocator);
    bert__python *py;
    bert__buf lower, b;
    bert_status st = BERT_OK;
    if ((!text && text_size) || (!out && capacity)) return BERT_ERROR_ARGUMENT;
    py = (bert__python *)bert__alloc(&a, sizeof *py);
    if (!py) return BERT_ERROR_MEMORY;
    bert__str_init(py);
    bert__buf_init(&lower, &a);
    bert__buf_init(&b, &a);
    bert__score_normalize(py, text, text_size, &lower, &b);
    if (b.failed) st = BERT_ERROR_MEMORY;
    else {
        if (size) *size = b.size;
        if (b.size > capacity) st = BERT_ERROR_SPACE;
        if (capacity && b.size) memcpy(out, b.data, b.size < capacity ? b.size : capacity);
    }
    bert__buf_free(&lower);
    bert__buf_free(&b);
    bert__free(&a, py);
    return st;
}

BERT__FN void bert__score_pieces(const bert__buf *text, bert__buf *out)
{
    bert_slice s;
    size_t at = 0;
    out->size = 0;
    while (bert__str_split(text->data, text->size, &at, &s.text, &s.size)) bert__buf_add(out, &s, sizeof s);
}
BERT__FN int bert__pieces_before(const void *user, uint32_t a, uint32_t b)
{
    const bert_slice *s = (const bert_slice *)user;
    const int c = bert__slice_compare(s + a, s + b);
    return c < 0 || (c == 0 && a < b);
}
/* How many pieces the two have in common, each as often as in the one that has it less often. */
BERT__FN size_t bert__score_common(bert__scorer *s)
{
    const size_t n = s->gold_pieces.size / sizeof(bert_slice), m = s->predicted_pieces.size / sizeof(bert_slice);
    const bert_slice *g = (const bert_slice *)(const void *)s->gold_pieces.data, *p = (const bert_slice *)(const void *)s->predicted_pieces.data;
    size_t i = 0, j = 0, common = 0;
    uint32_t *a, *b;
    s->order.size = 0;
    if (!n || !m || n >= UINT32_MAX || m >= UINT32_MAX || !bert__buf_reserve(&s->order, bert__mul(bert__add(n, m), sizeof *a))) return 0;
    a = (uint32_t *)(void *)s->order.data;
    b = a + n;
    bert__sort_order(a, n, bert__pieces_before, g);
    bert__sort_order(b, m, bert__pieces_before, p);
    while (i < n && j < m) {
        const int c = bert__slice_compare(g + a[i], p + b[j]);
        common += c == 0;
        i += c <= 0;
        j += c >= 0;
    }
    return common;
}
BERT__FN double bert__score_f1(size_t common, size_t gold, size_t predicted)
{
    double precision, recall;
    if (!common) return 0;
    precision = (double)common / (double)predicted;
    recall = (double)common / (double)gold;
    return 2 * precision * recall / (precision + recall);
}
/* One answer against one prediction, whose normal form and pieces are there. */
BERT__FN void bert__score_words(bert__scorer *s, const char *gold, size_t size, int version_2, double *exact, double *f1)
{
    size_t n, m;
    double v;
    s->gold.size = 0;
    bert__score_normalize(&s->python, gold, size, &s->lower, &s->gold);
    bert__score_pieces(&s->gold, &s->gold_pieces);
    n = s->gold_pieces.size / sizeof(bert_slice);
    m = s->predicted_pieces.size / sizeof(bert_slice);
    if (s->gold.size == s->predicted.size && (!s->gold.size || memcmp(s->gold.data, s->predicted.data, s->gold.size) == 0)) *exact = 1;
    v = version_2 && (!n || !m) ? n == m : bert__score_f1(bert__score_common(s), n, m);
    if (v > *f1) *f1 = v;
}

/* ---- CMRC: nltk's word tokenizer (its 24 substitutions, one after another), mixed segments, their longest common part ---- */

BERT__FN void bert__nltk_swap(bert__buf *a, bert__buf *b) { const bert__buf c = *a; *a = *b; *b = c; b->size = 0; }

/* Blanks around each of the strings of a list ("" ends it). */
BERT__FN void bert__nltk_space(bert__buf *text, bert__buf *out, const char *const *list)
{
    size_t i = 0, k, n;
    while (i < text->size) {
        for (k = 0; list[k]; k++) if (bert__begins(text->data + i, text->size - i, list[k])) break;
        n = list[k] ? strlen(list[k]) : 1;
        if (list[k]) bert__buf_add(out, " ", 1);
        bert__buf_add(out, text->data + i, n);
        if (list[k]) bert__buf_add(out, " ", 1);
        i += n;
    }
    bert__nltk_swap(text, out);
}
/* Blanks around each run of at least `least` bytes c. */
BERT__FN void bert__nltk_run(bert__buf *text, bert__buf *out, char c, size_t least)
{
    size_t i = 0, n;
    while (i < text->size) {
        for (n = 0; i + n < text->size && text->data[i + n] == c; n++) {}
        if (n >= least) {
            bert__buf_add(out, " ", 1);
            bert__buf_add(out, text->data + i, n);
            bert__buf_add(out, " ", 1);
        } else bert__buf_add(out, text->data + i, n ? n : (n = 1));
        i += n;
    }
    bert__nltk_swap(text, out);
}
/* The full stop at the end: ([^.])(\.)([closing marks]*)\s*$ */
BERT__FN void bert__nltk_stop(bert__buf *text, bert__buf *out, int first)
{
    static const char *const closing[] = { "]", ")", "}", ">", "\"", "'", "\xC2\xBB", "\xE2\x80\x9D", "\xE2\x80\x99", " ", NULL };
    size_t at = text->size, end, k;
    uint32_t c;
    while (at && text->data[at - 1] != '.') at--;
    if (at < 2 || text->data[at - 2] == '.') return;
    for (end = at; end < text->size;) {
        for (k = 0; closing[k]; k++) if ((first || k < 6) && bert__begins(text->data + end, text->size - end, closing[k])) break;
        if (!closing[k]) break;
        end += strlen(closing[k]);
    }
    for (k = end; k < text->size;) {
        k += bert__str_get(text->data + k, text->size - k, &c);
        if (!bert__is_python_space(c)) return;
    }
    bert__buf_add(out, text->data, at - 1);
    bert__buf_add(out, " .", 2);
    if (first) bert__buf_add(out, " ", 1);
    bert__buf_add(out, text->data + at, end - at);
    bert__buf_add(out, " ", 1);
    bert__nltk_swap(text, out);
}
/* A quotation mark that opens a word: (?<!\w)'(?!(re|ve|ll|m|t|s|d|n)\b)(?=\w) */
BERT__FN void bert__nltk_opening(bert__python *py, bert__buf *text, bert__buf *out)
{
    static const char *const clitics[] = { "re", "ve", "ll", "m", "t", "s", "d", "n" };
    size_t i, k;
    for (i = 0; i < text->size; i++) {
        int opens = text->data[i] == '\'' && !(i && bert__str_word(py, bert__str_before(text->data, i))) && bert__str_word(py, bert__str_at(text->data, i + 1, text->size));
        for (k = 0; opens && k < 8; k++)
            if (bert__begins(text->data + i + 1, text->size - i - 1, clitics[k]) && !bert__str_word(py, bert__str_at(text->data, i + 1 + strlen(clitics[k]), text->size))) opens = 0;
        bert__buf_add(out, text->data + i, 1);
        if (opens) bert__buf_add(out, " ", 1);
    }
    bert__nltk_swap(text, out);
}
/* A blank before and behind what is split off the end of a word: ([^' ])(ending)<blank> */
BERT__FN void bert__nltk_ending(bert__buf *text, bert__buf *out, const char *const *endings, const char *not_before)
{
    size_t i = 0, k, n;
    uint32_t c;
    while (i < text->size) {
        n = bert__str_get(text->data + i, text->size - i, &c);
        for (k = 0; endings[k] && !strchr(not_before, text->data[i]); k++) {
            const size_t m = strlen(endings[k]);
            if (bert__begins(text->data + i + n, text->size - i - n, endings[k]) && i + n + m < text->size && text->data[i + n + m] == ' ') break;
        }
        if (strchr(not_before, text->data[i]) || !endings[k]) { bert__buf_add(out, text->data + i, n); i += n; continue; }
        bert__buf_add(out, text->data + i, n);
        bert__buf_add(out, " ", 1);
        bert__buf_add(out, endings[k], strlen(endings[k]));
        bert__buf_add(out, " ", 1);
        i += n + strlen(endings[k]) + 1;
    }
    bert__nltk_swap(text, out);
}
/* cannot -> can not, and the like. `start`: what stands before, '\b' or a blank; `end`: '\b', or 's' for a blank that must follow. */
BERT__FN void bert__nltk_contraction(bert__python *py, bert__buf *text, bert__buf *out, const char *one, const char *two, int blank, int space)
{
    const size_t n = strlen(one), m = strlen(two);
    size_t i = 0;
    while (i < text->size) {
        const size_t at = i + (size_t)blank, end = at + n + m;
        int fits = (!blank || text->data[i] == ' ') && end <= text->size && memcmp(text->data + at, one, n) == 0 && memcmp(text->data + at + n, two, m) == 0;
        if (fits && !blank) fits = !(i && bert__str_word(py, bert__str_before(text->data, i)));
        if (fits && space) fits = end < text->size && bert__is_python_space(bert__str_at(text->data, end, text->size));
        if (fits && !space) fits = !(end < text->size && bert__str_word(py, bert__str_at(text->data, end, text->size)));
        if (!fits) { bert__buf_add(out, text->data + i++, 1); continue; }
        bert__buf_add(out, " ", 1);
        bert__buf_add(out, one, n);
        bert__buf_add(out, " ", 1);
        bert__buf_add(out, two, m);
        bert__buf_add(out, " ", 1);
        i = end;
    }
    bert__nltk_swap(text, out);
}
/* NLTKWordTokenizer().tokenize of a lower-case text, as a text whose words stand between blanks. `out` is for scratch. */
BERT__NOINLINE void bert__nltk_words(bert__python *py, bert__buf *text, bert__buf *out)
{
    static const char *const open_quotes[] = { "\xC2\xAB", "\xE2\x80\x9C", "\xE2\x80\x98", "\xE2\x80\x9E", NULL };
    static const char *const back_quotes[] = { "``", NULL }, *const marks[] = { ";", "@", "#", "$", "%", "&", NULL };
    static const char *const dashes[] = { "\xE2\x80\x92", "\xE2\x80\x93", "\xE2\x80\x94", "\xE2\x80\x95", NULL };
    static const char *const ends[] = { "?", "!", NULL }, *const star[] = { "*", NULL }, *const double_dash[] = { "--", NULL };
    static const char *const brackets[] = { "]", "[", "(", ")", "{", "}", "<", ">", NULL };
    static const char *const close_quotes[] = { "\xC2\xBB", "\xE2\x80\x9D", "\xE2\x80\x99", NULL }, *const two_quotes[] = { "''", NULL };
    static const char *const quote[] = { "'", NULL }, *const short_ends[] = { "'s", "'m", "'d", "'", NULL }, *const long_ends[] = { "'ll", "'re", "'ve", "n't", NULL };
    static const char *const contractions[][2] = { { "can", "not" }, { "d", "'ye" }, { "gim", "me" }, { "gon", "na" }, { "got", "ta" }, { "lem", "me" }, { "more", "'n" }, { "wan", "na" },
                                                   { "'t", "is" }, { "'t", "was" } };
    size_t i, k, n;
    uint32_t c;
    /* opening quotes: the marks and runs of backquotes in one substitution */
    out->size = 0;
    for (i = 0; i < text->size; i += n) {
        for (n = 0; i + n < text->size && text->data[i + n] == '`'; n++) {}
        for (k = 0; !n && open_quotes[k]; k++) if (bert__begins(text->data + i, text->size - i, open_quotes[k])) n = strlen(open_quotes[k]);
        if (n) bert__buf_add(out, " ", 1);
        bert__buf_add(out, text->data + i, n ? n : 1);
        if (n) bert__buf_add(out, " ", 1);
        if (!n) n = 1;
    }
    bert__nltk_swap(text, out);
    if (text->size && text->data[0] == '"') {
        bert__buf_add(out, "``", 2);
        bert__buf_add(out, text->data + 1, text->size - 1);
        bert__nltk_swap(text, out);
    }
    bert__nltk_space(text, out, back_quotes);
    for (i = 0; i < text->size;) {                                      /* ([ (\[{<])("|'') */
        bert__buf_add(out, text->data + i, 1);
        i++;
        if (!strchr(" ([{<", text->data[i - 1]) || !text->data[i - 1] || i == text->size) continue;
        n = text->data[i] == '"' ? 1 : bert__begins(text->data + i, text->size - i, "''") ? 2 : 0;
        if (n) bert__buf_add(out, " `` ", 4);
        i += n;
    }
    bert__nltk_swap(text, out);
    bert__nltk_opening(py, text, out);
    /* punctuation */
    bert__nltk_stop(text, out, 1);
    for (i = 0; i < text->size; i += n) {                               /* ([:,])([^\d]) */
        n = 1;
        if ((text->data[i] == ':' || text->data[i] == ',') && i + 1 < text->size) {
            k = bert__str_get(text->data + i + 1, text->size - i - 1, &c);
            if (!bert__str_digit(py, c)) { bert__buf_add(out, " ", 1); n = 1 + k; bert__buf_add(out, text->data + i, 1); bert__buf_add(out, " ", 1); bert__buf_add(out, text->data + i + 1, k); continue; }
        }
        bert__buf_add(out, text->data + i, 1);
    }
    bert__nltk_swap(text, out);
    k = text->size;                                                     /* ([:,])$, where $ is the end or the line feed at the end */
    if (k > 1 && text->data[k - 1] == '\n' && (text->data[k - 2] == ':' || text->data[k - 2] == ',')) k--;
    if (k && (text->data[k - 1] == ':' || text->data[k - 1] == ',')) {
        bert__buf_add(out, text->data, k - 1);
        bert__buf_add(out, " ", 1);
        bert__buf_add(out, text->data + k - 1, 1);
        bert__buf_add(out, " ", 1);
        bert__buf_add(out, text->data + k, text->size - k);
        bert__nltk_swap(text, out);
    }
    bert__nltk_run(text, out, '.', 2);
    bert__nltk_space(text, out, marks);
    bert__nltk_space(text, out, dashes);
    bert__nltk_stop(text, out, 0);
    bert__nltk_space(text, out, ends);
    bert__nltk_ending(text, out, quote, "'");
    bert__nltk_space(text, out, star);
    bert__nltk_space(text, out, brackets);
    bert__nltk_space(text, out, double_dash);
    bert__buf_add(out, " ", 1);
    bert__buf_add(out, text->data, text->size);
    bert__buf_add(out, " ", 1);
    bert__nltk_swap(text, out);
    /* closing quotes */
    bert__nltk_space(text, out, close_quotes);
    bert__nltk_space(text, out, two_quotes);
    for (i = 0; i < text->size; i++) {
        if (text->data[i] == '"') bert__buf_add(out, " '' ", 4);
        else bert__buf_add(out, text->data + i, 1);
    }
    bert__nltk_swap(text, out);
    for (i = 0, k = 0; i < text->size; i += n) {                        /* \s+ */
        n = bert__str_get(text->data + i, text->size - i, &c);
        if (!bert__is_python_space(c)) bert__buf_add(out, text->data + i, n);
        else if (!k) bert__buf_add(out, " ", 1);
        k = (size_t)bert__is_python_space(c);
    }
    bert__nltk_swap(text, out);
    bert__nltk_ending(text, out, short_ends, "' ");
    bert__nltk_ending(text, out, long_ends, "' ");
    for (i = 0; i < 10; i++) bert__nltk_contraction(py, text, out, contractions[i][0], contractions[i][1], i >= 8, i == 7);
}

/* The characters that CMRC's script takes away; "......" of two characters in its list never fits one. */
BERT__FN int bert__cmrc_mark(uint32_t c)
{
    static const uint16_t wide[] = { 0xFF0C, 0x3002, 0xFF1A, 0xFF1F, 0xFF01, 0x201C, 0x201D, 0xFF1B, 0x2019, 0x300A, 0x300B, 0xB7, 0x3001, 0x300C, 0x300D, 0xFF08, 0xFF09, 0xFF0D, 0xFF5E, 0x300E, 0x300F };
    size_t i;
    if (c < 128) return c && strchr("-:_*^/\\~`+=", (int)c) != NULL;
    for (i = 0; i < sizeof wide / sizeof *wide; i++) if (wide[i] == c) return 1;
    return 0;
}
/* str.strip() */
BERT__FN bert_slice bert__str_strip(const char *text, size_t size)
{
    bert_slice s;
    size_t i, n, first = size, last = 0;
    uint32_t c;
    for (i = 0; i < size; i += n) {
        n = bert__str_get(text + i, size - i, &c);
        if (bert__is_python_space(c)) continue;
        if (first == size) first = i;
        last = i + n;
    }
    s.text = text + first;
    s.size = last > first ? last - first : 0;
    return s;
}
/* Takes the marks away from lower(text).strip(): remove_punctuation. */
BERT__FN void bert__cmrc_plain(bert__scorer *s, const char *text, size_t size, bert__buf *out)
{
    bert_slice t;
    size_t i, n;
    uint32_t c;
    s->lower.size = out->size = 0;
    bert__str_lower(&s->python, text, size, &s->lower);
    t = bert__str_strip(s->lower.data, s->lower.size);
    for (i = 0; i < t.size; i += n) {
        n = bert__str_get(t.text + i, t.size - i, &c);
        if (!bert__cmrc_mark(c)) bert__buf_add(out, t.text + i, n);
    }
    if (s->lower.failed) out->failed = 1;
}
/* mixed_segmentation of such a text: ideographs one by one, the words of what is between. The segments lie in `out`, blanks around them. */
BERT__FN void bert__cmrc_segments(bert__scorer *s, const bert__buf *plain, bert__buf *out, bert__buf *pieces)
{
    bert__buf part, scratch;
    size_t i, n;
    uint32_t c = 0;
    bert__buf_init(&part, &plain->allocator);
    bert__buf_init(&scratch, &plain->allocator);
    out->size = 0;
    for (i = 0; i <= plain->size; i += n) {
        int alone = i == plain->size;
        n = 1;
        if (!alone) {
            n = bert__str_get(plain->data + i, plain->size - i, &c);
            alone = c >= 0x4E00 && c <= 0x9FA5;
        }
        if (!alone) { bert__buf_add(&part, plain->data + i, n); continue; }
        if (part.size) {
            bert__nltk_words(&s->python, &part, &scratch);
            bert__buf_add(out, " ", 1);
            bert__buf_add(out, part.data, part.size);
            bert__buf_add(out, " ", 1);
            part.size = 0;
        }
        if (i < plain->size) {
            bert__buf_add(out, " ", 1);
            bert__buf_add(out, plain->data + i, n);
            bert__buf_add(out, " ", 1);
        }
    }
    if (part.failed || scratch.failed) out->failed = 1;
    bert__buf_free(&part);
    bert__buf_free(&scratch);
    bert__score_pieces(out, pieces);
}
/* The longest run of segments that both have. */
BERT__FN size_t bert__cmrc_common(bert__scorer *s)
{
    const size_t n = s->gold_pieces.size / sizeof(bert_slice), m = s->predicted_pieces.size / sizeof(bert_slice);
    const bert_slice *g = (const bert_slice *)(const void *)s->gold_pieces.data, *p = (const bert_slice *)(const void *)s->predicted_pieces.data;
    size_t i, j, best = 0;
    uint32_t *row;
    s->order.size = 0;
    if (!n || !m || m >= UINT32_MAX || !bert__buf_reserve(&s->order, bert__mul(m + 1, sizeof *row))) return 0;
    row = (uint32_t *)(void *)s->order.data;                            /* row[j + 1]: of the run that ends with g[i] and p[j] */
    memset(row, 0, (m + 1) * sizeof *row);
    for (i = 0; i < n; i++)
        for (j = m; j--;) {
            row[j + 1] = g[i].size == p[j].size && memcmp(g[i].text, p[j].text, g[i].size) == 0 ? row[j] + 1 : 0;
            if (row[j + 1] > best) best = row[j + 1];
        }
    return best;
}

/* ---- files to scores ---- */

typedef struct bert__score_run {
    bert_squad_score_desc d;
    bert__squad_reader data, predictions, na_prob;
    bert__scorer *scorer;
    bert__buf questions;                /* bert__scored, by the order of the file */
    bert_squad_score out;
} bert__score_run;

BERT__FN const bert_slice *bert__scored_id(const void *user, uint32_t i) { return &((const bert__scored *)user)[i].id; }

/* The members of an object, sorted by name. */
typedef struct bert__score_dict { const bert_json **member; uint32_t *order; size_t count; } bert__score_dict;

BERT__FN int bert__key_compare(const bert_json *v, const char *key, size_t size)
{
    bert_slice a, b;
    a.text = v->key;
    a.size = v->key_size;
    b.text = key;
    b.size = size;
    return bert__slice_compare(&a, &b);
}
BERT__FN int bert__members_before(const void *user, uint32_t a, uint32_t b)
{
    const bert_json *const *m = (const bert_json *const *)user;
    const int c = bert__key_compare(m[a], m[b]->key, m[b]->key_size);
    return c < 0 || (c == 0 && a < b);
}
BERT__FN bert_status bert__dict_open(bert__squad_reader *r, const bert_json *object, const bert_allocator *a, bert__score_dict *d)
{
    const bert_json *v;
    size_t i = 0;
    memset(d, 0, sizeof *d);
    if (object->type != 'o') return bert__squad_fail(r, object, "an object is expected here, {\"id of a question\": ...}, not %s", bert__json_kind(object->type));
    d->count = object->count;
    d->member = (const bert_json **)bert__alloc(a, bert__mul(d->count, sizeof *d->member));
    d->order = (uint32_t *)bert__alloc(a, bert__mul(d->count, sizeof *d->order));
    if (!d->member || !d->order || d->count >= UINT32_MAX) return r->status = bert__fail(r->error, BERT_ERROR_MEMORY, r->path, -1, "out of memory");
    for (v = object->first; v; v = v->next) d->member[i++] = v;
    bert__sort_order(d->order, d->count, bert__members_before, d->member);
    return BERT_OK;
}
BERT__FN void bert__dict_close(bert__score_dict *d, const bert_allocator *a)
{
    bert__free(a, (void *)d->member);
    bert__free(a, d->order);
}
/* The last member of that name, as in a Python dict; NULL if there is none. */
BERT__FN const bert_json *bert__dict_get(const bert__score_dict *d, const char *key, size_t size)
{
    size_t low = 0, high = d->count;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (bert__key_compare(d->member[d->order[middle]], key, size) <= 0) low = middle + 1; else high = middle;
    }
    return low && bert__key_compare(d->member[d->order[low - 1]], key, size) == 0 ? d->member[d->order[low - 1]] : NULL;
}

/* All questions of the file; which metric they ask for. */
BERT__FN bert_status bert__score_read(bert__score_run *run, const bert_json *root)
{
    bert__squad_reader *r = &run->data;
    const bert_json *p, *qa, *version = root->type == 'o' ? bert_json_get(root, "version") : NULL, *v;
    int chinese = 0, impossible = 0;
    if (bert__squad_begin(r, root) != BERT_OK) return r->status;
    while ((p = bert__squad_paragraph(r)) != NULL)
        for (qa = bert__first(bert__squad_member(r, p, "qas", 'a')); qa && r->status == BERT_OK; qa = qa->next) {
            bert__scored s;
            memset(&s, 0, sizeof s);
            s.id = bert__squad_id(r, qa);
            s.answers = bert__squad_member(r, qa, "answers", 'a');
            if (r->status != BERT_OK) break;
            s.has_answer = s.answers->first != NULL;
            if (!run->questions.size && (v = bert_json_get(qa, r->own ? "query_text" : "question")) != NULL && v->type == 's') {
                size_t i, n;
                uint32_t c;
                for (i = 0; i < v->size; i += n) {
                    n = bert__str_get(v->text + i, v->size - i, &c);
                    chinese = chinese || (c >= 0x4E00 && c <= 0x9FA5);
                }
            }
            impossible = impossible || bert_json_get(qa, "is_impossible");
            bert__buf_add(&run->questions, &s, sizeof s);
            if (run->questions.failed) return r->status = bert__fail(r->error, BERT_ERROR_MEMORY, r->path, -1, "out of memory");
        }
    if (r->status != BERT_OK) return r->status;
    if (!run->questions.size) return bert__squad_fail(r, root, "there are no questions in this file");
    run->out.metric = run->d.metric;
    if (run->out.metric == BERT_SQUAD_METRIC_AUTO)
        run->out.metric = r->own || chinese ? BERT_SQUAD_METRIC_CMRC : impossible || bert_json_is(version, "v2.0") || bert_json_is(version, "2.0") ? BERT_SQUAD_METRIC_2_0 : BERT_SQUAD_METRIC_1_1;
    return BERT_OK;
}
/* exact and f1 of a question. */
BERT__FN bert_status bert__score_question(bert__score_run *run, bert__scored *q)
{
    bert__scorer *s = run->scorer;
    const bert_json *v = q->prediction, *gold, *text;
    const int cmrc = run->out.metric == BERT_SQUAD_METRIC_CMRC, version_2 = run->out.metric == BERT_SQUAD_METRIC_2_0;
    int any = 0;
    q->exact = q->f1 = 0;
    if (v->type != 's') return bert__squad_fail(&run->predictions, v, "the prediction of question %.*s must be a string, not %s", (int)(q->id.size < 60 ? q->id.size : 60), q->id.text, bert__json_kind(v->type));
    s->predicted.size = 0;
    if (cmrc) {
        bert__cmrc_plain(s, v->text, v->size, &s->predicted);
        bert__cmrc_segments(s, &s->predicted, &s->predicted_segments, &s->predicted_pieces);
    } else {
        bert__score_normalize(&s->python, v->text, v->size, &s->lower, &s->predicted);
        bert__score_pieces(&s->predicted, &s->predicted_pieces);
    }
    for (gold = q->answers->first; gold; gold = gold->next) {
        text = gold->type == 's' ? gold : bert__squad_member(&run->data, gold, "text", 's');
        if (!text) return run->data.status;
        if (cmrc) {
            double f1;
            bert__cmrc_plain(s, text->text, text->size, &s->gold);
            if (s->gold.size == s->predicted.size && (!s->gold.size || memcmp(s->gold.data, s->predicted.data, s->gold.size) == 0)) q->exact = 1;
            bert__cmrc_segments(s, &s->gold, &s->gold_segments, &s->gold_pieces);
            f1 = bert__score_f1(bert__cmrc_common(s), s->gold_pieces.size / sizeof(bert_slice), s->predicted_pieces.size / sizeof(bert_slice));
            if (f1 > q->f1) q->f1 = f1;
            any = 1;
        } else {
            if (version_2) {                                            /* answers of which nothing is left do not count */
                s->gold.size = 0;
                bert__score_normalize(&s->python, text->text, text->size, &s->lower, &s->gold);
                if (!s->gold.size) continue;
            }
            bert__score_words(s, text->text, text->size, version_2, &q->exact, &q->f1);
            any = 1;
        }
    }
    if (!any && version_2) bert__score_words(s, "", 0, 1, &q->exact, &q->f1);       /* unanswerable */
    else if (!any) return bert__squad_fail(&run->data, q->answers, "question %.*s has no answer; questions that may have none are scored as version 2.0", (int)(q->id.size < 60 ? q->id.size : 60), q->id.text);
    if (s->lower.failed || s->gold.failed || s->predicted.failed || s->gold_pieces.failed || s->predicted_pieces.failed || s->order.failed
        || s->gold_segments.failed || s->predicted_segments.failed)
        return bert__fail(run->d.error, BERT_ERROR_MEMORY, NULL, -1, "out of memory");
    return BERT_OK;
}

/* Questions in the order of their probability of no answer; equal ones as the file of probabilities has them. */
typedef struct bert__na { double p; uint32_t question; } bert__na;
BERT__FN int bert__na_before(const void *user, uint32_t a, uint32_t b)
{
    const bert__na *n = (const bert__na *)user;
    return n[a].p < n[b].p || (n[a].p == n[b].p && a < b);
}
/* find_best_thresh: per cent, and the threshold. */
BERT__FN double bert__score_best(const bert__scored *q, const bert__na *na, const uint32_t *order, size_t n, int f1, double none, size_t total, double *thresh)
{
    double now = none, best = none;
    size_t i;
    *thresh = 0;
    for (i = 0; i < n; i++) {
        const bert__na *a = na + order[i];
        const bert__scored *s = q + a->question;
        if (s->missing) continue;
        now += s->has_answer ? (f1 ? s->f1 : s->exact) : s->prediction->size ? -1 : 0;
        if (now > best) { best = now; *thresh = a->p; }
    }
    return 100 * best / (double)total;
}
/* make_precision_recall_eval: which is 0 exact, 1 f1, 2 what a perfect reader would get. */
BERT__FN double bert__score_curve(const bert__score_run *run, const bert__scored *q, const bert__na *na, const uint32_t *order, size_t n, int which, double answerable)
{
    double hits = 0, precision, recall, last = 0, area = 0;
    size_t i;
    if (run->d.curve) run->d.curve(run->d.user, which, 1, 0);
    for (i = 0; i < n; i++) {
        const bert__na *a = na + order[i];
        const bert__scored *s = q + a->question;
        if (s->has_answer) hits += which == 2 ? 1 : which ? s->f1 : s->exact;
        precision = hits / (double)(i + 1);
        recall = hits / answerable;
        if (i + 1 < n && na[order[i + 1]].p == a->p) continue;         /* no threshold fits between equal ones */
        area += precision * (recall - last);
        last = recall;
        if (run->d.curve) run->d.curve(run->d.user, which, precision, recall);
    }
    return 100 * area;
}
BERT__FN void bert__score_sum(const bert__scored *q, const uint32_t *last, size_t n, double thresh, int which, bert_squad_part *out)
{
    size_t i;
    out->exact = out->f1 = 0;
    out->total = 0;
    for (i = 0; i < n; i++) {                                           /* which: 0 unanswerable, 1 answerable, 2 all */
        const bert__scored *s;
        double exact, f1;
        if (last[i] == UINT32_MAX) continue;
        s = q + last[i];
        if (which != 2 && s->has_answer != which) continue;
        exact = s->exact;
        f1 = s->f1;
        if (!s->missing && s->na_prob > thresh) exact = f1 = !s->has_answer;
        out->exact += exact;
        out->f1 += f1;
        out->total++;
    }
    if (!out->total) return;
    out->exact = 100 * out->exact / (double)out->total;
    out->f1 = 100 * out->f1 / (double)out->total;
}
/* SQuAD 2.0: ids are keys of dicts, of which the last counts at the place of the first. */
BERT__FN bert_status bert__score_version_2(bert__score_run *run, const bert_json *na_root)
{
    bert__scored *q = (bert__scored *)(void *)run->questions.data;
    const size_t n = run->questions.size / sizeof *q;
    const bert_allocator *a = &run->d.allocator;
    const double thresh = run->d.na_prob_thresh ? *run->d.na_prob_thresh : 1;
    bert_squad_score *out = &run->out;
    bert__score_dict dict;
    bert__slices ids;
    bert__na *na = NULL;
    uint32_t *order = NULL, *last = NULL;
    bert_status st = BERT_OK;
    size_t i, count = 0;
    double none = 0, answerable = 0;
    memset(&dict, 0, sizeof dict);
    order = (uint32_t *)bert__alloc(a, bert__mul(n, 2 * sizeof *order));
    if (!order) return bert__fail(run->d.error, BERT_ERROR_MEMORY, NULL, -1, "out of memory");
    last = order + n;
    ids.at = bert__scored_id;
    ids.user = q;
    bert__slices_last(&ids, n, order, last);
    if (na_root) st = bert__dict_open(&run->na_prob, na_root, a, &dict);
    for (i = 0; i < n && st == BERT_OK; i++) {
        const bert_json *v;
        if (last[i] == UINT32_MAX) continue;
        none += !q[last[i]].has_answer;
        answerable += q[last[i]].has_answer;
        if (!na_root || q[last[i]].missing) continue;
        v = bert__dict_get(&dict, q[i].id.text, q[i].id.size);
        if (!v) st = bert__squad_fail(&run->na_prob, na_root, "there is no probability for question %.*s", (int)(q[i].id.size < 60 ? q[i].id.size : 60), q[i].id.text);
        else if (!bert_json_double(v, &q[last[i]].na_prob) || q[last[i]].na_prob != q[last[i]].na_prob) st = bert__squad_fail(&run->na_prob, v, "a probability must be a number");
    }
    if (st == BERT_OK) {
        bert__score_sum(q, last, n, thresh, 2, &out->all);
        bert__score_sum(q, last, n, thresh, 1, &out->has_answer);
        bert__score_sum(q, last, n, thresh, 0, &out->no_answer);
    }
    if (st == BERT_OK && na_root) {
        uint32_t *sorted;
        na = (bert__na *)bert__alloc(a, bert__mul(dict.count, sizeof *na));
        sorted = (uint32_t *)bert__alloc(a, bert__mul(dict.count, sizeof *sorted));
        if (!na || !sorted) st = bert__fail(run->d.error, BERT_ERROR_MEMORY, NULL, -1, "out of memory");
        else {
            for (i = 0; i < dict.count; i++) {                          /* the file's order; questions that are not in the data do not count */
                size_t low = 0, high = n;
                const bert_json *v = dict.member[i];
                while (low < high) {
                    const size_t middle = (low + high) / 2;
                    if (bert__key_compare(v, q[order[middle]].id.text, q[order[middle]].id.size) > 0) low = middle + 1; else high = middle;
                }
                if (low == n || bert__key_compare(v, q[order[low]].id.text, q[order[low]].id.size) != 0 || q[last[order[low]]].missing) continue;
                na[count].question = last[order[low]];
                na[count].p = q[na[count].question].na_prob;
                if (q[na[count].question].na_seen) continue;            /* a name that comes again: the first place, the last value */
                q[na[count].question].na_seen = 1;
                count++;
            }
            bert__sort_order(sorted, count, bert__na_before, na);
            out->has_best = 1;
            out->best_exact = bert__score_best(q, na, sorted, count, 0, none, (size_t)out->all.total, &out->best_exact_thresh);
            out->best_f1 = bert__score_best(q, na, sorted, count, 1, none, (size_t)out->all.total, &out->best_f1_thresh);
            if (answerable > 0) {
                out->has_curves = 1;
                out->exact_ap = bert__score_curve(run, q, na, sorted, count, 0, answerable);
                out->f1_ap = bert__score_curve(run, q, na, sorted, count, 1, answerable);
                out->oracle_ap = bert__score_curve(run, q, na, sorted, count, 2, answerable);
            }
        }
        bert__free(a, na);
        bert__free(a, sorted);
    }
    bert__dict_close(&dict, a);
    bert__free(a, order);
    return st;
}
BERT__FN bert_status bert__score_all(bert__score_run *run, const bert_json *predictions, const bert_json *na_root)
{
    bert__scored *q = (bert__scored *)(void *)run->questions.data;
    const size_t n = run->questions.size / sizeof *q;
    const int cmrc = run->out.metric == BERT_SQUAD_METRIC_CMRC;
    bert__score_dict dict;
    bert_squad_item item;
    bert_status st = bert__dict_open(&run->predictions, predictions, &run->d.allocator, &dict);
    size_t i;
    double exact = 0, f1 = 0;
    for (i = 0; i < n && st == BERT_OK; i++) {
        bert_slice id = q[i].id;
        if (cmrc) id = bert__str_strip(id.text, id.size);
        q[i].prediction = bert__dict_get(&dict, id.text, id.size);
        q[i].missing = !q[i].prediction;
        if (q[i].missing) run->out.missing++;
        else st = bert__score_question(run, q + i);
        exact += q[i].exact;
        f1 += q[i].f1;
        item.id = q[i].id;
        item.exact = q[i].exact;
        item.f1 = q[i].f1;
        item.missing = q[i].missing;
        if (st == BERT_OK && run->d.each) run->d.each(run->d.user, &item);
    }
    bert__dict_close(&dict, &run->d.allocator);
    if (st != BERT_OK) return st;
    run->out.all.exact = 100 * exact / (double)n;
    run->out.all.f1 = 100 * f1 / (double)n;
    run->out.all.total = (int64_t)n;
    return run->out.metric == BERT_SQUAD_METRIC_2_0 ? bert__score_version_2(run, na_root) : BERT_OK;
}
BERT_API bert_status bert_squad_evaluate(const bert_squad_score_desc *desc, bert_squad_score *out)
{
    bert__score_run run;
    bert_json_doc data, predictions, na;
    bert_file data_file, predictions_file, na_file;
    bert_status st;
    bert_allocator a;
    bert__scorer *s;
    bert__buf *bufs[8];
    int i, has_na;
    if (!desc || !out) return bert__bad_argument(desc ? desc->error : NULL, "bert_squad_evaluate needs a desc and a place for the result");
    memset(&run, 0, sizeof run);
    memset(&predictions, 0, sizeof predictions);
    memset(&predictions_file, 0, sizeof predictions_file);
    memset(&na, 0, sizeof na);
    memset(&na_file, 0, sizeof na_file);
    run.d = *desc;
    a = run.d.allocator = bert__allocator(&desc->allocator);
    has_na = desc->na_prob_path || desc->na_prob;
    s = run.scorer = (bert__scorer *)bert__alloc(&a, sizeof *s);
    if (!s) return bert__fail(desc->error, BERT_ERROR_MEMORY, NULL, -1, "out of memory");
    bert__str_init(&s->python);
    bufs[0] = &s->lower; bufs[1] = &s->gold; bufs[2] = &s->predicted; bufs[3] = &s->gold_pieces; bufs[4] = &s->predicted_pieces; bufs[5] = &s->order; bufs[6] = &s->gold_segments; bufs[7] = &s->predicted_segments;
    for (i = 0; i < 8; i++) bert__buf_init(bufs[i], &a);
    bert__buf_init(&run.questions, &a);
    st = bert__squad_read(&run.data, desc->data_path, desc->data, desc->data_size, &a, desc->error, &data_file, &data, "questions");
    if (st == BERT_OK) st = bert__score_read(&run, data.root);
    if (st == BERT_OK) st = bert__squad_read(&run.predictions, desc->predictions_path, desc->predictions, desc->predictions_size, &a, desc->error, &predictions_file, &predictions, "predictions");
    if (st == BERT_OK && has_na) st = bert__squad_read(&run.na_prob, desc->na_prob_path, desc->na_prob, desc->na_prob_size, &a, desc->error, &na_file, &na, "probabilities");
    if (st == BERT_OK) st = bert__score_all(&run, predictions.root, has_na ? na.root : NULL);
    for (i = 0; i < 8; i++) bert__buf_free(bufs[i]);
    bert__buf_free(&run.questions);
    bert_json_free(&data);
    bert_json_free(&predictions);
    bert_json_free(&na);
    bert_file_close(&data_file);
    bert_file_close(&predictions_file);
    bert_file_close(&na_file);
    bert__free(&a, s);
    if (st == BERT_OK) *out = run.out;
    return st;
}
#endif /* BERT_NO_DATA, BERT_NO_TOKENIZER */

/* ============================================================================================================
   >>tasks
   Purpose   data sets: texts with a label (GLUE, XNLI, LCQMC, ...), words with a label each, and what a model gets of them.
   Uses      >>records, the tokenizer.
   Promises  the examples, features and labels of Google's run_classifier.py and of NEZHA's run_classifier_ner.py, one at a time:
             texts are not copied, and memory does not grow with the file. Rows that do not fit are an error that names the line.

   Quirks kept: quotes are plain characters; a row is a line, divided at tabs; MRPC's first line is always skipped, CoLA's only in
   test; MNLI's label is the last column; "contradictory" is renamed in XNLI's training file only, and its other file is read for one
   language; test examples get the first label. Not kept, because the reference stops there: blank lines are passed over, and a mark
   of byte order (which would be part of the first field) is taken off.
   ============================================================================================================ */

#if !defined(BERT_NO_DATA) && !defined(BERT_NO_TOKENIZER)

/* ---- lines ---- */

/* A text read line by line. */
typedef struct bert__lines {
    bert_file file;
    const char *data;
    size_t size, at;
    int64_t line;                       /* of the line that was read last, from 1 */
    int any_newline;                    /* \r alone ends a line too, as Python's text files have it */
    char *path;                         /* for messages */
} bert__lines;

BERT__FN void bert__lines_close(bert__lines *r, const bert_allocator *a)
{
    bert_file_close(&r->file);
    bert__free(a, r->path);
    r->path = NULL;
}
/* Opens a file, or data if there is any; `path` is then only a name. Close it after failures as well. */
BERT__FN bert_status bert__lines_open(bert__lines *r, const char *path, const void *data, size_t size, const bert_allocator *a, bert_error *error)
{
    const char *name = path ? path : "data in memory";
    bert_status s;
    memset(r, 0, sizeof *r);
    r->path = (char *)bert__alloc(a, strlen(name) + 1);
    if (!r->path) return bert__fail(error, BERT_ERROR_MEMORY, path, -1, "out of memory");
    memcpy(r->path, name, strlen(name) + 1);
    r->data = (const char *)data;
    r->size = size;
    if (data) return BERT_OK;
    if ((s = bert_file_open(path, a, &r->file, error)) != BERT_OK) return s;
    r->data = (const char *)r->file.data;
    r->size = r->file.size;
    return BERT_OK;
}
/* The next line without its end and all \r before that; *got is 0 at the end. The reference's files must be UTF-8 too. */
BERT__FN bert_status bert__lines_next(bert__lines *r, bert_bytes *row, int *got, bert_error *error)
{
    const char *p = r->data + r->at, *end;
    size_t n = r->size - r->at, i;
    *got = n > 0;
    if (!n) return BERT_OK;
    if (r->at == 0 && n >= 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0 && !r->any_newline) { p += 3; n -= 3; r->at = 3; }
    end = n ? (const char *)memchr(p, '\n', n) : NULL;
    row->data = p;
    row->size = end ? (size_t)(end - p) : n;
    end = r->any_newline && row->size ? (const char *)memchr(p, '\r', row->size) : NULL;
    if (end) {
        row->size = (size_t)(end - p);
        r->at += row->size + (row->size + 1 < n && end[1] == '\n' ? 2 : 1);
    } else {
        r->at += row->size + (row->size < n);
        while (!r->any_newline && row->size && p[row->size - 1] == '\r') row->size--;
    }
    r->line++;
    i = bert__utf8_check(row->data, row->size);
    if (i < row->size) return bert__fail(error, BERT_ERROR_FORMAT, r->path, BERT__LINE(r->line), "byte %zu of the line is not UTF-8: convert the file", i + 1);
    return BERT_OK;
}

/* ---- labels ---- */

BERT_API void bert_labels_free(bert_labels *labels)
{
    bert__arena arena;
    if (!labels) return;
    if (labels->memory) {
        bert__arena_init(&arena, &labels->allocator, 0);
        arena.blocks = (bert__block *)labels->memory;
        bert__arena_free(&arena);
    }
    memset(labels, 0, sizeof *labels);
}
enum { BERT__LABELS_MOST = 10000 };     /* more are no labels but a wrong column */

/* Labels being collected: different ones, sorted by `compare`, or in the order they come. */
typedef struct bert__label_set {
    bert__arena arena;
    const char **names;
    size_t count, room;
    int (*compare)(const char *a, size_t a_size, const char *b, size_t b_size);
} bert__label_set;

BERT__FN void bert__label_set_init(bert__label_set *set, const bert_allocator *a, int (*compare)(const char *a, size_t a_size, const char *b, size_t b_size))
{
    memset(set, 0, sizeof *set);
    bert__arena_init(&set->arena, a, 4096);
    set->compare = compare;
}
BERT__FN bert_status bert__label_add(bert__label_set *set, const char *name, size_t size, const char *path, int64_t line, bert_error *error)
{
    size_t low = 0, high = set->count;
    char *copy;
    while (set->compare && low < high) {
        const size_t middle = low + (high - low) / 2;
        const int c = set->compare(set->names[middle], strlen(set->names[middle]), name, size);
        if (!c) return BERT_OK;
        if (c < 0) low = middle + 1; else high = middle;
    }
    if (!set->compare) low = set->count;
    if (memchr(name, 0, size)) return bert__fail(error, BERT_ERROR_FORMAT, path, BERT__LINE(line), "a label with a zero byte in it");
    if (set->count == BERT__LABELS_MOST)
        return bert__fail(error, BERT_ERROR_FORMAT, path, BERT__LINE(line), "there are more than %d different labels: is it the right column?", (int)BERT__LABELS_MOST);
    if (set->count == set->room) {
        const size_t room = set->room ? set->room * 2 : 16;
        const char **names = (const char **)bert__arena_array(&set->arena, room, sizeof *names);
        if (!names) return bert__fail(error, BERT_ERROR_MEMORY, path, -1, "out of memory for labels");
        if (set->count) memcpy(names, set->names, set->count * sizeof *names);
        set->names = names;
        set->room = room;
    }
    copy = (char *)bert__arena_get_aligned(&set->arena, size + 1, 1);
    if (!copy) return bert__fail(error, BERT_ERROR_MEMORY, path, -1, "out of memory for labels");
    if (size) memcpy(copy, name, size);
    copy[size] = 0;
    memmove(set->names + low + 1, set->names + low, (set->count - low) * sizeof *set->names);
    set->names[low] = copy;
    set->count++;
    return BERT_OK;
}
/* Hands them over, or frees them after a failure. */
BERT__FN bert_status bert__label_set_end(bert__label_set *set, bert_status s, bert_labels *out)
{
    if (s != BERT_OK) { bert__arena_free(&set->arena); return s; }
    out->names = set->names;
    out->count = set->count;
    out->memory = set->arena.blocks;
    out->allocator = set->arena.allocator;
    return BERT_OK;
}
/* The index of a label, -1: there is none such. */
BERT__FN int32_t bert__label_find(const char *const *names, size_t count, const char *name, size_t size)
{
    size_t i;
    for (i = 0; i < count; i++) if (strlen(names[i]) == size && memcmp(names[i], name, size) == 0) return (int32_t)i;
    return -1;
}
/* The labels as a text for messages: "a, b, ..." */
BERT__FN const char *bert__label_list(const char *const *names, size_t count, char *out, size_t size)
{
    bert__text t;
    size_t i;
    t.out = out;
    t.size = 0;
    t.capacity = size - 5;
    for (i = 0; i < count; i++) bert__text_format(&t, "%s%s", i ? ", " : "", names[i]);
    i = t.size > t.capacity;
    t.capacity = size - 1;
    if (i) { t.size = size - 5; bert__text_format(&t, "..."); }
    bert__text_close(&t);
    return out;
}
BERT_API bert_status bert_labels_read(const char *path, const bert_allocator *allocator, bert_labels *out, bert_error *error)
{
    const bert_allocator a = bert__allocator(allocator);
    bert__lines rows;
    bert__label_set set;
    bert_bytes row;
    bert_status s;
    int got = 1;
    if (!path || !out) return bert__bad_argument(error, "bert_labels_read needs a path and a place for the labels");
    bert__label_set_init(&set, &a, NULL);
    s = bert__lines_open(&rows, path, NULL, 0, &a, error);
    while (s == BERT_OK && got) {
        s = bert__lines_next(&rows, &row, &got, error);
        if (s != BERT_OK || !got || !row.size) continue;
        if (bert__label_find(set.names, set.count, row.data, row.size) >= 0) s = bert__fail(error, BERT_ERROR_FORMAT, path, BERT__LINE(rows.line), "the label \"%.*s\" is there twice", (int)(row.size < 100 ? row.size : 100), row.data);
        else s = bert__label_add(&set, row.data, row.size, path, rows.line, error);
    }
    if (s == BERT_OK && !set.count) s = bert__fail(error, BERT_ERROR_FORMAT, path, -1, "there is no label in it");
    bert__lines_close(&rows, &a);
    return bert__label_set_end(&set, s, out);
}
BERT_API bert_status bert_labels_write(const char *path, const char *const *names, size_t count, bert_error *error)
{
    bert__writer w;
    size_t i;
    if (!path || (!names && count)) return bert__bad_argument(error, "bert_labels_write needs a path and labels");
    for (i = 0; i < count; i++) if (!names[i] || !*names[i] || strpbrk(names[i], "\r\n")) return bert__bad_argument(error, "a label that is empty or has a line's end in it cannot be written to a file");
    if (bert__writer_open(&w, path, error) != BERT_OK) return w.status;
    for (i = 0; i < count; i++) {
        bert__writer_add(&w, names[i], strlen(names[i]));
        bert__writer_add(&w, "\n", 1);
    }
    return bert__writer_commit(&w);
}

/* ---- the tasks: where their texts and labels stand ---- */

enum { BERT__NO_COLUMN = -1, BERT__LAST_COLUMN = -2 };
enum { BERT__TASK_HEADER = 1, BERT__TASK_ID_COLUMN = 2, BERT__TASK_SKIP = 4, BERT__TASK_NUMBER = 8, BERT__TASK_OWN_LABELS = 16, BERT__TASK_TSV = 32, BERT__TASK_XNLI = 64 };

/* A file of a task. `set` is what its guids begin with. */
typedef struct bert__task_file { const char *name, *set; int header, a, b, label; } bert__task_file;
typedef struct bert__task_info {
    const char *name;
    bert__task_file file[3];
    int flags;
    const char *labels[3];              /* in the reference's order */
} bert__task_info;

static const bert__task_info bert__tasks[] = {
    { "MRPC", { { "train.tsv", "train", 1, 3, 4, 0 }, { "dev.tsv", "dev", 1, 3, 4, 0 }, { "test.tsv", "test", 1, 3, 4, -1 } }, 0, { "0", "1", NULL } },
    { "CoLA", { { "train.tsv", "train", 0, 3, -1, 1 }, { "dev.tsv", "dev", 0, 3, -1, 1 }, { "test.tsv", "test", 1, 1, -1, -1 } }, 0, { "0", "1", NULL } },
    { "MNLI", { { "train.tsv", "train", 1, 8, 9, -2 }, { "dev_matched.tsv", "dev_matched", 1, 8, 9, -2 }, { "test_matched.tsv", "test", 1, 8, 9, -1 } }, BERT__TASK_ID_COLUMN, { "contradiction", "entailment", "neutral" } },
    { "MNLI-MM", { { "train.tsv", "train", 1, 8, 9, -2 }, { "dev_mismatched.tsv", "dev_mismatched", 1, 8, 9, -2 }, { "test_mismatched.tsv", "test", 1, 8, 9, -1 } }, BERT__TASK_ID_COLUMN, { "contradiction", "entailment", "neutral" } },
    { "AX", { { "train.tsv", "train", 1, 8, 9, -2 }, { "dev_matched.tsv", "dev_matched", 1, 8, 9, -2 }, { "diagnostic.tsv", "test", 1, 1, 2, -1 } }, BERT__TASK_ID_COLUMN, { "contradiction", "entailment", "neutral" } },
    { "XNLI", { { "multinli/multinli.train.zh.tsv", "train", 1, 0, 1, 2 }, { "xnli.dev.tsv", "dev", 1, 6, 7, 1 }, { "xnli.test.tsv", "test", 1, 6, 7, 1 } }, BERT__TASK_XNLI, { "contradiction", "entailment", "neutral" } },
    { "SST-2", { { "train.tsv", "train", 1, 0, -1, 1 }, { "dev.tsv", "dev", 1, 0, -1, 1 }, { "test.tsv", "test", 1, 1, -1, -1 } }, 0, { "0", "1", NULL } },
    { "QQP", { { "train.tsv", "train", 1, 3, 4, 5 }, { "dev.tsv", "dev", 1, 3, 4, 5 }, { "test.tsv", "test", 1, 1, 2, -1 } }, BERT__TASK_ID_COLUMN | BERT__TASK_SKIP, { "0", "1", NULL } },
    { "QNLI", { { "train.tsv", "train", 1, 1, 2, -2 }, { "dev.tsv", "dev", 1, 1, 2, -2 }, { "test.tsv", "test", 1, 1, 2, -1 } }, BERT__TASK_ID_COLUMN, { "entailment", "not_entailment", NULL } },
    { "RTE", { { "train.tsv", "train", 1, 1, 2, -2 }, { "dev.tsv", "dev", 1, 1, 2, -2 }, { "test.tsv", "test", 1, 1, 2, -1 } }, BERT__TASK_ID_COLUMN, { "entailment", "not_entailment", NULL } },
    { "WNLI", { { "train.tsv", "train", 1, 1, 2, -2 }, { "dev.tsv", "dev", 1, 1, 2, -2 }, { "test.tsv", "test", 1, 1, 2, -1 } }, BERT__TASK_ID_COLUMN, { "0", "1", NULL } },
    { "STS-B", { { "train.tsv", "train", 1, 7, 8, -2 }, { "dev.tsv", "dev", 1, 7, 8, -2 }, { "test.tsv", "test", 1, 7, 8, -1 } }, BERT__TASK_ID_COLUMN | BERT__TASK_NUMBER, { NULL, NULL, NULL } },
    { "LCQMC", { { "train.tsv", "train", 1, 0, 1, 2 }, { "dev.tsv", "dev", 1, 0, 1, 2 }, { "test.tsv", "test", 1, 0, 1, 2 } }, 0, { "0", "1", NULL } },
    { "text_clf", { { "train.tsv", "train", 0, 1, -1, 0 }, { "dev.tsv", "dev", 0, 1, -1, 0 }, { "test.tsv", "test", 0, 1, -1, 0 } }, BERT__TASK_OWN_LABELS, { NULL, NULL, NULL } },
    { "ChnSentiCorp", { { "train.tsv", "train", 0, 1, -1, 0 }, { "dev.tsv", "dev", 0, 1, -1, 0 }, { "test.tsv", "test", 0, 1, -1, 0 } }, BERT__TASK_OWN_LABELS, { NULL, NULL, NULL } },
    { "tsv", { { "train.tsv", "train", 0, 0, -1, -1 }, { "dev.tsv", "dev", 0, 0, -1, -1 }, { "test.tsv", "test", 0, 0, -1, -1 } }, BERT__TASK_OWN_LABELS | BERT__TASK_TSV, { NULL, NULL, NULL } },
};
enum { BERT__TASKS = (int)(sizeof bert__tasks / sizeof *bert__tasks) };

struct bert_dataset {
    bert_allocator allocator;
    const bert__task_info *info;
    bert__task_file file;               /* the columns of this one */
    bert__lines rows;
    bert_labels own;                    /* of the data */
    const char *const *labels;
    size_t label_count;
    char language[16];
    bert__buf guid;
    int64_t index, skipped;             /* rows so far, blank and skipped ones included: the reference counts them */
    int numbers, train;
};

/* Names are compared without case, and without '-' and '_'. */
BERT__FN int bert__same_task(const char *a, const char *b)
{
    for (;; a++, b++) {
        int x, y;
        while (*a == '-' || *a == '_') a++;
        while (*b == '-' || *b == '_') b++;
        x = *a >= 'A' && *a <= 'Z' ? *a + 32 : *a;
        y = *b >= 'A' && *b <= 'Z' ? *b + 32 : *b;
        if (x != y || !x) return x == y;
    }
}
BERT__FN const bert__task_info *bert__task_find(const char *name)
{
    int i;
    for (i = 0; name && i < BERT__TASKS; i++) if (bert__same_task(bert__tasks[i].name, name)) return bert__tasks + i;
    return NULL;
}
BERT_API const char *bert_dataset_name(size_t index) { return index < (size_t)BERT__TASKS ? bert__tasks[index].name : NULL; }
BERT_API const char *bert_dataset_file(const char *task, bert_split split)
{
    const bert__task_info *info = bert__task_find(task);
    return info && (unsigned)split < 3 ? info->file[split].name : NULL;
}

/* A field of a row, counted from 0; size 0 and data NULL if there are not so many. */
BERT__FN bert_bytes bert__field(const bert_bytes *row, int column)
{
    bert_bytes f;
    const char *p = row->data, *end = row->data + row->size, *tab;
    f.data = NULL;
    f.size = 0;
    if (column == BERT__NO_COLUMN) return f;
    for (;; column -= column > 0) {
        tab = p < end ? (const char *)memchr(p, '\t', (size_t)(end - p)) : NULL;
        if (column == 0 || (column == BERT__LAST_COLUMN && !tab)) break;
        if (!tab) return f;
        p = tab + 1;
    }
    f.data = p;
    f.size = (size_t)((tab ? tab : end) - p);
    return f;
}
BERT__FN int bert__columns(const bert_bytes *row)
{
    int n = 1;
    size_t i;
    for (i = 0; i < row->size; i++) n += row->data[i] == '\t';
    return n;
}

BERT_API void bert_dataset_close(bert_dataset *task)
{
    bert_allocator a;
    if (!task) return;
    a = task->allocator;
    bert__lines_close(&task->rows, &a);
    bert_labels_free(&task->own);
    bert__buf_free(&task->guid);
    bert__free(&a, task);
}
BERT_API void bert_dataset_rewind(bert_dataset *task)
{
    if (!task) return;
    task->rows.at = 0;
    task->rows.line = 0;
    task->index = task->skipped = 0;
}
BERT_API bert_dataset_place bert_dataset_tell(const bert_dataset *task)
{
    bert_dataset_place p;
    memset(&p, 0, sizeof p);
    if (!task) return p;
    p.at = task->rows.at;
    p.line = task->rows.line;
    p.row = task->index;
    return p;
}
BERT_API bert_status bert_dataset_seek(bert_dataset *task, const bert_dataset_place *place, bert_error *error)
{
    if (!task || !place) return bert__bad_argument(error, "bert_dataset_seek needs a data set and a place in it");
    if (place->at > task->rows.size || place->line < 0 || place->row < 0)
        return bert__fail(error, BERT_ERROR_ARGUMENT, task->rows.path, -1, "the place %zu lies behind the end of the file (%zu bytes)", place->at, task->rows.size);
    task->rows.at = place->at;
    task->rows.line = place->line;
    task->index = place->row;
    return BERT_OK;
}
BERT_API const char *const *bert_dataset_labels(const bert_dataset *task, size_t *count)
{
    if (count) *count = task ? task->label_count : 0;
    return task ? task->labels : NULL;
}
BERT_API int bert_dataset_is_regression(const bert_dataset *task) { return task && task->numbers; }
BERT_API int64_t bert_dataset_skipped(const bert_dataset *task) { return task ? task->skipped : 0; }

/* The next row that has an example, its number in *index, and its fields. */
BERT__FN bert_status bert__task_row(bert_dataset *t, bert_bytes *row, int64_t *index, int *got, bert_error *error)
{
    const bert__task_file *f = &t->file;
    const int need = (f->a > f->b ? f->a : f->b) > f->label ? (f->a > f->b ? f->a : f->b) : f->label;
    bert_status s;
    for (;;) {
        if ((s = bert__lines_next(&t->rows, row, got, error)) != BERT_OK || !*got) return s;
        *index = t->index++;
        if ((*index == 0 && f->header) || !row->size) continue;
        if ((t->info->flags & BERT__TASK_XNLI) && !t->train) {
            const bert_bytes language = bert__field(row, 0);
            if (language.size != strlen(t->language) || memcmp(language.data, t->language, language.size) != 0) continue;
        }
        if (bert__field(row, need).data) return BERT_OK;
        if (t->info->flags & BERT__TASK_SKIP) { t->skipped++; continue; }
        return bert__fail(error, BERT_ERROR_FORMAT, t->rows.path, BERT__LINE(t->rows.line), "the line has %d columns, divided by tabs; %s needs %d", bert__columns(row), t->info->name, need + 1);
    }
}
/* A column of a tsv file: a number from 1, or a name in the header. */
BERT__FN bert_status bert__tsv_column(const bert_dataset *t, const bert_bytes *header, const char *what, const char *column, int optional, int *out, bert_error *error)
{
    char list[200];
    bert_bytes f;
    int64_t n = 0;
    size_t i;
    int k;
    *out = BERT__NO_COLUMN;
    if (!column) return BERT_OK;
    for (i = 0; i < 7 && bert__is_digit(column[i]); i++) n = n * 10 + (column[i] - '0');
    if (i && !column[i]) {
        if (n < 1) return bert__fail(error, BERT_ERROR_ARGUMENT, NULL, -1, "%s: columns count from 1", what);
        *out = (int)(n - 1);
        return BERT_OK;
    }
    for (k = 0; header && (f = bert__field(header, k)).data != NULL; k++)
        if (f.size == strlen(column) && memcmp(f.data, column, f.size) == 0) { *out = k; return BERT_OK; }
    if (optional) return BERT_OK;
    bert__format(list, sizeof list, "%.*s", header ? (int)(header->size < 190 ? header->size : 190) : 0, header ? header->data : "");
    for (i = 0; list[i]; i++) if (list[i] == '?') list[i] = ' ';        /* tabs, as the formatter shows them */
    return bert__fail(error, BERT_ERROR_ARGUMENT, t->rows.path, -1, "%s: no column is named \"%s\"; the first line has: %s", what, column, list);
}
BERT__FN int bert__is_number_text(const char *s)
{
    if (!s) return 1;
    while (bert__is_digit(*s)) s++;
    return !*s;
}
BERT__FN bert_status bert__tsv_columns(bert_dataset *t, const bert_dataset_desc *d)
{
    const int named = !bert__is_number_text(d->text_a) || !bert__is_number_text(d->text_b) || !bert__is_number_text(d->label);
    bert_bytes row;
    bert_status s;
    int got = 0;
    if (!d->text_a) return bert__bad_argument(d->error, "the task tsv needs text_a: the column of the text, a number from 1 or a name in the first line");
    t->numbers = d->regression == BERT_ON;
    t->file.header = d->header == BERT_ON || (d->header == BERT_DEFAULT && named);
    if (named && !t->file.header) return bert__bad_argument(d->error, "the task tsv: without a header, columns are given by number");
    if (t->file.header && (s = bert__lines_next(&t->rows, &row, &got, d->error)) != BERT_OK) return s;
    if (t->file.header && !got) return bert__fail(d->error, BERT_ERROR_FORMAT, t->rows.path, -1, "the file is empty: the names of the columns must be in its first line");
    if ((s = bert__tsv_column(t, got ? &row : NULL, "text_a", d->text_a, 0, &t->file.a, d->error)) != BERT_OK ||
        (s = bert__tsv_column(t, got ? &row : NULL, "text_b", d->text_b, 0, &t->file.b, d->error)) != BERT_OK ||
        (s = bert__tsv_column(t, got ? &row : NULL, "label", d->label, d->split == BERT_SPLIT_TEST, &t->file.label, d->error)) != BERT_OK) return s;
    if (t->file.label < 0 && d->split != BERT_SPLIT_TEST) return bert__bad_argument(d->error, "the task tsv needs label: the column of the label, a number from 1 or a name in the first line");
    return BERT_OK;
}
/* The labels of a task that brings its own: those of the desc, else of the training file, else of the file itself. */
BERT__FN bert_status bert__task_own_labels(bert_dataset *t, const bert_dataset_desc *d)
{
    bert__label_set set;
    bert_dataset *from = t;
    bert_dataset_desc other = *d;
    bert_status s = BERT_OK;
    bert_bytes row, label;
    int64_t index;
    size_t i;
    int got = 1;
    bert__label_set_init(&set, &t->allocator, d->labels ? NULL : bert__compare_names);
    if (d->labels) {
        for (i = 0; i < d->label_count && s == BERT_OK; i++) {
            if (!d->labels[i]) s = bert__bad_argument(d->error, "labels: one of them is NULL");
            else s = bert__label_add(&set, d->labels[i], strlen(d->labels[i]), NULL, 0, d->error);
        }
        if (s == BERT_OK && !set.count) s = bert__bad_argument(d->error, "labels: there is none");
        return bert__label_set_end(&set, s, &t->own);
    }
    if (d->split != BERT_SPLIT_TRAIN && d->data_dir) {
        other.split = BERT_SPLIT_TRAIN;
        other.path = NULL;
        other.data = NULL;
        if ((s = bert_dataset_open(&other, &from)) != BERT_OK) return s;
        t->own = from->own;
        memset(&from->own, 0, sizeof from->own);
        bert_dataset_close(from);
        return BERT_OK;
    }
    if (t->file.label < 0) { bert__arena_free(&set.arena); return bert__bad_argument(d->error, "the file has no labels: give them in `labels`, or data_dir with the training file"); }
    while (s == BERT_OK && got) {
        s = bert__task_row(t, &row, &index, &got, d->error);
        if (s != BERT_OK || !got) continue;
        label = bert__field(&row, t->file.label);
        s = bert__label_add(&set, label.data, label.size, t->rows.path, t->rows.line, d->error);
    }
    bert_dataset_rewind(t);
    if (s == BERT_OK && !set.count) s = bert__fail(d->error, BERT_ERROR_FORMAT, t->rows.path, -1, "there is no example in it, so no labels: give them in `labels`");
    return bert__label_set_end(&set, s, &t->own);
}
BERT__FN bert_status bert__task_start(bert_dataset *t, const bert_dataset_desc *d)
{
    const char *file = t->file.name, *language = d->language ? d->language : "zh";
    char name[64], path[4096];
    bert_status s;
    if (strlen(language) >= sizeof t->language) return bert__bad_argument(d->error, "language: a code as \"zh\" or \"en\" is wanted");
    memcpy(t->language, language, strlen(language) + 1);
    bert__format(name, sizeof name, "multinli/multinli.train.%s.tsv", language);
    if ((t->info->flags & BERT__TASK_XNLI) && t->train) file = name;
    if (!d->path && !d->data) {
        if (!d->data_dir) return bert__bad_argument(d->error, "bert_dataset_open needs data_dir, path or data");
        if (strlen(d->data_dir) + strlen(file) + 2 > sizeof path) return bert__fail(d->error, BERT_ERROR_IO, d->data_dir, -1, "the path is too long");
        bert__format(path, sizeof path, "%s/%s", d->data_dir, file);
    }
    if ((s = bert__lines_open(&t->rows, d->path || d->data ? d->path : path, d->data, d->size, &t->allocator, d->error)) != BERT_OK) return s;
    if ((t->info->flags & BERT__TASK_TSV) && (s = bert__tsv_columns(t, d)) != BERT_OK) return s;
    bert_dataset_rewind(t);
    if (t->numbers) return BERT_OK;
    if (t->info->flags & BERT__TASK_OWN_LABELS) {
        if ((s = bert__task_own_labels(t, d)) != BERT_OK) return s;
        t->labels = t->own.names;
        t->label_count = t->own.count;
        return BERT_OK;
    }
    t->labels = t->info->labels;
    while (t->label_count < 3 && t->labels[t->label_count]) t->label_count++;
    return BERT_OK;
}
BERT_API bert_status bert_dataset_open(const bert_dataset_desc *desc, bert_dataset **out)
{
    const bert_dataset_desc *d = desc;
    const bert__task_info *info;
    bert_allocator a;
    bert_dataset *t;
    bert_status s;
    if (!d || !out || (unsigned)d->split > 2) return bert__bad_argument(d ? d->error : NULL, "bert_dataset_open needs a desc with a split, and a place for the task");
    info = bert__task_find(d->task);
    if (!info) {
        char list[300] = "";
        int i;
        for (i = 0; i < BERT__TASKS; i++) bert__format(list + strlen(list), sizeof list - strlen(list), "%s%s", i ? ", " : "", bert__tasks[i].name);
        return bert__fail(d->error, BERT_ERROR_ARGUMENT, NULL, -1, "no task is named \"%s\": there are %s", d->task ? d->task : "", list);
    }
    a = bert__allocator(&d->allocator);
    t = (bert_dataset *)bert__alloc(&a, sizeof *t);
    if (!t) return bert__fail(d->error, BERT_ERROR_MEMORY, NULL, -1, "out of memory");
    memset(t, 0, sizeof *t);
    t->allocator = a;
    t->info = info;
    t->file = info->file[d->split];
    t->numbers = (info->flags & BERT__TASK_NUMBER) != 0;
    t->train = d->split == BERT_SPLIT_TRAIN;
    bert__buf_init(&t->guid, &a);
    if ((s = bert__task_start(t, d)) != BERT_OK) { bert_dataset_close(t); return s; }
    *out = t;
    return BERT_OK;
}
BERT_API bert_status bert_dataset_next(bert_dataset *task, bert_dataset_example *out, int *got, bert_error *error)
{
    bert_dataset *t = task;
    bert_dataset_example e;
    bert_bytes row, id;
    char number[32], list[200];
    bert_status s;
    int64_t index = 0;
    if (!t || !out || !got) return bert__bad_argument(error, "bert_dataset_next needs a task and a place for the example");
    if ((s = bert__task_row(t, &row, &index, got, error)) != BERT_OK || !*got) return s;
    memset(&e, 0, sizeof e);
    e.line = t->rows.line;
    e.text_a = bert__field(&row, t->file.a);
    e.text_b = bert__field(&row, t->file.b);
    e.label = bert__field(&row, t->file.label);
    e.labelled = t->file.label != BERT__NO_COLUMN;
    if ((t->info->flags & BERT__TASK_XNLI) && t->train && e.label.size == 13 && memcmp(e.label.data, "contradictory", 13) == 0) {
        e.label.data = "contradiction";
    }
    if (e.labelled && t->numbers && !bert_parse_double(e.label.data, e.label.size, &e.value))
        return bert__fail(error, BERT_ERROR_FORMAT, t->rows.path, BERT__LINE(e.line), "the label \"%.*s\" is no number", (int)(e.label.size < 100 ? e.label.size : 100), e.label.data);
    if (e.labelled && !t->numbers && (e.label_id = bert__label_find(t->labels, t->label_count, e.label.data, e.label.size)) < 0)
        return bert__fail(error, BERT_ERROR_FORMAT, t->rows.path, BERT__LINE(e.line), "the label \"%.*s\" is none of %s", (int)(e.label.size < 100 ? e.label.size : 100), e.label.data,
                          bert__label_list(t->labels, t->label_count, list, sizeof list));
    t->guid.size = 0;
    t->guid.failed = 0;
    bert__buf_add(&t->guid, t->file.set, strlen(t->file.set));
    bert__buf_add(&t->guid, "-", 1);
    id = bert__field(&row, 0);
    if (t->info->flags & BERT__TASK_ID_COLUMN) bert__buf_add(&t->guid, id.data, id.size);
    else bert__buf_add(&t->guid, number, bert__format(number, sizeof number, "%lld", (long long)index));
    bert__buf_add(&t->guid, "", 1);
    if (t->guid.failed) return bert__fail(error, BERT_ERROR_MEMORY, t->rows.path, -1, "out of memory for an example");
    e.guid = t->guid.data;
    *out = e;
    return BERT_OK;
}

/* ---- features ---- */

BERT_API bert_status bert_features_encode(const bert_tokenizer *tokenizer, const bert_bytes *a, const bert_bytes *b, size_t max_length, bert_features *out, bert_error *error)
{
    bert_special_ids special;
    bert_encoding e;
    bert_status s;
    size_t na, nb = 0, n, i;
    int unknown = 0;
    if (!tokenizer || !out || !out->input_ids || !out->input_mask || !out->segment_ids) return bert__bad_argument(error, "bert_features_encode needs a tokenizer and arrays for ids, mask and segments");
    if (max_length < 3 || max_length > INT32_MAX) return bert__bad_argument(error, "max_length: [CLS] and two [SEP] need three tokens");
    special = bert_tokenizer_special_ids(tokenizer);
    if (special.cls < 0 || special.sep < 0) return bert__fail(error, BERT_ERROR_MISMATCH, NULL, -1, "the vocabulary has no [CLS] or no [SEP]");
    memset(out->input_mask, 0, max_length * sizeof *out->input_mask);
    if (!a) {
        memset(out->input_ids, 0, max_length * sizeof *out->input_ids);
        memset(out->segment_ids, 0, max_length * sizeof *out->segment_ids);
        out->count = 0;
        return BERT_OK;
    }
    memset(&e, 0, sizeof e);
    e.ids = out->input_ids + 1;
    e.capacity = max_length - 2;
    s = bert_tokenizer_encode(tokenizer, a->data, a->size, &e);
    na = e.count;
    if ((s == BERT_OK || s == BERT_ERROR_SPACE) && b && b->size) {      /* the array of segments is free until later */
        e.ids = out->segment_ids;
        e.capacity = max_length - 2;
        s = bert_tokenizer_encode(tokenizer, b->data, b->size, &e);
        nb = e.count;
    }
    if (s != BERT_OK && s != BERT_ERROR_SPACE)
        return bert__fail(error, s, NULL, -1, "%s", s == BERT_ERROR_MISMATCH ? "a word of the text is unknown, and the vocabulary has no [UNK]" : bert_status_string(s));
    if (nb) while (na + nb > max_length - 3) { if (na > nb) na--; else nb--; }
    else if (na > max_length - 2) na = max_length - 2;
    for (i = 0; i < na; i++) unknown |= out->input_ids[1 + i] < 0;
    for (i = 0; i < nb; i++) unknown |= out->segment_ids[i] < 0;
    if (unknown) return bert__fail(error, BERT_ERROR_MISMATCH, NULL, -1, "a word of the text is unknown, and the vocabulary has no [UNK]");
    n = na + 2;
    out->input_ids[0] = special.cls;
    out->input_ids[n - 1] = special.sep;
    if (nb) {                                                           /* it may have been cut to nothing: then no [SEP] either */
        memcpy(out->input_ids + n, out->segment_ids, nb * sizeof *out->input_ids);
        out->input_ids[n + nb] = special.sep;
    }
    memset(out->segment_ids, 0, max_length * sizeof *out->segment_ids);
    if (nb) for (i = n, n += nb + 1; i < n; i++) out->segment_ids[i] = 1;
    for (i = 0; i < n; i++) out->input_mask[i] = 1;
    if (n < max_length) memset(out->input_ids + n, 0, (max_length - n) * sizeof *out->input_ids);
    out->count = n;
    return BERT_OK;
}
/* An int64 list for a record, of values widened into `wide`. */
BERT__FN bert_feature bert__int_feature(const char *name, const int32_t *values, size_t count, int64_t *wide)
{
    bert_feature f;
    size_t i;
    memset(&f, 0, sizeof f);
    for (i = 0; i < count; i++) wide[i] = values[i];
    f.name = name;
    f.type = BERT_FEATURE_INT64;
    f.count = count;
    f.ints = wide;
    return f;
}
BERT_API bert_status bert_dataset_write_records(bert_dataset *task, const bert_tokenizer *tokenizer, size_t max_length, int64_t batch, const char *path, int64_t *count, bert_error *error)
{
    bert_dataset_example e;
    bert_record_writer *w = NULL;
    bert_features row;
    bert_feature f[5];
    bert_allocator a;
    bert_status s;
    int64_t *wide, written = 0, id;
    int32_t *narrow, real;
    float value;
    int got = 1;
    if (!task || !tokenizer || !path) return bert__bad_argument(error, "bert_dataset_write_records needs a task, a tokenizer and a path");
    if (max_length < 3 || max_length > INT32_MAX / 64) return bert__bad_argument(error, "max_length: [CLS] and two [SEP] need three tokens");
    a = task->allocator;
    wide = (int64_t *)bert__alloc(&a, bert__mul(bert__add(bert__mul(max_length, 3), 2), 8 + 4));
    if (!wide) return bert__fail(error, BERT_ERROR_MEMORY, NULL, -1, "out of memory for a row of %zu tokens", max_length);
    narrow = (int32_t *)(void *)(wide + 3 * max_length + 2);
    row.input_ids = narrow;
    row.input_mask = narrow + max_length;
    row.segment_ids = narrow + 2 * max_length;
    bert_dataset_rewind(task);
    s = bert_record_writer_open(path, &a, &w, error);
    while (s == BERT_OK) {
        if (got && (s = bert_dataset_next(task, &e, &got, error)) != BERT_OK) break;
        if (!got) {
            if (batch < 2 || written % batch == 0) break;
            memset(&e, 0, sizeof e);
        }
        s = bert_features_encode(tokenizer, got ? &e.text_a : NULL, e.text_b.data ? &e.text_b : NULL, max_length, &row, error);
        if (s != BERT_OK) break;
        real = got;
        f[0] = bert__int_feature("input_ids", row.input_ids, max_length, wide);
        f[1] = bert__int_feature("input_mask", row.input_mask, max_length, wide + max_length);
        f[2] = bert__int_feature("segment_ids", row.segment_ids, max_length, wide + 2 * max_length);
        f[3] = bert__int_feature("label_ids", &e.label_id, 1, &id);
        f[4] = bert__int_feature("is_real_example", &real, 1, wide + 3 * max_length);
        if (task->numbers) {
            value = (float)e.value;
            f[3].type = BERT_FEATURE_FLOAT;
            f[3].floats = &value;
        }
        s = bert_record_writer_add_example(w, f, 5, error);
        written++;
    }
    if (s == BERT_OK) s = bert_record_writer_commit(w, error);
    bert_record_writer_close(w);
    bert__free(&a, wide);
    if (s == BERT_OK && count) *count = written;
    return s;
}

/* ---- words with labels ---- */

struct bert_ner {
    bert_allocator allocator;
    bert__lines rows;
    bert__buf words, sizes, labels;
    bert_ner_reader reader;
    int only_words;
};

BERT_API void bert_ner_close(bert_ner *ner)
{
    bert_allocator a;
    if (!ner) return;
    a = ner->allocator;
    bert__lines_close(&ner->rows, &a);
    bert__buf_free(&ner->words);
    bert__buf_free(&ner->sizes);
    bert__buf_free(&ner->labels);
    bert__free(&a, ner);
}
BERT_API bert_status bert_ner_open(const bert_ner_desc *desc, bert_ner **out)
{
    const bert_ner_desc *d = desc;
    bert_allocator a;
    bert_ner *r;
    bert_status s;
    if (!d || !out || (!d->path && !d->data)) return bert__bad_argument(d ? d->error : NULL, "bert_ner_open needs a path or data, and a place for the result");
    a = bert__allocator(&d->allocator);
    r = (bert_ner *)bert__alloc(&a, sizeof *r);
    if (!r) return bert__fail(d->error, BERT_ERROR_MEMORY, d->path, -1, "out of memory");
    memset(r, 0, sizeof *r);
    r->allocator = a;
    bert__buf_init(&r->words, &a);
    bert__buf_init(&r->sizes, &a);
    bert__buf_init(&r->labels, &a);
    r->reader = d->reader;
    r->only_words = d->labels == BERT_OFF;
    s = bert__lines_open(&r->rows, d->path, d->data, d->size, &a, d->error);
    if (s != BERT_OK) { bert_ner_close(r); return s; }
    r->rows.any_newline = d->reader == BERT_NER_NEZHA;
    *out = r;
    return BERT_OK;
}
BERT_API void bert_ner_rewind(bert_ner *ner)
{
    if (!ner) return;
    ner->rows.at = 0;
    ner->rows.line = 0;
}
BERT__FN void bert__ner_add(bert_ner *r, bert_ner_sentence *out, const char *word, size_t size, const char *label, size_t label_size)
{
    bert_bytes l;
    l.data = label;
    l.size = label_size;
    if (!r->sizes.size) out->line = r->rows.line;
    bert__buf_add(&r->words, &word, sizeof word);
    bert__buf_add(&r->sizes, &size, sizeof size);
    bert__buf_add(&r->labels, &l, sizeof l);
}
/* Python's strip. */
BERT__FN bert_bytes bert__python_strip(const bert_bytes *row)
{
    bert_bytes out;
    size_t i, first = row->size, last = 0;
    for (i = 0; i < row->size;) {
        uint32_t c;
        const int n = bert__utf8_get((const unsigned char *)row->data + i, row->size - i, &c);
        if (!bert__is_python_space(c)) {
            if (first == row->size) first = i;
            last = i + (size_t)n;
        }
        i += (size_t)n;
    }
    out.data = row->data + first;
    out.size = last > first ? last - first : 0;
    return out;
}
/* NEZHA's reader: see bert_ner_reader. Empty words and labels it drops at a sentence's end; here they are never added. */
BERT__FN bert_status bert__ner_next_nezha(bert_ner *r, bert_ner_sentence *out, int *got, bert_error *error)
{
    bert_bytes row, text;
    bert_status s;
    const char *space;
    size_t i;
    int begun = 0, stop = 0;            /* its list of words has any; the last of them is U+3002 */
    for (;;) {
        if ((s = bert__lines_next(&r->rows, &row, got, error)) != BERT_OK || !*got) return s;       /* a sentence without its end is lost */
        text = bert__python_strip(&row);
        if (bert__begins(text.data, text.size, "-DOCSTART-")) { begun = 1; stop = 0; continue; }
        if (!text.size && !begun)
            return bert__fail(error, BERT_ERROR_FORMAT, r->rows.path, BERT__LINE(r->rows.line), "a blank line where no sentence has begun: NEZHA's reader fails here; take the robust one");
        if (!text.size && stop) return BERT_OK;
        begun = 1;
        stop = 0;
        if (!text.size) continue;
        space = (const char *)memchr(text.data, ' ', text.size);
        i = text.size;
        while (i && text.data[i - 1] != ' ') i--;
        bert__ner_add(r, out, text.data, space ? (size_t)(space - text.data) : text.size, text.data + i, text.size - i);
        stop = (space ? (size_t)(space - text.data) : text.size) == 3 && memcmp(text.data, "\xE3\x80\x82", 3) == 0;
    }
}
BERT__FN bert_status bert__ner_next_robust(bert_ner *r, bert_ner_sentence *out, int *got, bert_error *error)
{
    bert_bytes row;
    bert_status s;
    for (;;) {
        const char *p, *end, *word_end, *label;
        int tabs;
        if ((s = bert__lines_next(&r->rows, &row, got, error)) != BERT_OK) return s;
        if (!*got) { *got = r->sizes.size > 0; return BERT_OK; }
        p = row.data;
        end = p + row.size;
        while (p < end && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r')) end--;
        if (p == end || bert__begins(p, (size_t)(end - p), "-DOCSTART-")) {
            if (r->sizes.size) return BERT_OK;
            continue;
        }
        tabs = memchr(p, '\t', (size_t)(end - p)) != NULL;              /* then a blank is part of a word */
        for (word_end = p; word_end < end && *word_end != '\t' && (tabs || *word_end != ' '); word_end++) {}
        for (label = end; label > word_end && label[-1] != '\t' && (tabs || label[-1] != ' '); label--) {}
        if (r->only_words) {
            label = end;
        } else if (label == word_end || label == p) {
            return bert__fail(error, BERT_ERROR_FORMAT, r->rows.path, BERT__LINE(r->rows.line), "the line has one column, \"%.*s\"; a word and its label are needed", (int)(end - p < 100 ? end - p : 100), p);
        }
        bert__ner_add(r, out, p, (size_t)(word_end - p), label, (size_t)(end - label));
    }
}
BERT_API bert_status bert_ner_next(bert_ner *ner, bert_ner_sentence *out, int *got, bert_error *error)
{
    bert_ner *r = ner;
    bert_ner_sentence sentence;
    bert_status s;
    if (!r || !out || !got) return bert__bad_argument(error, "bert_ner_next needs a reader and a place for the sentence");
    memset(&sentence, 0, sizeof sentence);
    sentence.path = r->rows.path;
    r->words.size = r->sizes.size = r->labels.size = 0;
    r->words.failed = r->sizes.failed = r->labels.failed = 0;
    s = r->reader == BERT_NER_NEZHA ? bert__ner_next_nezha(r, &sentence, got, error) : bert__ner_next_robust(r, &sentence, got, error);
    if (s == BERT_OK && (r->words.failed || r->sizes.failed || r->labels.failed)) s = bert__fail(error, BERT_ERROR_MEMORY, r->rows.path, BERT__LINE(r->rows.line), "out of memory for a sentence");
    if (s != BERT_OK || !*got) return s;
    sentence.count = r->sizes.size / sizeof(size_t);
    sentence.words = (const char *const *)(const void *)r->words.data;
    sentence.sizes = (const size_t *)(const void *)r->sizes.data;
    sentence.labels = (const bert_bytes *)(const void *)r->labels.data;
    *out = sentence;
    return BERT_OK;
}
/* "O", then by type; of one type B before I before the rest. */
BERT__FN int bert__compare_tags(const char *a, size_t a_size, const char *b, size_t b_size)
{
    const int a_out = a_size == 1 && *a == 'O', b_out = b_size == 1 && *b == 'O', a_typed = a_size > 1 && a[1] == '-', b_typed = b_size > 1 && b[1] == '-';
    int c;
    if (a_out || b_out) return b_out - a_out;
    c = a_typed && b_typed ? bert__compare_names(a + 2, a_size - 2, b + 2, b_size - 2) : b_typed - a_typed;
    return c ? c : bert__compare_names(a, a_size, b, b_size);
}
BERT_API bert_status bert_ner_labels(const bert_ner_desc *desc, bert_labels *out)
{
    bert__label_set set;
    bert_ner *r = NULL;
    bert_ner_sentence e;
    bert_allocator a;
    bert_status s;
    size_t i;
    int got = 1;
    if (!desc || !out) return bert__bad_argument(desc ? desc->error : NULL, "bert_ner_labels needs a desc and a place for the labels");
    a = bert__allocator(&desc->allocator);
    bert__label_set_init(&set, &a, bert__compare_tags);
    s = bert_ner_open(desc, &r);
    while (s == BERT_OK && got) {
        s = bert_ner_next(r, &e, &got, desc->error);
        for (i = 0; s == BERT_OK && got && i < e.count; i++) s = bert__label_add(&set, e.labels[i].data, e.labels[i].size, r->rows.path, e.line, desc->error);
    }
    bert_ner_close(r);
    return bert__label_set_end(&set, s, out);
}
BERT_API bert_status bert_ner_encode(const bert_tokenizer *tokenizer, const bert_ner_sentence *sentence, const char *const *labels, size_t label_count, bert_ner_tokens tokens,
                                     size_t max_length, bert_ner_features *out, bert_error *error)
{
    const bert_ner_sentence *e = sentence;
    const int nezha = tokens == BERT_NER_TOKENS_NEZHA;
    bert_special_ids special;
    bert_encoding code;
    bert_status s;
    size_t i, n;
    int32_t word = -1, x = BERT_LABEL_IGNORED, cls = BERT_LABEL_IGNORED, sep = BERT_LABEL_IGNORED, label = 0;
    char list[200];
    if (!tokenizer || !e || !out || !out->input_ids || !out->input_mask || !out->segment_ids || !out->label_ids || !out->words || (!labels && label_count))
        return bert__bad_argument(error, "bert_ner_encode needs a tokenizer, a sentence, labels, and all arrays for the result");
    if (max_length < 3 || max_length > INT32_MAX) return bert__bad_argument(error, "max_length: [CLS], a token and [SEP] need three");
    special = bert_tokenizer_special_ids(tokenizer);
    if (special.cls < 0 || special.sep < 0) return bert__fail(error, BERT_ERROR_MISMATCH, NULL, -1, "the vocabulary has no [CLS] or no [SEP]");
    if (nezha) {
        x = bert__label_find(labels, label_count, "X", 1) + 1;
        cls = bert__label_find(labels, label_count, "[CLS]", 5) + 1;
        sep = bert__label_find(labels, label_count, "[SEP]", 5) + 1;
        if (!x || !cls || !sep) return bert__bad_argument(error, "labels: NEZHA's have X, [CLS] and [SEP] among them");
    }
    memset(&code, 0, sizeof code);
    code.ids = out->input_ids + 1;
    code.words = out->words + 1;
    code.capacity = max_length - 2;
    s = bert_tokenizer_encode_words(tokenizer, e->words, e->sizes, e->count, &code);
    n = code.count < max_length - 2 ? code.count : max_length - 2;
    for (i = 1; i <= n && s != BERT_ERROR_MISMATCH; i++) if (out->input_ids[i] < 0) s = BERT_ERROR_MISMATCH;
    if (s != BERT_OK && s != BERT_ERROR_SPACE)
        return bert__fail(error, s, NULL, -1, "%s", s == BERT_ERROR_MISMATCH ? "a word of the text is unknown, and the vocabulary has no [UNK]" : bert_status_string(s));
    for (i = 1; i <= n; i++) {
        if (out->words[i] != word) {
            const bert_bytes *l = e->labels ? e->labels + out->words[i] : NULL;
            word = out->words[i];
            label = labels && l && l->size ? bert__label_find(labels, label_count, l->data, l->size) : nezha ? -1 : BERT_LABEL_IGNORED;
            if (label == -1)
                return bert__fail(error, BERT_ERROR_FORMAT, e->path, BERT__LINE(e->line), "the sentence from this line on has the label \"%.*s\", which is none of %s",
                                  l ? (int)(l->size < 100 ? l->size : 100) : 0, l ? l->data : "", bert__label_list(labels, label_count, list, sizeof list));
            out->label_ids[i] = nezha ? label + 1 : label;
        } else {
            out->label_ids[i] = tokens == BERT_NER_ALL ? label : x;
        }
    }
    out->words_cut = code.count > n ? e->count - (size_t)(n ? out->words[n] : 0) : 0;
    if (out->words_cut && n) {                                          /* is the last word there as a whole? then only those after it are cut */
        bert_encoding last;
        size_t have = 0;
        memset(&last, 0, sizeof last);
        for (i = n; i && out->words[i] == out->words[n]; i--) have++;
        bert_tokenizer_encode_words(tokenizer, e->words + out->words[n], e->sizes + out->words[n], 1, &last);
        if (last.count == have) out->words_cut--;
    }
    out->input_ids[0] = special.cls;
    out->input_ids[n + 1] = special.sep;
    out->words[0] = out->words[n + 1] = -1;
    out->label_ids[0] = cls;
    out->label_ids[n + 1] = sep;
    for (i = 0; i < max_length; i++) {
        out->segment_ids[i] = 0;
        out->input_mask[i] = i < n + 2;
        if (i < n + 2) continue;
        out->input_ids[i] = 0;
        out->words[i] = -1;
        out->label_ids[i] = nezha ? 0 : BERT_LABEL_IGNORED;
    }
    out->count = n + 2;
    return BERT_OK;
}
#endif /* BERT_NO_DATA, BERT_NO_TOKENIZER */

#ifndef BERT_NO_DATA

/* ============================================================================================================
   >>python_random
   Purpose   Python 3's random module, for data that must come out as the reference's scripts have it.
   Uses      nothing.
   Promises  from the same seed the same numbers as CPython 3 (any since 3.2), on every machine.

   The numbers are Matsumoto's and Nishimura's MT19937. Python seeds it with the words of the seed's absolute value, makes a
   double of two draws (27 and 26 bits), and draws whole numbers below n by taking as many bits as n has until they are
   below n: shuffle and randint use this, and so draw at least once even where only one answer is possible.
   ============================================================================================================ */

BERT__FN void bert__mersenne_seed(bert_python_random *r, const uint32_t *key, size_t count)
{
    uint32_t *s = r->state;
    size_t i, j, k;
    s[0] = 19650218u;
    for (i = 1; i < 624; i++) s[i] = 1812433253u * (s[i - 1] ^ s[i - 1] >> 30) + (uint32_t)i;
    for (i = 1, j = 0, k = count > 624 ? count : 624; k; k--) {
        s[i] = (s[i] ^ (s[i - 1] ^ s[i - 1] >> 30) * 1664525u) + key[j] + (uint32_t)j;
        if (++i == 624) { s[0] = s[623]; i = 1; }
        if (++j == count) j = 0;
    }
    for (k = 623; k; k--) {
        s[i] = (s[i] ^ (s[i - 1] ^ s[i - 1] >> 30) * 1566083941u) - (uint32_t)i;
        if (++i == 624) { s[0] = s[623]; i = 1; }
    }
    s[0] = 0x80000000u;
    r->at = 624;
}
/* The next 624 words at once. */
BERT__NOINLINE void bert__mersenne_turn(bert_python_random *r)
{
    uint32_t *s = r->state, y;
    size_t i;
    for (i = 0; i < 624; i++) {
        y = (s[i] & 0x80000000u) | (s[i == 623 ? 0 : i + 1] & 0x7FFFFFFFu);
        s[i] = s[i < 227 ? i + 397 : i - 227] ^ y >> 1 ^ (y & 1 ? 0x9908B0DFu : 0);
    }
    r->at = 0;
}
BERT__INLINE uint32_t bert__mersenne_next(bert_python_random *r)
{
    uint32_t y;
    if (r->at >= 624) bert__mersenne_turn(r);
    y = r->state[r->at++];
    y ^= y >> 11;
    y ^= y << 7 & 0x9D2C5680u;
    y ^= y << 15 & 0xEFC60000u;
    return y ^ y >> 18;
}
/* A number below n, which is not 0. */
BERT__INLINE uint64_t bert__python_below(bert_python_random *r, uint64_t n)
{
    const uint32_t shift = n >> 32 ? 0 : 31 - bert__top32((uint32_t)n);
    uint64_t x;
    if (n >> 32) {
        const int32_t bits = 33 + (int32_t)bert__top32((uint32_t)(n >> 32));
        do x = bert_python_random_bits(r, bits); while (x >= n);
    } else {
        do x = bert__mersenne_next(r) >> shift; while (x >= n);
    }
    return x;
}
BERT_API void bert_python_random_seed(bert_python_random *random, int64_t seed)
{
    const uint64_t v = seed < 0 ? 0 - (uint64_t)seed : (uint64_t)seed;
    uint32_t key[2];
    key[0] = (uint32_t)v;
    key[1] = (uint32_t)(v >> 32);
    bert__mersenne_seed(random, key, key[1] ? 2 : 1);
}
BERT_API double bert_python_random_real(bert_python_random *random)
{
    const uint32_t a = bert__mersenne_next(random) >> 5, b = bert__mersenne_next(random) >> 6;
    return ((double)a * 67108864.0 + (double)b) * (1.0 / 9007199254740992.0);     /* exact: 53 bits, and a power of two */
}
BERT_API uint64_t bert_python_random_bits(bert_python_random *random, int32_t count)
{
    uint64_t low;
    if (count < 1) return 0;
    if (count <= 32) return bert__mersenne_next(random) >> (32 - count);
    low = bert__mersenne_next(random);
    return low | (uint64_t)(bert__mersenne_next(random) >> (count < 64 ? 64 - count : 0)) << 32;
}
BERT_API int64_t bert_python_random_int(bert_python_random *random, int64_t low, int64_t high)
{
    const uint64_t n = (uint64_t)high - (uint64_t)low + 1;
    if (high < low) return low;
    return (int64_t)((uint64_t)low + (n ? bert__python_below(random, n) : bert_python_random_bits(random, 64)));
}
BERT_API void bert_python_random_shuffle(bert_python_random *random, void *array, size_t count, size_t width)
{
    char *a = (char *)array, *x, *y, t;
    uint64_t u, v;
    size_t i, k;
    for (i = count; width == 8 && i-- > 1;) {
        y = a + (size_t)bert__python_below(random, (uint64_t)i + 1) * 8;
        memcpy(&u, a + 8 * i, 8);
        memcpy(&v, y, 8);
        memcpy(y, &u, 8);
        memcpy(a + 8 * i, &v, 8);
    }
    for (i = count; width != 8 && i-- > 1;) {
        x = a + i * width;
        y = a + (size_t)bert__python_below(random, (uint64_t)i + 1) * width;
        for (k = 0; k < width; k++) { t = x[k]; x[k] = y[k]; y[k] = t; }
    }
}
BERT_API double bert_python_round(double x)
{
    const double low = floor(x), part = x - low;
    if (part != 0.5) return part < 0.5 ? low : low + 1;
    return fmod(low, 2) == 0 ? low : low + 1;
}

/* ============================================================================================================
   >>paths
   Purpose   which files a list of names, patterns and folders means.
   Uses      bert__list_folder and bert__path_kind of >>files.
   Promises  the same order on every machine: sorted by the bytes of the names, within each item of the list.
   ============================================================================================================ */

/* Does the name fit the pattern? ? is one character of UTF-8, * any number, [abc] and [a-z] and [!a] one of some bytes. */
BERT__FN int bert__glob(const char *p, const char *p_end, const char *s)
{
    const char *star = NULL, *back = NULL;
    while (*s) {
        int fits = 0;
        const char *next = p;
        if (p < p_end && *p == '*') { star = p = p + 1; back = s; continue; }
        if (p < p_end && *p == '[') {
            const int no = p + 1 < p_end && (p[1] == '!' || p[1] == '^');
            const char *q = p + 1 + no, *first = q;
            int in = 0;
            for (; q < p_end && (*q != ']' || q == first); q++) {
                if (q + 2 < p_end && q[1] == '-' && q[2] != ']') { in |= (unsigned char)*s >= (unsigned char)q[0] && (unsigned char)*s <= (unsigned char)q[2]; q += 2; }
                else in |= *s == *q;
            }
            if (q < p_end) { fits = in != no; next = q + 1; }
            else { fits = *s == '['; next = p + 1; }                    /* no end: a plain bracket */
        } else if (p < p_end) {
            fits = *p == '?' || *p == *s;
            next = p + 1;
        }
        if (fits) {
            if (*p == '?') while (((unsigned char)s[1] & 0xC0) == 0x80) s++;
            p = next;
            s++;
        } else if (star) {
            p = star;
            s = ++back;
        } else {
            return 0;
        }
    }
    while (p < p_end && *p == '*') p++;
    return p == p_end;
}
BERT__FN int bert__is_glob(const char *p, const char *end)
{
    for (; p < end; p++) if (*p == '*' || *p == '?' || *p == '[') return 1;
    return 0;
}

/* Texts one after another, each with its NUL, and where they begin. */
typedef struct bert__path_list { bert__buf text, at; } bert__path_list;

BERT__FN const char *bert__path_list_get(const bert__path_list *n, size_t i) { return n->text.data + ((const size_t *)(const void *)n->at.data)[i]; }
BERT__FN size_t bert__path_list_count(const bert__path_list *n) { return n->at.size / sizeof(size_t); }
BERT__FN void bert__path_list_add(bert__path_list *n, const char *a, size_t a_size, const char *b, size_t b_size)
{
    const size_t at = n->text.size;
    bert__buf_add(&n->at, &at, sizeof at);
    bert__buf_add(&n->text, a, a_size);
    bert__buf_add(&n->text, b, b_size);
    bert__buf_add(&n->text, "", 1);
}
BERT__FN int bert__path_list_before(const void *user, uint32_t a, uint32_t b)
{
    const bert__path_list *n = (const bert__path_list *)user;
    return strcmp(bert__path_list_get(n, a), bert__path_list_get(n, b)) < 0;
}

/* Adds what stands in `folder` (its slash included; "" is here) and fits what is left of the pattern: names up to the next
   slash, then the rest in each folder found. */
BERT__FN bert_status bert__glob_folder(bert__path_list *out, const char *folder, const char *p, const char *end, bert_error *error)
{
    const char *part = p, *name;
    bert__buf names, path;
    bert_status st;
    size_t at;
    while (part < end && *part != '/') part++;
    bert__buf_init(&names, &out->text.allocator);
    bert__buf_init(&path, &out->text.allocator);
    st = bert__list_folder(folder[0] ? folder : ".", &names, error);
    for (at = 0; st == BERT_OK && at < names.size; at += strlen(name) + 1) {
        name = names.data + at;
        if (name[0] == '.' && !(p < part && *p == '.')) continue;
        if (!bert__glob(p, part, name)) continue;
        path.size = 0;
        bert__buf_add(&path, folder, strlen(folder));
        bert__buf_add(&path, name, strlen(name));
        bert__buf_add(&path, "/", 2);
        if (path.failed) { st = BERT_ERROR_MEMORY; break; }
        if (part < end) {
            path.data[path.size - 2] = 0;
            if (bert__path_kind(path.data) != BERT__PATH_FOLDER) continue;
            path.data[path.size - 2] = '/';
            st = bert__glob_folder(out, path.data, part + 1, end, error);
        } else {
            path.data[path.size - 2] = 0;
            if (bert__path_kind(path.data) == BERT__PATH_FILE) bert__path_list_add(out, path.data, path.size - 2, "", 0);
        }
    }
    bert__buf_free(&names);
    bert__buf_free(&path);
    return st;
}
/* Adds what one item of the list means, sorted. */
BERT__FN bert_status bert__paths_item(bert__path_list *out, const char *item, size_t size, bert_error *error)
{
    const char *end = item + size, *glob = item, *q;
    static const char star[] = "*";
    bert__path_list found;
    bert__buf folder;
    uint32_t *order = NULL;
    bert_status st = BERT_OK;
    size_t i, n;
    bert__buf_init(&found.text, &out->text.allocator);
    bert__buf_init(&found.at, &out->text.allocator);
    bert__buf_init(&folder, &out->text.allocator);
    bert__buf_add(&folder, item, size);
    bert__buf_add(&folder, "/", 2);
    if (folder.failed) { st = BERT_ERROR_MEMORY; goto done; }
    folder.data[size] = 0;
    n = bert__path_kind(folder.data) == BERT__PATH_NONE ? 0 : 1;        /* a name with a * in it may well exist */
    if (n && bert__path_kind(folder.data) == BERT__PATH_FOLDER) {
        if (size && item[size - 1] != '/') folder.data[size] = '/';
        st = bert__glob_folder(&found, folder.data, star, star + 1, error);
    } else if (n) {
        bert__path_list_add(&found, item, size, "", 0);
    } else if (bert__is_glob(item, end)) {
        for (q = item; q < end && !bert__is_glob(q, q + 1); q++) if (*q == '/') glob = q + 1;
        folder.data[glob - item] = 0;
        if (glob == item || bert__path_kind(folder.data) == BERT__PATH_FOLDER) st = bert__glob_folder(&found, folder.data, glob, end, error);
    }
    if (st == BERT_OK && (found.at.failed || found.text.failed)) st = BERT_ERROR_MEMORY;
    n = bert__path_list_count(&found);
    if (st == BERT_OK && !n)
        st = bert__fail(error, BERT_ERROR_IO, NULL, -1, "no file fits \"%.*s\": check the name, and that the folder is not empty", (int)(size > 300 ? 300 : size), item);
    if (st == BERT_OK && n >= UINT32_MAX) st = BERT_ERROR_MEMORY;
    if (st == BERT_OK && !(order = (uint32_t *)bert__alloc(&out->text.allocator, bert__mul(n, sizeof *order)))) st = BERT_ERROR_MEMORY;
    if (st == BERT_OK) {
        bert__sort_order(order, n, bert__path_list_before, &found);
        for (i = 0; i < n; i++) bert__path_list_add(out, bert__path_list_get(&found, order[i]), strlen(bert__path_list_get(&found, order[i])), "", 0);
    }
done:
    bert__free(&out->text.allocator, order);
    bert__buf_free(&folder);
    bert__buf_free(&found.text);
    bert__buf_free(&found.at);
    return st;
}
BERT_API bert_status bert_paths_find(const char *list, const bert_allocator *allocator, bert_paths *out, bert_error *error)
{
    const bert_allocator a = bert__allocator(allocator);
    bert_status st = BERT_OK;
    bert__path_list n;
    const char *p = list;
    char **path;
    size_t i, count;
    if (!list || !out) return bert__bad_argument(error, "bert_paths_find needs a list and a place for the names");
    bert__buf_init(&n.text, &a);
    bert__buf_init(&n.at, &a);
    while (st == BERT_OK && *p) {
        const size_t size = strcspn(p, ",");
        if (size) st = bert__paths_item(&n, p, size, error);
        p += size + (p[size] == ',');
    }
    count = bert__path_list_count(&n);
    if (st == BERT_OK && !count && !n.at.failed) st = bert__fail(error, BERT_ERROR_ARGUMENT, NULL, -1, "a list of files without a name: give files, patterns or folders, separated by commas");
    path = (char **)bert__alloc(&a, bert__add(bert__mul(count, sizeof *path), n.text.size));
    if (st == BERT_OK && (n.at.failed || n.text.failed || !path)) st = BERT_ERROR_MEMORY;
    if (st == BERT_OK) {
        char *text = (char *)(path + count);
        memcpy(text, n.text.data, n.text.size);
        for (i = 0; i < count; i++) path[i] = text + (bert__path_list_get(&n, i) - n.text.data);
        out->path = (const char *const *)path;
        out->count = count;
        out->memory = (void *)path;
        out->allocator = a;
    } else {
        bert__free(&a, (void *)path);
        if (st == BERT_ERROR_MEMORY) bert__fail(error, st, NULL, -1, "out of memory for a list of files");
    }
    bert__buf_free(&n.text);
    bert__buf_free(&n.at);
    return st;
}
BERT_API void bert_paths_free(bert_paths *paths)
{
    if (!paths) return;
    if (paths->memory) bert__free(&paths->allocator, paths->memory);
    memset(paths, 0, sizeof *paths);
}

#ifndef BERT_NO_TOKENIZER
/* ============================================================================================================
   >>instances
   Purpose   texts to pre-training instances: what create_pretraining_data.py does.
   Uses      the tokenizer, >>python_random, >>records, bert_parallel.
   Promises  Reference mode gives Google's instances in Google's order: the same draws of the same random numbers. Streaming
             gives the same distribution in memory that does not grow with the corpus. Neither depends on the threads.

   What is made  A document is a list of sentences. Sentences are taken until they fill an instance (or, for some documents,
             a shorter length that is drawn); a random number of them is a. Then b is what follows, or, half the time, from
             a random sentence of a random other document on, and what followed goes back. Both are cut, at the front or
             the end by chance, until they fit; some tokens, or whole words, are masked. Every document is used dupe_factor
             times, and all instances are shuffled in the end.
   Reference The whole corpus is in memory as token ids, of 2 bytes where the vocabulary allows; an instance is kept as two
             ranges of it and its masks. The draws are one sequence, so one thread makes them all; reading and writing use
             the others.
   Streaming 1. Read. Every document goes to a bucket drawn for it, so that each bucket is a sample of the whole corpus. A
                very long document is cut into several.
             2. Make. A bucket is loaded, and every document used dupe_factor times; b's come from the documents of the same
                bucket. Every instance goes to a second kind of bucket, drawn for it.
             3. Write. A bucket is loaded and shuffled; what follows bucket after bucket is a random order of all.
             There are as many buckets as make each fit its share of max_bytes; one that does not is taken in several
             slices. What all buckets hold beyond their share lies in one scratch file. Work is cut into pieces whose size
             has nothing to do with the threads, and each piece has random numbers of its own, seeded by its place.
   Lines     are read as TensorFlow's GFile reads them: \n ends one, every \r is dropped wherever it stands, and bytes that are
             no UTF-8 are an error. A line of nothing but white space (Python's idea of it) ends a document; one without a
             token for other reasons is dropped. The end of a file ends a line, not a document.
   ============================================================================================================ */

#define BERT__TEXT_BLOCK ((size_t)1 << 18)      /* bytes from which a block of lines ends */
#define BERT__JOINED 0x40000000                 /* flag of an id: SEGMENTED says that it continues a word */
#define BERT__ID_BLOCK ((size_t)1 << 18)        /* ids of a corpus that lie together */
#define BERT__WRITE_PIECE 64                    /* instances that one task serializes */

/* ---- reading: files to blocks of whole lines ---- */

typedef struct bert__lines_from {
    const bert_pretraining_desc *d;
    size_t index, at;                   /* the text being read; of one in memory the next byte */
    bert__buf rest;                     /* begin of a line whose end has not been read */
    size_t longest;                     /* bytes a line may have */
    int64_t bytes;                      /* read of all texts */
    int open, inside;                   /* inside: a block of this text has been given out */
#if !defined(BERT_NO_STDIO) && defined(_WIN32)
    HANDLE file;
#elif !defined(BERT_NO_STDIO)
    int file;
#endif
} bert__lines_from;

BERT__FN size_t bert__lines_from_count(const bert__lines_from *s) { return s->d->path_count ? s->d->path_count : s->d->text_count; }
BERT__FN const char *bert__lines_from_path(const bert__lines_from *s) { return s->d->path_count ? s->d->paths[s->index] : NULL; }
BERT__FN void bert__lines_from_close(bert__lines_from *s)
{
#if !defined(BERT_NO_STDIO) && defined(_WIN32)
    if (s->open) CloseHandle(s->file);
#elif !defined(BERT_NO_STDIO)
    if (s->open) close(s->file);
#endif
    s->open = 0;
}
/* Up to n bytes of the text; *got is 0 at its end. */
BERT__FN bert_status bert__lines_from_read(bert__lines_from *s, char *out, size_t n, size_t *got)
{
    const char *path = bert__lines_from_path(s);
    *got = 0;
    if (!path) {
        const bert_bytes *t = &s->d->texts[s->index];
        *got = n < t->size - s->at ? n : t->size - s->at;
        if (*got) memcpy(out, t->data + s->at, *got);
        s->at += *got;
        s->bytes += (int64_t)*got;
        return BERT_OK;
    }
    if (n > 1u << 30) n = 1u << 30;
#if defined(BERT_NO_STDIO)
    (void)out; (void)n;
    return bert__fail(s->d->error, BERT_ERROR_UNSUPPORTED, path, -1, "this program was built without files (BERT_NO_STDIO); give the texts from memory");
#elif defined(_WIN32)
    {
        wchar_t wide[1024];
        DWORD part = 0;
        if (!s->open) {
            if (!bert__wide(path, wide, 1024)) return bert__fail(s->d->error, BERT_ERROR_IO, path, -1, "the path is too long or not UTF-8");
            s->file = CreateFileW(wide, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
            if (s->file == INVALID_HANDLE_VALUE) return bert__fail_system(s->d->error, path, "cannot open");
            s->open = 1;
        }
        if (!ReadFile(s->file, out, (DWORD)n, &part, NULL) && GetLastError() != ERROR_BROKEN_PIPE) return bert__fail_system(s->d->error, path, "cannot read");
        *got = part;
    }
#else
    {
        ptrdiff_t part;
        if (!s->open) {
            do s->file = open(path, O_RDONLY | BERT__CLOEXEC); while (s->file < 0 && errno == EINTR);
            if (s->file < 0) return bert__fail_system(s->d->error, path, "cannot open", errno);
            s->open = 1;
        }
        do part = read(s->file, out, n); while (part < 0 && errno == EINTR);
        if (part < 0) return bert__fail_system(s->d->error, path, "cannot read", errno);
        *got = (size_t)part;
    }
#endif
    s->bytes += (int64_t)*got;
    return BERT_OK;
}
/* The bytes of all texts; 0 if one is no file of known size. */
BERT__FN int64_t bert__lines_from_size(const bert_pretraining_desc *d)
{
    int64_t sum = 0;
    size_t i;
    for (i = 0; !d->path_count && i < d->text_count; i++) sum += (int64_t)d->texts[i].size;
#if !defined(BERT_NO_STDIO) && defined(_WIN32)
    for (i = 0; i < d->path_count; i++) {
        wchar_t wide[1024];
        WIN32_FILE_ATTRIBUTE_DATA a;
        if (!bert__wide(d->paths[i], wide, 1024) || !GetFileAttributesExW(wide, GetFileExInfoStandard, &a)) return 0;
        sum += (int64_t)((uint64_t)a.nFileSizeHigh << 32 | a.nFileSizeLow);
    }
#elif !defined(BERT_NO_STDIO)
    for (i = 0; i < d->path_count; i++) {
        struct stat st;
        if (stat(d->paths[i], &st) || !S_ISREG(st.st_mode)) return 0;
        sum += (int64_t)st.st_size;
    }
#endif
    return sum;
}

/* Whole lines of one text, and what became of them. */
typedef struct bert__block_of_lines {
    bert__buf text, ids;                /* bytes; int32_t */
    bert__buf sentences;                /* uint32_t: tokens of each; 0 ends a document */
    bert__buf columns;                  /* size_t: begin and end of a line's tokens, for SEGMENTED */
    const char *path;
    const bert_pretraining_desc *d;
    int begins;                         /* the text begins here */
    int64_t lines, not_utf8;
    int64_t bad;                        /* line (from 1) of a failure */
    bert_status status;
} bert__block_of_lines;

/* The next block; its text is empty at the end of all. */
BERT__FN bert_status bert__lines_from_next(bert__lines_from *s, bert__block_of_lines *b)
{
    bert_status st;
    b->text.size = 0;
    while (s->index < bert__lines_from_count(s)) {
        size_t got, seen = s->rest.size, cut;
        b->path = bert__lines_from_path(s);
        bert__buf_add(&b->text, s->rest.data, s->rest.size);
        s->rest.size = 0;
        for (;;) {
            if (!bert__buf_reserve(&b->text, BERT__TEXT_BLOCK)) return bert__fail(s->d->error, BERT_ERROR_MEMORY, b->path, -1, "out of memory while reading");
            if ((st = bert__lines_from_read(s, b->text.data + b->text.size, BERT__TEXT_BLOCK, &got)) != BERT_OK) return st;
            b->text.size += got;
            if (!got) break;
            for (cut = b->text.size; cut > seen && b->text.data[cut - 1] != '\n'; cut--) {}
            if (cut > seen && b->text.size >= BERT__TEXT_BLOCK) {
                bert__buf_add(&s->rest, b->text.data + cut, b->text.size - cut);
                if (s->rest.failed) return bert__fail(s->d->error, BERT_ERROR_MEMORY, b->path, -1, "out of memory while reading");
                b->text.size = cut;
                b->begins = !s->inside;
                s->inside = 1;
                return BERT_OK;
            }
            if (cut > seen) continue;
            seen = b->text.size;                                        /* no line ends here */
            if (seen > s->longest)
                return bert__fail(s->d->error, BERT_ERROR_TOO_LONG, b->path, -1, "a line of more than %zu bytes: put a sentence on each line (or allow more memory)", s->longest);
        }
        bert__lines_from_close(s);
        s->index++;
        s->at = 0;
        b->begins = !s->inside;
        s->inside = 0;
        if (b->text.size) return BERT_OK;
    }
    return BERT_OK;
}

/* The first byte that is no UTF-8, or size. */
BERT__FN size_t bert__utf8_bad(const char *text, size_t size)
{
    size_t i = 0;
    uint32_t c;
    while (i < size) {
        int n;
        while (i + 8 <= size && !(bert__load64(text + i) & 0x8080808080808080u)) i += 8;
        if (i == size) break;
        n = bert__utf8_get((const unsigned char *)text + i, size - i, &c);
        if (n <= 0) return i;
        i += (size_t)n;
    }
    return size;
}
/* Is the line nothing but white space, for Python's strip()? Bytes that are no UTF-8 count as nothing. */
BERT__FN int bert__is_blank(const char *text, size_t size)
{
    size_t i = 0;
    uint32_t c;
    while (i < size) {
        const int n = bert__utf8_get((const unsigned char *)text + i, size - i, &c);
        if (n > 0 && !bert__is_python_space(c)) return 0;
        i += n > 0 ? (size_t)n : 1;
    }
    return 1;
}
BERT__FN int bert__is_ideograph(const bert_tokenizer *t, const char *text, size_t size)
{
    uint32_t c;
    return size && bert__utf8_get((const unsigned char *)text, size, &c) > 0 && (bert__facts(&t->basic, c) & BERT__U_CLASS) == BERT__U_CJK;
}

/* Tokenizes a block: a task of its own. */
BERT__FN void bert__lines_encode(void *arg, int64_t index)
{
    bert__block_of_lines *b = (bert__block_of_lines *)arg + index;
    const bert_tokenizer *t = b->d->tokenizer;
    const int joined = b->d->masking == BERT_MASKING_SEGMENTED;
    char *text = b->text.data;
    size_t size = b->text.size, at, next, longest = 0, k;
    bert_encoding e;
    b->lines = b->not_utf8 = b->bad = 0;
    b->status = BERT_OK;
    b->ids.size = b->sentences.size = b->columns.size = 0;
    if (memchr(text, '\r', size)) {
        for (at = k = 0; at < size; at++) if (text[at] != '\r') text[k++] = text[at];
        size = k;
    }
    for (at = 0; joined && at < size; at = next + 1) {
        const char *nl = (const char *)memchr(text + at, '\n', size - at);
        next = nl ? (size_t)(nl - text) : size;
        if (next - at > longest) longest = next - at;
    }
    if (!bert__buf_reserve(&b->ids, bert__mul(size, sizeof(int32_t))) || !bert__buf_reserve(&b->columns, bert__mul(longest, 2 * sizeof(size_t)))) { b->status = BERT_ERROR_MEMORY; return; }
    for (at = 0; at < size; at = next + 1) {
        const char *nl = (const char *)memchr(text + at, '\n', size - at), *line = text + at;
        const size_t used = b->ids.size / sizeof(int32_t);
        uint32_t tokens = 0;
        next = nl ? (size_t)(nl - text) : size;
        b->lines++;
        if (bert__utf8_bad(line, next - at) < next - at) {
            b->not_utf8++;
            if (!b->d->streaming) { b->status = BERT_ERROR_FORMAT; b->bad = b->lines; return; }
        }
        if (!bert__is_blank(line, next - at)) {
            memset(&e, 0, sizeof e);
            e.ids = (int32_t *)(void *)b->ids.data + used;
            e.capacity = next - at;
            if (joined) { e.begin = (size_t *)(void *)b->columns.data; e.end = e.begin + longest; }
            b->status = bert_tokenizer_encode(t, line, next - at, &e);
            if (b->status != BERT_OK) { b->bad = b->lines; return; }
            if (!e.count) continue;                                     /* nothing in it is a word: no sentence, no end of a document */
            for (k = 1; joined && k < e.count; k++)
                if (e.begin[k] == e.end[k - 1] && bert__is_ideograph(t, line + e.begin[k], next - at - e.begin[k]) && bert__is_ideograph(t, line + e.begin[k - 1], next - at - e.begin[k - 1]))
                    e.ids[k] |= BERT__JOINED;
            b->ids.size += e.count * sizeof(int32_t);
            tokens = (uint32_t)e.count;
        }
        bert__buf_add(&b->sentences, &tokens, sizeof tokens);
        if (b->sentences.failed) { b->status = BERT_ERROR_MEMORY; return; }
    }
}

/* ---- a corpus in memory: documents of sentences of ids ---- */

typedef struct bert__corpus {
    bert__buf blocks;                   /* void *: BERT__ID_BLOCK ids each */
    bert__buf sentences, documents;     /* size_t: first token of each sentence; first sentence of each document */
    size_t tokens;
    size_t width;                       /* bytes of an id: 2 or 4 */
} bert__corpus;

BERT__FN void bert__corpus_init(bert__corpus *c, size_t width, const bert_allocator *a)
{
    bert__buf_init(&c->blocks, a);
    bert__buf_init(&c->sentences, a);
    bert__buf_init(&c->documents, a);
    c->tokens = 0;
    c->width = width;
}
BERT__FN void bert__corpus_free(bert__corpus *c)
{
    size_t i;
    for (i = 0; i < c->blocks.size / sizeof(void *); i++) bert__free(&c->blocks.allocator, ((void **)(void *)c->blocks.data)[i]);
    bert__buf_free(&c->blocks);
    bert__buf_free(&c->sentences);
    bert__buf_free(&c->documents);
}
BERT__INLINE size_t bert__corpus_count(const bert__buf *b) { return b->size / sizeof(size_t); }
/* Where sentence i (document i) begins; for the number of them, where the last one ends. */
BERT__INLINE size_t bert__corpus_sentence(const bert__corpus *c, size_t i) { return i < bert__corpus_count(&c->sentences) ? ((const size_t *)(const void *)c->sentences.data)[i] : c->tokens; }
BERT__INLINE size_t bert__corpus_document(const bert__corpus *c, size_t i) { return i < bert__corpus_count(&c->documents) ? ((const size_t *)(const void *)c->documents.data)[i] : bert__corpus_count(&c->sentences); }

/* Ids to and from their stored form. */
BERT__INLINE void bert__ids_store(char *to, const int32_t *ids, size_t n, size_t width)
{
    size_t i;
    if (width == 4) { memcpy(to, ids, 4 * n); return; }
    for (i = 0; i < n; i++) { const uint16_t v = (uint16_t)ids[i]; memcpy(to + 2 * i, &v, 2); }
}
BERT__INLINE void bert__ids_load(const char *from, int32_t *ids, size_t n, size_t width)
{
    size_t i;
    if (width == 4) { memcpy(ids, from, 4 * n); return; }
    for (i = 0; i < n; i++) { uint16_t v; memcpy(&v, from + 2 * i, 2); ids[i] = v; }
}
BERT__FN void bert__corpus_begin_document(bert__corpus *c)
{
    const size_t at = bert__corpus_count(&c->sentences);
    bert__buf_add(&c->documents, &at, sizeof at);
}
/* A sentence for the last document; stored as ids say, or already in stored form. 0 without memory. */
BERT__FN int bert__corpus_add(bert__corpus *c, const int32_t *ids, const char *stored, size_t n)
{
    bert__buf_add(&c->sentences, &c->tokens, sizeof c->tokens);
    while (n) {
        const size_t at = c->tokens % BERT__ID_BLOCK, part = n < BERT__ID_BLOCK - at ? n : BERT__ID_BLOCK - at, k = c->tokens / BERT__ID_BLOCK;
        char *block;
        if (k == c->blocks.size / sizeof(void *)) {
            void *fresh = bert__buf_reserve(&c->blocks, sizeof fresh) ? bert__alloc(&c->blocks.allocator, BERT__ID_BLOCK * c->width) : NULL;
            if (!fresh) return 0;
            bert__buf_add(&c->blocks, &fresh, sizeof fresh);
        }
        block = ((char **)(void *)c->blocks.data)[k] + at * c->width;
        if (stored) { memcpy(block, stored, part * c->width); stored += part * c->width; }
        else { bert__ids_store(block, ids, part, c->width); ids += part; }
        c->tokens += part;
        n -= part;
    }
    return !c->sentences.failed && !c->documents.failed;
}
BERT__FN void bert__corpus_get(const bert__corpus *c, size_t at, size_t n, int32_t *out)
{
    while (n) {
        const size_t from = at % BERT__ID_BLOCK, part = n < BERT__ID_BLOCK - from ? n : BERT__ID_BLOCK - from;
        bert__ids_load(((char *const *)(const void *)c->blocks.data)[at / BERT__ID_BLOCK] + from * c->width, out, part, c->width);
        out += part;
        at += part;
        n -= part;
    }
}

/* ---- making instances ---- */

/* What has been drawn for an instance: two ranges of the corpus and the masks. */
typedef struct bert__drawn {
    size_t a, b;                        /* first tokens */
    size_t a_count, b_count;
    int32_t length, masked, random;
    const int32_t *ids;                 /* [length] with masks */
    const int32_t *positions, *before, *after;   /* [masked] */
} bert__drawn;

/* What one thread needs to draw instances. */
typedef struct bert__maker {
    const bert_pretraining_desc *d;
    const uint8_t *pieces;              /* [vocabulary] 1: begins with ## */
    bert_special_ids special;
    uint64_t keys;
    size_t width;
    int32_t *ids, *covered;             /* [max_seq_length] covered: what a masked position becomes, else -1 */
    int32_t *positions, *before, *after;
    uint32_t *groups;                   /* [max_seq_length] first member << 16 | members */
    uint16_t *members;                  /* [max_seq_length] positions */
    bert__buf out;                      /* where put() places instances, as it likes */
    int (*put)(struct bert__maker *m, const bert__drawn *drawn);    /* 0 without memory */
    void *user;
} bert__maker;

BERT__FN bert_status bert__maker_init(bert__maker *m, bert__arena *arena, const bert_pretraining_desc *d, const uint8_t *pieces, size_t width)
{
    const size_t nS = (size_t)d->max_seq_length;
    memset(m, 0, sizeof *m);
    bert__buf_init(&m->out, &d->allocator);
    m->d = d;
    m->pieces = pieces;
    m->special = bert_tokenizer_special_ids(d->tokenizer);
    m->keys = (uint64_t)bert_tokenizer_key_count(d->tokenizer);
    m->width = width;
    m->ids = (int32_t *)bert__arena_array(arena, 5 * nS, sizeof(int32_t));
    m->groups = (uint32_t *)bert__arena_array(arena, nS, sizeof(uint32_t));
    m->members = (uint16_t *)bert__arena_array(arena, nS, sizeof(uint16_t));
    if (!m->ids || !m->groups || !m->members) return BERT_ERROR_MEMORY;
    m->covered = m->ids + nS;
    m->positions = m->covered + nS;
    m->before = m->positions + nS;
    m->after = m->before + nS;
    return BERT_OK;
}

/* How many tokens of `length` to predict. */
BERT__FN size_t bert__to_predict(const bert_pretraining_desc *d, int32_t length)
{
    const double want = bert_python_round((double)length * d->masked_lm_prob);
    const size_t most = (size_t)d->max_predictions;
    return want < 1 ? 1 : want < (double)most ? (size_t)want : most;
}

/* Masks w->ids; the order of the draws is the reference's. */
BERT__FN void bert__mask(bert__maker *m, bert__drawn *w, bert_python_random *r)
{
    const size_t want = bert__to_predict(m->d, w->length);
    size_t groups = 0, members = 0, g, k, done = 0;
    int32_t i;
    for (i = 0; i < w->length; i++) {
        const int32_t id = m->ids[i] & ~BERT__JOINED, joined = m->ids[i] & BERT__JOINED;
        int joins;
        m->covered[i] = -1;
        m->ids[i] = id;
        if (id == m->special.cls || id == m->special.sep) continue;
        joins = m->d->masking != BERT_MASKING_PIECES && (m->pieces[id] || joined);
        if (joins && groups) m->groups[groups - 1]++;                   /* across a [SEP] too */
        else m->groups[groups++] = (uint32_t)members << 16 | 1;
        m->members[members++] = (uint16_t)i;
    }
    for (g = groups; g-- > 1;) {
        const size_t other = (size_t)bert__python_below(r, (uint64_t)g + 1);
        const uint32_t t = m->groups[g];
        m->groups[g] = m->groups[other];
        m->groups[other] = t;
    }
    for (g = 0; g < groups && done < want; g++) {
        const size_t first = m->groups[g] >> 16, n = m->groups[g] & 0xFFFF;
        if (done + n > want) continue;
        for (k = first; k < first + n; k++) {
            const int32_t at = m->members[k];
            int32_t id = m->special.mask;
            if (!(bert_python_random_real(r) < 0.8))
                id = bert_python_random_real(r) < 0.5 ? m->ids[at] : bert_tokenizer_key(m->d->tokenizer, (int32_t)bert__python_below(r, m->keys));
            m->covered[at] = id;
        }
        done += n;
    }
    for (i = 0, k = 0; i < w->length; i++) {
        if (m->covered[i] < 0) continue;
        m->positions[k] = i;
        m->before[k] = m->ids[i];
        m->after[k] = m->covered[i];
        m->ids[i] = m->covered[i];
        k++;
    }
    w->masked = (int32_t)k;
    w->ids = m->ids;
    w->positions = m->positions;
    w->before = m->before;
    w->after = m->after;
}
/* [CLS] a [SEP] b [SEP] */
BERT__FN void bert__join_ranges(const bert__corpus *c, const bert_special_ids *special, size_t a, size_t a_count, size_t b, size_t b_count, int32_t *ids)
{
    ids[0] = special->cls;
    bert__corpus_get(c, a, a_count, ids + 1);
    ids[1 + a_count] = special->sep;
    bert__corpus_get(c, b, b_count, ids + 2 + a_count);
    ids[2 + a_count + b_count] = special->sep;
}

/* All instances of document `index` of those in `order` (NULL: as they stand). 0 without memory. */
BERT__FN int bert__make_document(bert__maker *m, const bert__corpus *c, const size_t *order, size_t index, bert_python_random *r)
{
    const size_t documents = bert__corpus_count(&c->documents), most = (size_t)m->d->max_seq_length - 3;
    const size_t document = order ? order[index] : index;
    const size_t last = bert__corpus_document(c, document + 1);
    size_t target = most, chunk = bert__corpus_document(c, document), i, k;
    bert__drawn w;
    if (bert_python_random_real(r) < m->d->short_seq_prob) target = 2 + (size_t)bert__python_below(r, (uint64_t)most - 1);
    for (i = chunk; i < last; i++) {
        const size_t n = i + 1 - chunk;
        size_t a_end = 1;
        memset(&w, 0, sizeof w);
        w.a = bert__corpus_sentence(c, chunk);
        if (i + 1 < last && bert__corpus_sentence(c, i + 1) - w.a < target) continue;
        if (n >= 2) a_end = 1 + (size_t)bert__python_below(r, (uint64_t)n - 1);
        w.b = bert__corpus_sentence(c, chunk + a_end);
        w.a_count = w.b - w.a;
        w.random = n == 1 || bert_python_random_real(r) < 0.5;
        if (w.random) {
            size_t other = 0, from, end, want = target > w.a_count ? target - w.a_count : 0;
            for (k = 0; k < 10; k++) {
                other = (size_t)bert__python_below(r, documents);
                if (other != index) break;
            }
            if (order) other = order[other];
            from = bert__corpus_document(c, other);
            end = bert__corpus_document(c, other + 1);
            from += (size_t)bert__python_below(r, end - from);
            w.b = bert__corpus_sentence(c, from);
            do w.b_count = bert__corpus_sentence(c, ++from) - w.b; while (from < end && w.b_count < want);
            i -= n - a_end;                                             /* what followed is used again */
        } else {
            w.b_count = bert__corpus_sentence(c, i + 1) - w.b;
        }
        while (w.a_count + w.b_count > most) {
            size_t *at = w.a_count > w.b_count ? &w.a : &w.b, *count = w.a_count > w.b_count ? &w.a_count : &w.b_count;
            --*count;
            if (bert_python_random_real(r) < 0.5) ++*at;
        }
        w.length = (int32_t)(w.a_count + w.b_count + 3);
        bert__join_ranges(c, &m->special, w.a, w.a_count, w.b, w.b_count, m->ids);
        bert__mask(m, &w, r);
        if (!m->put(m, &w)) return 0;
        chunk = i + 1;
    }
    return 1;
}

/* ---- instances as they are kept: until all have been made, and in buckets ---- */

/* Reference: ranges of the corpus, then the masked positions, then what they become. */
typedef struct bert__kept { uint64_t a, b; uint16_t a_count, b_count, masked, random; } bert__kept;

/* Streaming: 4 numbers, then the ids, the masked positions, what stood there. */
BERT__FN size_t bert__packed_size(size_t length, size_t masked, size_t width) { return 8 + length * width + masked * (2 + width); }

BERT__FN void bert__positions_store(char *to, const int32_t *positions, size_t n) { bert__ids_store(to, positions, n, 2); }

/* Streaming's put: behind each other in m->out, a size (uint32_t) in front of each. */
BERT__FN int bert__put_packed(bert__maker *m, const bert__drawn *w)
{
    const size_t n = (size_t)w->length, masked = (size_t)w->masked;
    const uint32_t size = (uint32_t)bert__packed_size(n, masked, m->width);
    uint16_t head[4];
    char *p;
    if (!bert__buf_reserve(&m->out, 4 + (size_t)size)) return 0;
    p = m->out.data + m->out.size;
    head[0] = (uint16_t)n;
    head[1] = (uint16_t)(w->a_count + 2);
    head[2] = (uint16_t)masked;
    head[3] = (uint16_t)w->random;
    memcpy(p, &size, 4);
    memcpy(p + 4, head, 8);
    bert__ids_store(p + 12, w->ids, n, m->width);
    bert__positions_store(p + 12 + n * m->width, w->positions, masked);
    bert__ids_store(p + 12 + n * m->width + 2 * masked, w->before, masked, m->width);
    m->out.size += 4 + (size_t)size;
    return 1;
}

/* ---- writing ---- */

/* All instances in their order: where each lies, in which form. */
typedef struct bert__finish {
    const bert_pretraining_desc *d;
    const bert__corpus *corpus;         /* of kept ones; NULL: packed ones */
    bert_special_ids special;
    size_t width;
    const char *const *list;            /* [count] */
    size_t count, begin;                /* instances; the first of the batch in work */
    int32_t pieces;                     /* tasks of a batch */
    int32_t *rooms;                     /* [pieces + 1][3 * max_seq_length]: ids, positions, labels */
    bert__buf *bytes;                   /* [pieces] serialized: size (uint32_t), example, ... */
    bert_record_writer **writers;
    int64_t written;                    /* instances before this list */
    bert_pretraining_counts *counts;
} bert__finish;

/* What is counted, without the rest. */
BERT__FN void bert__count_instance(const bert__finish *f, const char *p)
{
    uint16_t head[4];
    if (f->corpus) {
        bert__kept kept;
        memcpy(&kept, p, sizeof kept);
        f->counts->written += kept.a_count + kept.b_count + 3;
        f->counts->masked += kept.masked;
        f->counts->random_next += kept.random;
    } else {
        memcpy(head, p, 8);
        f->counts->written += head[0];
        f->counts->masked += head[2];
        f->counts->random_next += head[3];
    }
}
/* An instance from its kept or packed form; the arrays lie in room. */
BERT__FN bert_instance bert__unpack(const bert__finish *f, const char *p, int32_t *room)
{
    const size_t nS = (size_t)f->d->max_seq_length;
    int32_t *ids = room, *positions = room + nS, *labels = positions + nS;
    bert_instance in;
    size_t k, n, masked;
    memset(&in, 0, sizeof in);
    if (f->corpus) {
        bert__kept kept;
        memcpy(&kept, p, sizeof kept);
        n = (size_t)kept.a_count + kept.b_count + 3;
        masked = kept.masked;
        in.first = kept.a_count + 2;
        in.is_random_next = kept.random;
        bert__join_ranges(f->corpus, &f->special, (size_t)kept.a, kept.a_count, (size_t)kept.b, kept.b_count, ids);
        if (f->d->masking == BERT_MASKING_SEGMENTED) for (k = 0; k < n; k++) ids[k] &= ~BERT__JOINED;
        bert__ids_load(p + sizeof kept, positions, masked, 2);
        for (k = 0; k < masked; k++) {
            labels[k] = ids[positions[k]];
            bert__ids_load(p + sizeof kept + 2 * masked + k * f->width, ids + positions[k], 1, f->width);
        }
    } else {
        uint16_t head[4];
        memcpy(head, p, 8);
        n = head[0];
        masked = head[2];
        in.first = head[1];
        in.is_random_next = head[3];
        bert__ids_load(p + 8, ids, n, f->width);
        bert__ids_load(p + 8 + n * f->width, positions, masked, 2);
        bert__ids_load(p + 8 + n * f->width + 2 * masked, labels, masked, f->width);
    }
    in.length = (int32_t)n;
    in.masked = (int32_t)masked;
    in.ids = ids;
    in.masked_positions = positions;
    in.masked_ids = labels;
    return in;
}

/* The begin of a feature whose list has n bytes; then they follow. Returns where, or NULL without memory. */
BERT__FN unsigned char *bert__put_list(bert__buf *b, const char *name, bert_feature_type type, size_t n)
{
    const size_t name_size = strlen(name), list = bert__field_size(n);
    bert__put_field(b, 1, bert__field_size(name_size) + bert__field_size(bert__field_size(list)));
    bert__put_field(b, 1, name_size);
    bert__buf_add(b, name, name_size);
    bert__put_field(b, 2, bert__field_size(list));
    bert__put_field(b, (unsigned)type, list);
    bert__put_field(b, 1, n);
    if (!bert__buf_reserve(b, n)) return NULL;
    b->size += n;
    return (unsigned char *)b->data + b->size - n;
}
/* A feature of whole numbers, none below 0: `count` of `values`, then zeros up to `all`, which is not 0. */
BERT__FN void bert__put_numbers(bert__buf *b, const char *name, const int32_t *values, size_t count, size_t all)
{
    size_t i, n = all;
    unsigned char *p;
    for (i = 0; i < count; i++) n += (size_t)(values[i] > 0x7F) + (size_t)(values[i] > 0x3FFF) + (size_t)(values[i] > 0x1FFFFF) + (size_t)(values[i] > 0xFFFFFFF);
    if (!(p = bert__put_list(b, name, BERT_FEATURE_INT64, n))) return;
    for (i = 0; i < count; i++) {
        const uint32_t v = (uint32_t)values[i];
        if (v < 128) { *p++ = (unsigned char)v; continue; }
        if (v < 16384) { p[0] = (unsigned char)(v | 128); p[1] = (unsigned char)(v >> 7); p += 2; continue; }
        p += bert__varint_put(p, v);
    }
    memset(p, 0, all - count);
}
/* The same for numbers that are 1 from `begin` to `end`, else 0. */
BERT__FN void bert__put_ones(bert__buf *b, const char *name, size_t begin, size_t end, size_t all)
{
    unsigned char *p = bert__put_list(b, name, BERT_FEATURE_INT64, all);
    if (!p) return;
    memset(p, 0, all);
    memset(p + begin, 1, end - begin);
}
/* The weights: `count` times 1.0, then 0.0. */
BERT__FN void bert__put_weights(bert__buf *b, const char *name, size_t count, size_t all)
{
    unsigned char *p = bert__put_list(b, name, BERT_FEATURE_FLOAT, 4 * all);
    size_t i;
    for (i = 0; p && i < all; i++) memcpy(p + 4 * i, i < count ? "\0\0\x80\x3F" : "\0\0\0\0", 4);
}
/* The features of an instance's tf.train.Example, sorted by name. */
BERT__FN void bert__put_instance(bert__buf *b, const bert_instance *in, const bert_pretraining_desc *d)
{
    const size_t nS = (size_t)d->max_seq_length, nP = (size_t)d->max_predictions, n = (size_t)in->length, masked = (size_t)in->masked;
    bert__put_numbers(b, "input_ids", in->ids, n, nS);
    bert__put_ones(b, "input_mask", 0, n, nS);
    bert__put_numbers(b, "masked_lm_ids", in->masked_ids, masked, nP);
    bert__put_numbers(b, "masked_lm_positions", in->masked_positions, masked, nP);
    bert__put_weights(b, "masked_lm_weights", masked, nP);
    bert__put_numbers(b, "next_sentence_labels", &in->is_random_next, 1, 1);
    bert__put_ones(b, "segment_ids", (size_t)in->first, n, nS);
}
BERT__FN void bert__finish_piece(void *arg, int64_t index)
{
    bert__finish *f = (bert__finish *)arg;
    const size_t nS = (size_t)f->d->max_seq_length, begin = f->begin + (size_t)index * BERT__WRITE_PIECE;
    const size_t end = begin + BERT__WRITE_PIECE < f->count ? begin + BERT__WRITE_PIECE : f->count;
    int32_t *room = f->rooms + (size_t)index * 3 * nS;
    bert__buf *out = &f->bytes[2 * index], *features = out + 1;
    size_t i;
    out->size = 0;
    for (i = begin; i < end; i++) {
        const bert_instance in = bert__unpack(f, f->list[i], room);
        uint32_t size;
        const size_t at = out->size;
        features->size = 0;
        bert__put_instance(features, &in, f->d);
        bert__buf_add(out, "\0\0\0\0", 4);
        bert__put_field(out, 1, features->size);
        bert__buf_add(out, features->data, features->size);
        if (features->failed) out->failed = 1;
        if (out->failed) return;
        size = (uint32_t)(out->size - at - 4);
        memcpy(out->data + at, &size, 4);
    }
}
/* Serializes a list of instances, deals them out to the files, shows them to the caller. */
BERT__FN bert_status bert__finish_run(bert__finish *f, const char *const *list, size_t count)
{
    const bert_pretraining_desc *d = f->d;
    const size_t nS = (size_t)d->max_seq_length;
    bert_pretraining_progress progress;
    bert_status st = BERT_OK;
    size_t k, batch = (size_t)f->pieces * BERT__WRITE_PIECE, at;
    f->list = list;
    f->count = count;
    for (f->begin = 0; f->begin < count && st == BERT_OK; f->begin += batch) {
        const size_t n = count - f->begin < batch ? count - f->begin : batch, pieces = (n + BERT__WRITE_PIECE - 1) / BERT__WRITE_PIECE;
        if (d->output_count) d->parallel.run(d->parallel.user, (int64_t)pieces, bert__finish_piece, f);
        for (k = at = 0; k < n && st == BERT_OK; k++) {
            const int64_t index = f->written + (int64_t)(f->begin + k);
            bert__count_instance(f, list[f->begin + k]);
            if (d->each) {
                bert_instance in = bert__unpack(f, list[f->begin + k], f->rooms + (size_t)f->pieces * 3 * nS);
                in.index = index;
                if (d->each(d->user, &in)) st = bert__fail(d->error, BERT_ERROR_STOPPED, NULL, -1, "stopped by the caller at instance %lld", (long long)index);
            }
            if (d->output_count && st == BERT_OK) {
                bert__buf *from = &f->bytes[2 * (k / BERT__WRITE_PIECE)];
                uint32_t size;
                if (k % BERT__WRITE_PIECE == 0) at = 0;
                if (from->failed) { st = bert__fail(d->error, BERT_ERROR_MEMORY, NULL, -1, "out of memory while writing instances"); break; }
                memcpy(&size, from->data + at, 4);
                st = bert_record_writer_add(f->writers[(size_t)(index % (int64_t)d->output_count)], from->data + at + 4, size, d->error);
                at += 4 + (size_t)size;
            }
        }
        progress.stage = "writing";
        progress.done = f->written + (int64_t)(f->begin + n);
        progress.total = f->counts->instances;
        if (st == BERT_OK && d->progress && d->progress(d->user, &progress)) st = bert__fail(d->error, BERT_ERROR_STOPPED, NULL, -1, "stopped by the caller");
    }
    f->written += (int64_t)count;
    return st;
}

/* ---- reading everything: blocks of lines in parallel, then their sentences one after another ---- */

/* What takes the sentences. end: a document ends, perhaps one without a sentence. */
typedef struct bert__taker {
    bert_status (*sentence)(struct bert__taker *t, const int32_t *ids, size_t n);
    bert_status (*end)(struct bert__taker *t);
    bert_pretraining_counts *counts;
} bert__taker;

BERT__FN bert_status bert__lines_failed(const bert_pretraining_desc *d, const bert__block_of_lines *b, int64_t before)
{
    const int64_t at = b->bad ? BERT__LINE(before + b->bad) : -1;
    if (b->status == BERT_ERROR_MEMORY) return bert__fail(d->error, b->status, b->path, -1, "out of memory while tokenizing");
    if (b->status == BERT_ERROR_FORMAT) return bert__fail(d->error, b->status, b->path, at, "line %lld is not UTF-8; convert the file (iconv -f latin1 -t utf-8), or use the streaming mode, which drops such bytes", (long long)(before + b->bad));
    if (b->status == BERT_ERROR_MISMATCH) return bert__fail(d->error, b->status, b->path, at, "line %lld has a word that needs [UNK], and the vocabulary has none", (long long)(before + b->bad));
    return bert__fail(d->error, b->status, b->path, at, "line %lld cannot be tokenized: %s", (long long)(before + b->bad), bert_status_string(b->status));
}
BERT__FN bert_status bert__read_all(const bert_pretraining_desc *d, size_t longest, bert__taker *taker)
{
    const int32_t width = d->parallel.width > 1 ? d->parallel.width * 2 : 1;
    const int64_t total = bert__lines_from_size(d);
    bert__block_of_lines *blocks = (bert__block_of_lines *)bert__alloc(&d->allocator, bert__mul((size_t)width, sizeof *blocks));
    bert__lines_from source;
    bert_pretraining_progress progress;
    bert_status st = BERT_OK;
    int64_t line = 0;
    int32_t n, k;
    if (!blocks) return bert__fail(d->error, BERT_ERROR_MEMORY, NULL, -1, "out of memory while reading");
    memset(&source, 0, sizeof source);
    memset(blocks, 0, (size_t)width * sizeof *blocks);
    source.d = d;
    source.longest = longest;
    bert__buf_init(&source.rest, &d->allocator);
    for (k = 0; k < width; k++) {
        bert__buf_init(&blocks[k].text, &d->allocator);
        bert__buf_init(&blocks[k].ids, &d->allocator);
        bert__buf_init(&blocks[k].sentences, &d->allocator);
        bert__buf_init(&blocks[k].columns, &d->allocator);
        blocks[k].d = d;
    }
    do {
        for (n = 0; n < width && st == BERT_OK; n++) {
            st = bert__lines_from_next(&source, &blocks[n]);
            if (st != BERT_OK || !blocks[n].text.size) break;
        }
        if (st == BERT_OK && n) d->parallel.run(d->parallel.user, n, bert__lines_encode, blocks);
        for (k = 0; k < n && st == BERT_OK; k++) {
            const bert__block_of_lines *b = &blocks[k];
            const int32_t *ids = (const int32_t *)(const void *)b->ids.data;
            const uint32_t *sentences = (const uint32_t *)(const void *)b->sentences.data;
            size_t i, used = 0;
            if (b->begins) line = 0;
            if (b->status != BERT_OK) { st = bert__lines_failed(d, b, line); break; }
            for (i = 0; i < b->sentences.size / sizeof(uint32_t) && st == BERT_OK; i++) {
                if (sentences[i]) st = taker->sentence(taker, ids + used, sentences[i]);
                else st = taker->end(taker);
                taker->counts->sentences += sentences[i] != 0;
                used += sentences[i];
            }
            line += b->lines;
            taker->counts->tokens += (int64_t)used;
            taker->counts->lines += b->lines;
            taker->counts->not_utf8 += b->not_utf8;
        }
        progress.stage = "reading";
        progress.done = source.bytes;
        progress.total = total;
        if (st == BERT_OK && d->progress && d->progress(d->user, &progress)) st = bert__fail(d->error, BERT_ERROR_STOPPED, NULL, -1, "stopped by the caller");
    } while (st == BERT_OK && n == width);
    if (st == BERT_OK) st = taker->end(taker);
    taker->counts->bytes = source.bytes;
    bert__lines_from_close(&source);
    bert__buf_free(&source.rest);
    for (k = 0; k < width; k++) {
        bert__buf_free(&blocks[k].text);
        bert__buf_free(&blocks[k].ids);
        bert__buf_free(&blocks[k].sentences);
        bert__buf_free(&blocks[k].columns);
    }
    bert__free(&d->allocator, blocks);
    return st;
}

/* ---- reference mode ---- */

typedef struct bert__reference {
    bert__taker taker;
    const bert_pretraining_desc *d;
    bert__corpus corpus;
    int inside;                         /* a document */
    bert__arena kept;
    bert__buf list;                     /* const char *: a bert__kept each */
    int64_t made;                       /* tokens of the documents done, for the progress */
} bert__reference;

BERT__FN bert_status bert__reference_sentence(bert__taker *t, const int32_t *ids, size_t n)
{
    bert__reference *f = (bert__reference *)(void *)t;
    if (!f->inside) bert__corpus_begin_document(&f->corpus);
    f->inside = 1;
    if (bert__corpus_add(&f->corpus, ids, NULL, n)) return BERT_OK;
    return bert__fail(f->d->error, BERT_ERROR_MEMORY, NULL, -1, "out of memory: the reference mode holds the whole corpus; give it part by part, or use the streaming mode");
}
BERT__FN bert_status bert__reference_end(bert__taker *t)
{
    ((bert__reference *)(void *)t)->inside = 0;
    return BERT_OK;
}
BERT__FN int bert__put_kept(bert__maker *m, const bert__drawn *w)
{
    bert__reference *f = (bert__reference *)m->user;
    const size_t n = (size_t)w->masked;
    bert__kept kept;
    char *p = (char *)bert__arena_get_aligned(&f->kept, sizeof kept + n * (2 + m->width), 8);
    if (!p) return 0;
    kept.a = w->a;
    kept.b = w->b;
    kept.a_count = (uint16_t)w->a_count;
    kept.b_count = (uint16_t)w->b_count;
    kept.masked = (uint16_t)n;
    kept.random = (uint16_t)w->random;
    memcpy(p, &kept, sizeof kept);
    bert__positions_store(p + sizeof kept, w->positions, n);
    bert__ids_store(p + sizeof kept + 2 * n, w->after, n, m->width);
    bert__buf_add(&f->list, &p, sizeof p);
    return !f->list.failed;
}
BERT__FN bert_status bert__reference_run(const bert_pretraining_desc *d, const uint8_t *pieces, bert__finish *finish, bert__arena *arena)
{
    bert__reference f;
    bert__maker m;
    bert_python_random random;
    bert_pretraining_progress progress;
    size_t *order = NULL, documents = 0, i;
    int32_t round;
    bert_status st;
    memset(&f, 0, sizeof f);
    f.taker.sentence = bert__reference_sentence;
    f.taker.end = bert__reference_end;
    f.taker.counts = finish->counts;
    f.d = d;
    bert__corpus_init(&f.corpus, finish->width, &d->allocator);
    bert__arena_init(&f.kept, &d->allocator, (size_t)1 << 18);
    bert__buf_init(&f.list, &d->allocator);
    st = bert__read_all(d, SIZE_MAX / 16, &f.taker);
    if (st == BERT_OK) {
        documents = bert__corpus_count(&f.corpus.documents);
        finish->counts->documents = (int64_t)documents;
        order = (size_t *)bert__alloc(&d->allocator, bert__mul(documents, sizeof *order));
        st = order ? bert__maker_init(&m, arena, d, pieces, finish->width) : BERT_ERROR_MEMORY;
    }
    if (st == BERT_OK) {
        m.put = bert__put_kept;
        m.user = &f;
        bert_python_random_seed(&random, *d->seed);
        for (i = 0; i < documents; i++) order[i] = i;
        bert_python_random_shuffle(&random, order, documents, sizeof *order);
        progress.stage = "making";
        progress.total = finish->counts->tokens * d->dupe_factor;
        for (round = 0; round < d->dupe_factor && st == BERT_OK; round++)
            for (i = 0; i < documents && st == BERT_OK; i++) {
                if (!bert__make_document(&m, &f.corpus, order, i, &random)) st = BERT_ERROR_MEMORY;
                f.made += (int64_t)(bert__corpus_sentence(&f.corpus, bert__corpus_document(&f.corpus, order[i] + 1)) - bert__corpus_sentence(&f.corpus, bert__corpus_document(&f.corpus, order[i])));
                progress.done = f.made;
                if (d->progress && i % 256 == 255 && d->progress(d->user, &progress)) st = BERT_ERROR_STOPPED;
            }
        bert__buf_free(&m.out);
    }
    if (st == BERT_ERROR_STOPPED && documents) bert__fail(d->error, st, NULL, -1, "stopped by the caller");
    if (st == BERT_ERROR_MEMORY) bert__fail(d->error, st, NULL, -1, "out of memory: the reference mode holds all instances; a smaller dupe_factor needs less, the streaming mode little");
    if (st == BERT_OK) {
        const size_t n = f.list.size / sizeof(char *);
        bert_python_random_shuffle(&random, f.list.data, n, sizeof(char *));
        finish->corpus = &f.corpus;
        finish->counts->instances = (int64_t)n;
        st = bert__finish_run(finish, (const char *const *)(const void *)f.list.data, n);
        finish->corpus = NULL;
    }
    bert__free(&d->allocator, order);
    bert__corpus_free(&f.corpus);
    bert__arena_free(&f.kept);
    bert__buf_free(&f.list);
    return st;
}

/* ---- streaming: a scratch file, and buckets of records that lie in memory as long as their share lasts ---- */

typedef struct bert__scratch {
    const char *path;
    bert_error *error;
    uint64_t size, at;                  /* bytes written; where the file stands */
    int open;
#if !defined(BERT_NO_STDIO) && defined(_WIN32)
    HANDLE file;
#elif !defined(BERT_NO_STDIO)
    int file;
#endif
} bert__scratch;

#if defined(BERT_NO_STDIO)
BERT__FN bert_status bert__scratch_open(bert__scratch *s)
{
    return bert__fail(s->error, BERT_ERROR_MEMORY, NULL, -1, "the instances do not fit into max_bytes, and this program was built without files (BERT_NO_STDIO)");
}
BERT__FN bert_status bert__scratch_move(bert__scratch *s, uint64_t at, char *data, size_t size, int write_it) { (void)s; (void)at; (void)data; (void)size; (void)write_it; return BERT_ERROR_IO; }
BERT__FN void bert__scratch_close(bert__scratch *s) { (void)s; }
#elif defined(_WIN32)
BERT__FN bert_status bert__scratch_open(bert__scratch *s)
{
    wchar_t wide[1024];
    if (!s->path) return bert__bad_argument(s->error, "the instances do not fit into max_bytes: name a scratch file");
    if (!bert__wide(s->path, wide, 1024)) return bert__fail(s->error, BERT_ERROR_IO, s->path, -1, "the path is too long or not UTF-8");
    s->file = CreateFileW(wide, GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_NEW, FILE_ATTRIBUTE_TEMPORARY | FILE_FLAG_DELETE_ON_CLOSE, NULL);
    if (s->file == INVALID_HANDLE_VALUE) return bert__fail_system(s->error, s->path, "cannot create the scratch file (remove it if it is left from another run)");
    s->open = 1;
    return BERT_OK;
}
BERT__FN bert_status bert__scratch_move(bert__scratch *s, uint64_t at, char *data, size_t size, int write_it)
{
    LARGE_INTEGER where;
    where.QuadPart = (LONGLONG)at;
    if (at != s->at && !SetFilePointerEx(s->file, where, NULL, FILE_BEGIN)) return bert__fail_system(s->error, s->path, "cannot move in the scratch file");
    s->at = at + size;
    while (size) {
        DWORD part = size > (1u << 30) ? (1u << 30) : (DWORD)size, done = 0;
        if (!(write_it ? WriteFile(s->file, data, part, &done, NULL) : ReadFile(s->file, data, part, &done, NULL)) || !done)
            return bert__fail_system(s->error, s->path, write_it ? "cannot write the scratch file" : "cannot read the scratch file");
        data += done;
        size -= done;
    }
    return BERT_OK;
}
BERT__FN void bert__scratch_close(bert__scratch *s) { if (s->open) CloseHandle(s->file); s->open = 0; }
#else
/* The file loses its name at once: whatever happens to the program, its space is given back. */
BERT__FN bert_status bert__scratch_open(bert__scratch *s)
{
    if (!s->path) return bert__bad_argument(s->error, "the instances do not fit into max_bytes: name a scratch file");
    s->file = open(s->path, O_RDWR | O_CREAT | O_EXCL | BERT__CLOEXEC, 0600);
    if (s->file < 0) return bert__fail_system(s->error, s->path, "cannot create the scratch file (it must not exist)", errno);
    s->open = 1;
    unlink(s->path);
    return BERT_OK;
}
BERT__FN bert_status bert__scratch_move(bert__scratch *s, uint64_t at, char *data, size_t size, int write_it)
{
    const off_t to = (off_t)at;
    if ((uint64_t)to != at || to < 0) return bert__fail(s->error, BERT_ERROR_IO, s->path, -1, "the scratch file is too large for this machine: build with -D_FILE_OFFSET_BITS=64, or allow more memory");
    if (at != s->at && lseek(s->file, to, SEEK_SET) != to) return bert__fail_system(s->error, s->path, "cannot move in the scratch file", errno);
    s->at = at + size;
    while (size) {
        const size_t part = size > (1u << 30) ? (1u << 30) : size;
        const ptrdiff_t n = write_it ? write(s->file, data, part) : read(s->file, data, part);
        if (n == 0 && !write_it) return bert__fail(s->error, BERT_ERROR_IO, s->path, -1, "the scratch file is shorter than what was written");
        if (n < 0 && errno != EINTR) return bert__fail_system(s->error, s->path, write_it ? "cannot write the scratch file" : "cannot read the scratch file", errno);
        if (n > 0) { data += n; size -= (size_t)n; }
    }
    return BERT_OK;
}
BERT__FN void bert__scratch_close(bert__scratch *s) { if (s->open) close(s->file); s->open = 0; }
#endif

/* A full chunk of a bucket: in memory, with a pointer to the one before, or in the file, with its place. */
typedef struct bert__full_chunk { struct bert__full_chunk *before; size_t size; } bert__full_chunk;
typedef struct bert__file_chunk { uint64_t before, size; } bert__file_chunk;

typedef struct bert__bucket {
    bert__full_chunk *last;
    uint64_t last_in_file;              /* UINT64_MAX: none */
    uint64_t bytes;                     /* of all records, sizes included */
    size_t used;                        /* bytes in its room */
} bert__bucket;

typedef struct bert__buckets {
    bert_allocator allocator;
    bert__scratch *scratch;
    bert__bucket *bucket;               /* [count] */
    char *room;                         /* [count][chunk] what is not yet a chunk */
    size_t count, chunk;
    size_t left;                        /* memory for chunks */
    size_t largest;                     /* chunk there is */
} bert__buckets;

BERT__FN bert_status bert__buckets_open(bert__buckets *b, size_t count, size_t rooms, size_t memory, bert__scratch *scratch, const bert_allocator *a)
{
    size_t i;
    memset(b, 0, sizeof *b);
    b->allocator = *a;
    b->scratch = scratch;
    b->count = count;
    b->chunk = rooms / count < 4096 ? 4096 : rooms / count > 65536 ? 65536 : rooms / count;
    b->left = memory;
    b->largest = b->chunk;
    b->bucket = (bert__bucket *)bert__alloc(a, bert__mul(count, sizeof *b->bucket));
    b->room = (char *)bert__alloc(a, bert__mul(count, b->chunk));
    if (b->bucket) memset(b->bucket, 0, count * sizeof *b->bucket);
    if (!b->bucket || !b->room) return bert__fail(scratch->error, BERT_ERROR_MEMORY, NULL, -1, "out of memory for %zu buckets", count);
    for (i = 0; i < count; i++) b->bucket[i].last_in_file = UINT64_MAX;
    return BERT_OK;
}
BERT__FN void bert__buckets_close(bert__buckets *b)
{
    size_t i;
    for (i = 0; b->bucket && i < b->count; i++) {
        bert__full_chunk *c = b->bucket[i].last, *before;
        for (; c; c = before) { before = c->before; bert__free(&b->allocator, c); }
    }
    if (b->count) { bert__free(&b->allocator, b->bucket); bert__free(&b->allocator, b->room); }
    memset(b, 0, sizeof *b);
}
/* Makes a chunk of `size` bytes, given in two parts. */
BERT__FN bert_status bert__bucket_chunk(bert__buckets *b, bert__bucket *k, char *data, size_t size, char *more, size_t more_size)
{
    const size_t all = size + more_size;
    bert__file_chunk head;
    bert_status st;
    if (all > b->largest) b->largest = all;
    if (all + sizeof(bert__full_chunk) <= b->left) {
        bert__full_chunk *c = (bert__full_chunk *)bert__alloc(&b->allocator, sizeof *c + all);
        if (!c) return bert__fail(b->scratch->error, BERT_ERROR_MEMORY, NULL, -1, "out of memory: allow less than there is (max_bytes)");
        b->left -= all + sizeof *c;
        c->before = k->last;
        c->size = all;
        memcpy(c + 1, data, size);
        if (more_size) memcpy((char *)(c + 1) + size, more, more_size);
        k->last = c;
        return BERT_OK;
    }
    b->left = 0;                                                        /* from here on to the file, whatever fits: a bucket's chunks in file are all later ones */
    if (!b->scratch->open && (st = bert__scratch_open(b->scratch)) != BERT_OK) return st;
    head.before = k->last_in_file;
    head.size = all;
    k->last_in_file = b->scratch->size;
    if ((st = bert__scratch_move(b->scratch, b->scratch->size, (char *)&head, sizeof head, 1)) != BERT_OK) return st;
    if ((st = bert__scratch_move(b->scratch, b->scratch->size + sizeof head, data, size, 1)) != BERT_OK) return st;
    if (more_size && (st = bert__scratch_move(b->scratch, b->scratch->size + sizeof head + size, more, more_size, 1)) != BERT_OK) return st;
    b->scratch->size += sizeof head + all;
    return BERT_OK;
}
/* Adds a record; its size comes in front of it. */
BERT__FN bert_status bert__buckets_add(bert__buckets *b, size_t index, char *data, size_t size)
{
    bert__bucket *k = &b->bucket[index];
    char *room = b->room + index * b->chunk;
    uint32_t n = (uint32_t)size;
    bert_status st;
    k->bytes += 4 + (uint64_t)size;
    if (4 + size > b->chunk - k->used && k->used) {
        if ((st = bert__bucket_chunk(b, k, room, k->used, NULL, 0)) != BERT_OK) return st;
        k->used = 0;
    }
    if (4 + size > b->chunk) return bert__bucket_chunk(b, k, (char *)&n, 4, data, size);
    memcpy(room + k->used, &n, 4);
    memcpy(room + k->used + 4, data, size);
    k->used += 4 + size;
    return BERT_OK;
}
/* Takes a chunk's records out of the bucket; *size is 0 when it is empty. `out` has room for the largest. */
BERT__FN bert_status bert__buckets_take(bert__buckets *b, size_t index, char *out, size_t *size)
{
    bert__bucket *k = &b->bucket[index];
    bert__file_chunk head;
    bert_status st;
    if (k->used) {
        *size = k->used;
        memcpy(out, b->room + index * b->chunk, k->used);
        k->used = 0;
    } else if (k->last_in_file != UINT64_MAX) {
        if ((st = bert__scratch_move(b->scratch, k->last_in_file, (char *)&head, sizeof head, 0)) != BERT_OK) return st;
        if (head.size > b->largest) return bert__fail(b->scratch->error, BERT_ERROR_FORMAT, b->scratch->path, (int64_t)k->last_in_file, "the scratch file is not what was written");
        if ((st = bert__scratch_move(b->scratch, k->last_in_file + sizeof head, out, (size_t)head.size, 0)) != BERT_OK) return st;
        k->last_in_file = head.before;
        *size = (size_t)head.size;
    } else if (k->last) {
        bert__full_chunk *c = k->last;
        *size = c->size;
        memcpy(out, c + 1, c->size);
        k->last = c->before;
        bert__free(&b->allocator, c);
    } else {
        *size = 0;
    }
    return BERT_OK;
}

/* ---- streaming mode ---- */

typedef struct bert__streaming {
    bert__taker taker;
    const bert_pretraining_desc *d;
    const uint8_t *pieces;
    bert__finish *finish;
    bert__buf lengths, ids;             /* the document being read: uint32_t, int32_t */
    bert__buf record;
    size_t longest;                     /* tokens of a document */
    bert__buckets documents, instances;
    bert_python_random random;
    /* making a slice */
    bert__corpus corpus;
    bert__maker *makers;                /* [parallel tasks] */
    size_t *starts;                     /* [tasks + 1] documents of each task of the batch */
    int32_t tasks;
    uint32_t slice, round, first;       /* of the batch; first: tasks of this slice and round before it */
    bert_status *status;
} bert__streaming;

/* Random numbers of their own for a place in the work. */
BERT__FN void bert__place_seed(bert_python_random *r, int64_t seed, uint32_t step, uint32_t a, uint32_t b, uint32_t c)
{
    uint32_t key[6];
    key[0] = (uint32_t)((uint64_t)seed & 0xFFFFFFFFu);
    key[1] = (uint32_t)((uint64_t)seed >> 32);
    key[2] = step;
    key[3] = a;
    key[4] = b;
    key[5] = c;
    bert__mersenne_seed(r, key, 6);
}

BERT__FN bert_status bert__streaming_end(bert__taker *t)
{
    bert__streaming *s = (bert__streaming *)(void *)t;
    const uint32_t count = (uint32_t)(s->lengths.size / 4);
    const size_t n = s->ids.size / sizeof(int32_t), width = s->finish->width;
    bert_status st;
    if (!count) return BERT_OK;
    s->record.size = 0;
    bert__buf_add(&s->record, &count, 4);
    bert__buf_add(&s->record, s->lengths.data, s->lengths.size);
    if (bert__buf_reserve(&s->record, n * width)) bert__ids_store(s->record.data + s->record.size, (const int32_t *)(const void *)s->ids.data, n, width);
    s->record.size += n * width;
    if (s->record.failed) return bert__fail(s->d->error, BERT_ERROR_MEMORY, NULL, -1, "out of memory for a document");
    st = bert__buckets_add(&s->documents, (size_t)bert__python_below(&s->random, s->documents.count), s->record.data, s->record.size);
    s->lengths.size = s->ids.size = 0;
    s->taker.counts->documents++;
    return st;
}
BERT__FN bert_status bert__streaming_sentence(bert__taker *t, const int32_t *ids, size_t n)
{
    bert__streaming *s = (bert__streaming *)(void *)t;
    const uint32_t length = (uint32_t)n;
    bert_status st;
    if (s->ids.size / sizeof(int32_t) + n > s->longest && (st = bert__streaming_end(t)) != BERT_OK) return st;
    bert__buf_add(&s->lengths, &length, 4);
    bert__buf_add(&s->ids, ids, n * sizeof *ids);
    return s->lengths.failed || s->ids.failed ? bert__fail(s->d->error, BERT_ERROR_MEMORY, NULL, -1, "out of memory for a document") : BERT_OK;
}

/* Makes the instances of some documents, in m->out. */
BERT__FN void bert__streaming_make(void *arg, int64_t index)
{
    bert__streaming *s = (bert__streaming *)arg;
    bert__maker *m = &s->makers[index];
    bert_python_random r;
    size_t i;
    m->out.size = 0;
    bert__place_seed(&r, *s->d->seed, 2, s->slice, s->round, s->first + (uint32_t)index);
    for (i = s->starts[index]; i < s->starts[index + 1]; i++)
        if (!bert__make_document(m, &s->corpus, NULL, i, &r)) { s->status[index] = BERT_ERROR_MEMORY; return; }
}
/* All instances of the documents in s->corpus, to their buckets. */
BERT__FN bert_status bert__streaming_slice(bert__streaming *s, bert_pretraining_progress *progress)
{
    const bert_pretraining_desc *d = s->d;
    const size_t documents = bert__corpus_count(&s->corpus.documents);
    bert_status st = BERT_OK;
    size_t done, at;
    int32_t n, k;
    for (s->round = 0; (uint32_t)d->dupe_factor > s->round && st == BERT_OK; s->round++) {       /* (nvcc takes `round <` for a template) */
        for (done = 0, s->first = 0; done < documents && st == BERT_OK; s->first += (uint32_t)n) {
            for (n = 0; n < s->tasks && done < documents; n++) {        /* about 16384 tokens a task */
                const size_t begin = bert__corpus_sentence(&s->corpus, bert__corpus_document(&s->corpus, done));
                s->starts[n] = done;
                s->status[n] = BERT_OK;
                while (done < documents && bert__corpus_sentence(&s->corpus, bert__corpus_document(&s->corpus, done)) - begin < 16384) done++;
            }
            s->starts[n] = done;
            d->parallel.run(d->parallel.user, n, bert__streaming_make, s);
            for (k = 0; k < n && st == BERT_OK; k++) {
                bert__buf *out = &s->makers[k].out;
                if (s->status[k] != BERT_OK) { st = bert__fail(d->error, s->status[k], NULL, -1, "out of memory while making instances"); break; }
                for (at = 0; at < out->size && st == BERT_OK;) {
                    uint32_t size;
                    memcpy(&size, out->data + at, 4);
                    st = bert__buckets_add(&s->instances, (size_t)bert__python_below(&s->random, s->instances.count), out->data + at + 4, size);
                    at += 4 + (size_t)size;
                    s->finish->counts->instances++;
                }
            }
        }
        progress->done += (int64_t)s->corpus.tokens;
        if (st == BERT_OK && d->progress && d->progress(d->user, progress)) st = bert__fail(d->error, BERT_ERROR_STOPPED, NULL, -1, "stopped by the caller");
    }
    s->slice++;
    return st;
}
/* Step 2: bucket after bucket of documents, in slices of at most `most` bytes. */
BERT__FN bert_status bert__streaming_make_all(bert__streaming *s, size_t most)
{
    bert_pretraining_progress progress;
    char *chunk = (char *)bert__alloc(&s->d->allocator, s->documents.largest);
    const size_t width = s->finish->width;
    bert_status st = chunk ? BERT_OK : bert__fail(s->d->error, BERT_ERROR_MEMORY, NULL, -1, "out of memory for a slice of the corpus");
    size_t k, size, held = 0, i;
    progress.stage = "making";
    progress.done = 0;
    progress.total = s->finish->counts->tokens * s->d->dupe_factor;
    bert__place_seed(&s->random, *s->d->seed, 3, 0, 0, 0);
    for (k = 0; k < s->documents.count && st == BERT_OK; k++) {
        do {
            size_t at = 0;
            if ((st = bert__buckets_take(&s->documents, k, chunk, &size)) != BERT_OK) break;
            if (held && (!size || held + size > most)) {
                if ((st = bert__streaming_slice(s, &progress)) != BERT_OK) break;
                s->corpus.sentences.size = s->corpus.documents.size = s->corpus.tokens = held = 0;
            }
            held += size;
            while (at < size && st == BERT_OK) {
                uint32_t record, count, n;
                const char *lengths, *ids;
                memcpy(&record, chunk + at, 4);
                memcpy(&count, chunk + at + 4, 4);
                lengths = chunk + at + 8;
                ids = lengths + 4 * (size_t)count;
                bert__corpus_begin_document(&s->corpus);
                for (i = 0; i < count && st == BERT_OK; i++) {
                    memcpy(&n, lengths + 4 * i, 4);
                    if (!bert__corpus_add(&s->corpus, NULL, ids, n)) st = bert__fail(s->d->error, BERT_ERROR_MEMORY, NULL, -1, "out of memory for a slice of the corpus");
                    ids += n * width;
                }
                at += 4 + (size_t)record;
            }
        } while (st == BERT_OK && size);
    }
    bert__free(&s->d->allocator, chunk);
    return st;
}
/* Step 3: bucket after bucket of instances, shuffled. */
BERT__FN bert_status bert__streaming_write_all(bert__streaming *s, size_t most)
{
    const bert_allocator *a = &s->d->allocator;
    bert__buf list;
    char *data = NULL;
    bert_status st = BERT_OK;
    size_t k, size;
    uint32_t slice = 0;
    bert__buf_init(&list, a);
    for (k = 0; k < s->instances.count && st == BERT_OK; k++) {
        const uint64_t bytes = s->instances.bucket[k].bytes;
        const size_t room = (bytes < most ? (size_t)bytes : most) + s->instances.largest;
        size_t held;
        if (!(data = (char *)bert__alloc(a, room))) { st = bert__fail(s->d->error, BERT_ERROR_MEMORY, NULL, -1, "out of memory: %zu bytes to shuffle instances in", room); break; }
        do {
            bert_python_random r;
            size_t at;
            for (held = 0; held + s->instances.largest <= room && st == BERT_OK; held += size) {
                st = bert__buckets_take(&s->instances, k, data + held, &size);
                if (st != BERT_OK || !size) break;
            }
            list.size = 0;
            for (at = 0; at < held && st == BERT_OK;) {
                const char *p = data + at + 4;
                uint32_t n;
                memcpy(&n, data + at, 4);
                bert__buf_add(&list, &p, sizeof p);
                at += 4 + (size_t)n;
            }
            if (list.failed) st = bert__fail(s->d->error, BERT_ERROR_MEMORY, NULL, -1, "out of memory while shuffling instances");
            if (st != BERT_OK) break;
            bert__place_seed(&r, *s->d->seed, 4, slice++, 0, 0);
            bert_python_random_shuffle(&r, list.data, list.size / sizeof(char *), sizeof(char *));
            st = bert__finish_run(s->finish, (const char *const *)(const void *)list.data, list.size / sizeof(char *));
        } while (st == BERT_OK && held);
        bert__free(a, data);
    }
    bert__buf_free(&list);
    return st;
}
BERT__FN bert_status bert__streaming_run(const bert_pretraining_desc *d, const uint8_t *pieces, bert__finish *finish, bert__arena *arena)
{
    const size_t share = d->max_bytes / 4;
    const int64_t size = bert__lines_from_size(d);
    const double bytes = size > 0 ? (double)size : 1.6e10;              /* a pipe may be long: slices serve if it is not */
    const double documents = ceil(bytes * (double)finish->width / 4 / ((double)share / 2)), instances = ceil(bytes * d->dupe_factor * (double)finish->width / 2.5 / ((double)share / 2));
    bert__scratch scratch;
    bert__streaming s;
    bert_status st;
    int32_t k;
    memset(&s, 0, sizeof s);
    memset(&scratch, 0, sizeof scratch);
    scratch.path = d->scratch;
    scratch.error = d->error;
    s.taker.sentence = bert__streaming_sentence;
    s.taker.end = bert__streaming_end;
    s.taker.counts = finish->counts;
    s.d = d;
    s.pieces = pieces;
    s.finish = finish;
    s.longest = d->max_bytes / 256 < 65536 ? 65536 : d->max_bytes / 256;
    s.tasks = d->parallel.width > 1 ? d->parallel.width * 4 : 1;
    bert__buf_init(&s.lengths, &d->allocator);
    bert__buf_init(&s.ids, &d->allocator);
    bert__buf_init(&s.record, &d->allocator);
    bert__corpus_init(&s.corpus, finish->width, &d->allocator);
    bert__place_seed(&s.random, *d->seed, 1, 0, 0, 0);
    st = bert__buckets_open(&s.documents, documents > 1024 ? 1024 : (size_t)documents + (documents < 1), d->max_bytes / 16, share, &scratch, &d->allocator);
    if (st == BERT_OK) st = bert__read_all(d, s.longest * 4, &s.taker);
    bert__buf_free(&s.lengths);
    bert__buf_free(&s.ids);
    bert__buf_free(&s.record);
    if (st == BERT_OK) st = bert__buckets_open(&s.instances, instances > 1024 ? 1024 : (size_t)instances + (instances < 1), d->max_bytes / 16, share, &scratch, &d->allocator);
    if (st == BERT_OK) {
        s.makers = (bert__maker *)bert__arena_array(arena, (size_t)s.tasks, sizeof *s.makers);
        s.starts = (size_t *)bert__arena_array(arena, (size_t)s.tasks + 1, sizeof *s.starts);
        s.status = (bert_status *)bert__arena_array(arena, (size_t)s.tasks, sizeof *s.status);
        if (!s.makers || !s.starts || !s.status) st = BERT_ERROR_MEMORY;
        if (s.makers) memset(s.makers, 0, (size_t)s.tasks * sizeof *s.makers);
        for (k = 0; k < s.tasks && st == BERT_OK; k++) {
            st = bert__maker_init(&s.makers[k], arena, d, pieces, finish->width);
            s.makers[k].put = bert__put_packed;
        }
        if (st != BERT_OK) bert__fail(d->error, st, NULL, -1, "out of memory for %d tasks at once; fewer threads need less", (int)s.tasks);
    }
    if (st == BERT_OK) st = bert__streaming_make_all(&s, share);
    bert__buckets_close(&s.documents);
    bert__corpus_free(&s.corpus);
    for (k = 0; s.makers && k < s.tasks; k++) bert__buf_free(&s.makers[k].out);
    if (st == BERT_OK) st = bert__streaming_write_all(&s, share);
    bert__buckets_close(&s.instances);
    finish->counts->scratch = (int64_t)scratch.size;
    bert__scratch_close(&scratch);
    return st;
}

/* ---- the one entry ---- */

/* Has the vocabulary what masks and instances need? */
BERT__FN bert_status bert__masks_check(const bert_tokenizer *tokenizer, bert_error *e)
{
    const bert_special_ids ids = bert_tokenizer_special_ids(tokenizer);
    const char *missing = ids.cls < 0 ? "[CLS]" : ids.sep < 0 ? "[SEP]" : ids.mask < 0 ? "[MASK]" : NULL;
    if (missing) return bert__fail(e, BERT_ERROR_MISMATCH, NULL, -1, "the vocabulary has no %s: pre-training needs [CLS], [SEP] and [MASK]", missing);
    return BERT_OK;
}
/* 1 for each token that begins with ##. */
BERT__FN uint8_t *bert__masks_pieces(const bert_tokenizer *tokenizer, bert__arena *arena)
{
    const size_t vocab = (size_t)bert_tokenizer_size(tokenizer);
    uint8_t *pieces = (uint8_t *)bert__arena_array(arena, vocab, 1);
    size_t i, n;
    for (i = 0; pieces && i < vocab; i++) {
        const char *t = bert_tokenizer_token(tokenizer, (int32_t)i, &n);
        pieces[i] = t && n >= 2 && t[0] == '#' && t[1] == '#';
    }
    return pieces;
}
/* The desc with its defaults, or an error. */
BERT__FN bert_status bert__pretraining_check(bert_pretraining_desc *d)
{
    bert_error *e = d->error;
    bert_status st;
    if (!d->tokenizer) return bert__bad_argument(e, "bert_pretraining_data needs a tokenizer");
    if ((st = bert__masks_check(d->tokenizer, e)) != BERT_OK) return st;
    if ((!d->path_count && !d->text_count) || (d->path_count && (d->text_count || !d->paths)) || (d->text_count && !d->texts)) return bert__bad_argument(e, "bert_pretraining_data needs paths or texts, one of them");
    if ((!d->output_count && !d->each) || (d->output_count && !d->outputs)) return bert__bad_argument(e, "bert_pretraining_data needs outputs, or a function that takes the instances");
    if (!d->max_seq_length) d->max_seq_length = 128;
    if (!d->max_predictions) d->max_predictions = 20;
    if (!d->dupe_factor) d->dupe_factor = 10;
    if (d->masked_lm_prob == 0) d->masked_lm_prob = 0.15;
    if (d->short_seq_prob == 0) d->short_seq_prob = 0.1;
    if (d->max_seq_length < 5 || d->max_seq_length > 65535)
        return bert__fail(e, BERT_ERROR_ARGUMENT, NULL, -1, "max_seq_length is %d: it goes from 5 ([CLS] a [SEP] b [SEP]) to 65535", (int)d->max_seq_length);
    if (d->max_predictions < 0 || d->max_predictions > 65535) return bert__fail(e, BERT_ERROR_ARGUMENT, NULL, -1, "max_predictions is %d: it goes from 1 to 65535", (int)d->max_predictions);
    if (d->dupe_factor < 0) return bert__fail(e, BERT_ERROR_ARGUMENT, NULL, -1, "dupe_factor is %d: it goes from 1", (int)d->dupe_factor);
    if (!(d->masked_lm_prob <= 1) || !(d->short_seq_prob <= 1)) return bert__bad_argument(e, "masked_lm_prob and short_seq_prob are shares: at most 1");
    if ((unsigned)d->masking > BERT_MASKING_SEGMENTED) return bert__bad_argument(e, "masking");
    if (!d->max_bytes) d->max_bytes = (size_t)1 << 30;
    if (d->streaming && d->max_bytes < (size_t)16 << 20) return bert__bad_argument(e, "max_bytes: streaming needs 16 MB at least");
    d->allocator = bert__allocator(&d->allocator);
    d->parallel = bert__parallel(d->parallel);
    return BERT_OK;
}
BERT_API bert_status bert_pretraining_data(const bert_pretraining_desc *desc, bert_pretraining_counts *counts)
{
    static const int64_t seed = 12345;
    bert_pretraining_desc d;
    bert_pretraining_counts sum;
    bert__finish f;
    bert__arena arena;
    uint8_t *pieces;
    char *scratch;
    bert_status st;
    size_t i, vocab;
    if (!desc) return BERT_ERROR_ARGUMENT;
    d = *desc;
    if (!d.seed) d.seed = &seed;
    if ((st = bert__pretraining_check(&d)) != BERT_OK) return st;
    memset(&sum, 0, sizeof sum);
    memset(&f, 0, sizeof f);
    bert__arena_init(&arena, &d.allocator, 65536);
    vocab = (size_t)bert_tokenizer_size(d.tokenizer);
    f.d = &d;
    f.counts = &sum;
    f.special = bert_tokenizer_special_ids(d.tokenizer);
    f.width = vocab <= 65536 && d.masking != BERT_MASKING_SEGMENTED ? 2 : 4;
    f.pieces = d.parallel.width > 1 ? d.parallel.width * 2 : 1;
    pieces = bert__masks_pieces(d.tokenizer, &arena);
    f.rooms = (int32_t *)bert__arena_array(&arena, bert__mul((size_t)f.pieces + 1, 3 * (size_t)d.max_seq_length), sizeof *f.rooms);
    f.bytes = (bert__buf *)bert__arena_array(&arena, 2 * (size_t)f.pieces, sizeof *f.bytes);
    f.writers = (bert_record_writer **)bert__arena_array(&arena, d.output_count, sizeof *f.writers);
    if (!pieces || !f.rooms || !f.bytes || !f.writers) {
        bert__arena_free(&arena);
        return bert__fail(d.error, BERT_ERROR_MEMORY, NULL, -1, "out of memory");
    }
    for (i = 0; i < 2 * (size_t)f.pieces; i++) bert__buf_init(&f.bytes[i], &d.allocator);
    memset((void *)f.writers, 0, d.output_count * sizeof *f.writers);
    for (i = 0; i < d.output_count && st == BERT_OK; i++) st = bert_record_writer_open(d.outputs[i], &d.allocator, &f.writers[i], d.error);
    if (st == BERT_OK && d.streaming && !d.scratch && d.output_count) {
        const size_t n = strlen(d.outputs[0]);
        scratch = (char *)bert__arena_get(&arena, n + 9);
        if (scratch) { memcpy(scratch, d.outputs[0], n); memcpy(scratch + n, ".scratch", 9); }
        else st = bert__fail(d.error, BERT_ERROR_MEMORY, NULL, -1, "out of memory");
        d.scratch = scratch;
    }
    if (st == BERT_OK) st = d.streaming ? bert__streaming_run(&d, pieces, &f, &arena) : bert__reference_run(&d, pieces, &f, &arena);
    for (i = 0; i < d.output_count && st == BERT_OK; i++) st = bert_record_writer_commit(f.writers[i], d.error);
    for (i = 0; i < d.output_count; i++) bert_record_writer_close(f.writers[i]);
    for (i = 0; i < 2 * (size_t)f.pieces; i++) bert__buf_free(&f.bytes[i]);
    bert__arena_free(&arena);
    if (st == BERT_OK && counts) *counts = sum;
    return st;
}

/* ============================================================================================================
   >>batches
   Purpose   pre-training instances from files to batches.
   Uses      >>records, >>paths' order of names, the masks of >>instances.
   Promises  the order follows from the desc alone, so that a place is two numbers. What is held are places in files, not instances:
             16 bytes each. As many files are open as are read side by side or have an instance held. Every id is checked.

   Order     As they stand; or, shuffled: the files in an order drawn for this time round, `interleave` of them in turn, one
             record each, a file that has ended replaced by the next; the first `shuffle` places are held, and what comes next
             is one of them, drawn, whose place the next one read takes. A time round ends when nothing is held any more.
   Sharing   Of F files, N readers: where F >= N the k-th file of this time round belongs to reader k mod N, else the k-th record.
   Seek      reads the heads of the records from the begin of that time round again.
   ============================================================================================================ */

typedef struct bert__instance_file {
    bert_records *records;              /* NULL: not open */
    int64_t users;                      /* being read, or held places in it */
} bert__instance_file;
typedef struct bert__instance_at { size_t file, at; } bert__instance_at;

struct bert_instances {
    bert_instances_desc desc;           /* names belong to the arena */
    bert__arena arena;
    size_t count;                       /* files */
    bert__instance_file *files;         /* [count] */
    size_t *order;                      /* [count] of this time round */
    size_t next_file;                   /* of order */
    bert__instance_at *streams;         /* [interleave] file: count: none left for it */
    size_t stream;
    bert__instance_at *held;            /* [shuffle or 1] */
    size_t held_count;
    int64_t records;                    /* read this time round by all readers */
    bert_instances_place place;
    bert_status failed;
    bert_instances_facts facts;
    int32_t limit;                      /* of ids */
    int by_record;
    bert_example example;
    int32_t *room;                      /* ids, mask, segments [S]; positions, labels [P] */
    float *room_weights;                /* [P] */
    bert__buf offsets, ids, segments, next_sentence, rows, labels, weights;
    bert_pretraining_desc making;       /* new masks */
    bert__maker maker;
};

BERT__FN const char *bert__instances_path(const bert_instances *r, size_t file) { return r->desc.path_count ? r->desc.paths[file] : NULL; }
BERT__FN void bert__instances_leave(bert_instances *r, size_t file)
{
    bert__instance_file *f = r->files + file;
    if (--f->users) return;
    bert_records_close(f->records);
    f->records = NULL;
}
BERT__FN bert_status bert__instances_use(bert_instances *r, size_t file, bert_error *e)
{
    bert__instance_file *f = r->files + file;
    bert_records_desc d;
    bert_status st = BERT_OK;
    memset(&d, 0, sizeof d);
    if (!f->records) {
        d.path = bert__instances_path(r, file);
        if (!d.path) { d.data = r->desc.files[file].data; d.size = r->desc.files[file].size; if (!d.data) d.data = ""; }
        d.allocator = r->desc.allocator;
        d.error = e;
        st = bert_records_open(&d, &f->records);
    }
    if (st == BERT_OK) f->users++;
    return st;
}
/* Nothing is open, nothing held: the begin of a time round. */
BERT__FN void bert__instances_begin(bert_instances *r, int64_t round)
{
    size_t i;
    bert_python_random random;
    for (i = 0; i < (size_t)r->desc.interleave; i++) if (r->streams[i].file < r->count) bert__instances_leave(r, r->streams[i].file);
    for (i = 0; i < r->held_count; i++) bert__instances_leave(r, r->held[i].file);
    for (i = 0; i < (size_t)r->desc.interleave; i++) r->streams[i].file = r->count;
    for (i = 0; i < r->count; i++) r->order[i] = i;
    if (r->desc.shuffle) {
        bert__place_seed(&random, (int64_t)r->desc.seed, 5, (uint32_t)round, 0, 0);
        bert_python_random_shuffle(&random, r->order, r->count, sizeof *r->order);
    }
    r->next_file = r->stream = r->held_count = 0;
    r->records = 0;
    r->place.round = round;
    r->place.index = 0;
}
/* The place of the next record that is this reader's; its file is in use for it. at->file is `count` when all have been read. */
BERT__FN bert_status bert__instances_read(bert_instances *r, bert__instance_at *at, bert_error *e)
{
    const size_t wide = (size_t)r->desc.interleave;
    size_t idle = 0;
    while (idle < wide) {
        bert__instance_at *s = r->streams + r->stream;
        bert__instance_file *f;
        const void *data;
        size_t size, file;
        bert_status st;
        if (s->file == r->count) {
            while (r->next_file < r->count && !r->by_record && r->next_file % (size_t)r->desc.ranks != (size_t)r->desc.rank) r->next_file++;
            if (r->next_file >= r->count) { r->stream = (r->stream + 1) % wide; idle++; continue; }
            file = r->order[r->next_file];
            if ((st = bert__instances_use(r, file, e)) != BERT_OK) return st;
            r->next_file++;
            s->file = file;
            s->at = 0;
        }
        idle = 0;
        f = r->files + s->file;
        f->records->at = s->at;
        f->records->check = 0;                                          /* the data is checked when it is used */
        at->file = s->file;
        at->at = s->at;
        if ((st = bert_records_next(f->records, &data, &size, e)) != BERT_OK) return st;
        if (!data) {
            bert__instances_leave(r, s->file);
            s->file = r->count;
            continue;
        }
        s->at = f->records->at;
        r->stream = (r->stream + 1) % wide;
        if (r->by_record && r->records++ % r->desc.ranks != r->desc.rank) continue;
        f->users++;
        return BERT_OK;
    }
    at->file = r->count;
    return BERT_OK;
}
/* The place of the next instance, its file in use; at->file is `count` at the end. */
BERT__FN bert_status bert__instances_draw(bert_instances *r, bert__instance_at *at, bert_error *e)
{
    const size_t most = r->desc.shuffle > 0 ? (size_t)r->desc.shuffle : 1;
    bert_status st;
    int again;
    for (again = 0;; again++) {
        uint32_t counter[4], words[4];
        size_t k;
        while (r->held_count < most) {
            if ((st = bert__instances_read(r, &r->held[r->held_count], e)) != BERT_OK) return st;
            if (r->held[r->held_count].file == r->count) break;
            r->held_count++;
        }
        if (!r->held_count) {
            at->file = r->count;
            if (!r->desc.repeat) return BERT_OK;
            if (again && !r->place.index) return bert__fail(e, BERT_ERROR_ARGUMENT, bert__instances_path(r, 0), -1, "there is no instance to read%s", r->desc.ranks > 1 ? " for this one of the readers: take fewer, or more data" : "");
            bert__instances_begin(r, r->place.round + 1);
            continue;
        }
        counter[0] = (uint32_t)r->place.index;
        counter[1] = (uint32_t)((uint64_t)r->place.index >> 32);
        counter[2] = (uint32_t)r->place.round;
        counter[3] = 0x6F72646Eu;                                       /* a word of no row of >>rng's */
        k = 0;
        if (r->desc.shuffle) {
            bert__philox(counter, r->desc.seed, words);
            k = (size_t)((uint64_t)words[0] * r->held_count >> 32);
        }
        *at = r->held[k];
        r->held[k] = r->held[--r->held_count];
        r->place.index++;
        return BERT_OK;
    }
}
/* Says which record failed. */
BERT__FN bert_status bert__instance_failed(const bert_instances *r, const bert__instance_at *at, const bert_error *why, bert_error *e)
{
    if (why->code == BERT_ERROR_MEMORY) return bert__fail(e, why->code, bert__instances_path(r, at->file), -1, "out of memory for an instance");
    return bert__fail(e, why->code, bert__instances_path(r, at->file), (int64_t)at->at, "%s", why->message);
}
BERT__FN bert_status bert__instance_parse(bert_instances *r, const bert__instance_at *at, bert_error *e)
{
    bert_records *records = r->files[at->file].records;
    const void *data;
    size_t size;
    bert_error why;
    bert_status st;
    records->at = at->at;
    records->check = 1;
    if ((st = bert_records_next(records, &data, &size, e)) != BERT_OK) return st;
    memset(&why, 0, sizeof why);
    if (bert_example_parse(&r->example, data, size, &r->desc.allocator, &why) != BERT_OK) return bert__instance_failed(r, at, &why, e);
    return BERT_OK;
}
/* Draws the masks of an instance again: the n ids in the room, with `masked` of them covered. Returns how many are now. */
BERT__FN int32_t bert__instance_mask(bert_instances *r, const bert__instance_at *at, int32_t n, int32_t masked)
{
    int32_t *ids = r->room, *positions = ids + 3 * r->facts.max_seq_length, *labels = positions + r->facts.max_predictions, k;
    bert_python_random random;
    bert__drawn w;
    for (k = 0; k < masked; k++) ids[positions[k]] = labels[k];
    memset(&w, 0, sizeof w);
    w.length = n;
    memcpy(r->maker.ids, ids, (size_t)n * sizeof *ids);
    bert__place_seed(&random, (int64_t)r->desc.seed, 6, (uint32_t)r->place.round, (uint32_t)at->file, (uint32_t)(at->at / 16));    /* no record is shorter */
    bert__mask(&r->maker, &w, &random);
    memcpy(ids, w.ids, (size_t)n * sizeof *ids);
    for (k = 0; k < w.masked; k++) {
        positions[k] = w.positions[k];
        labels[k] = w.before[k];
        r->room_weights[k] = 1;
    }
    return w.masked;
}
/* An instance to the end of the batch. */
BERT__FN bert_status bert__instance_add(bert_instances *r, const bert__instance_at *at, bert_error *e)
{
    const int32_t nS = r->facts.max_seq_length, nP = r->facts.max_predictions;
    int32_t *ids = r->room, *mask = ids + nS, *segments = mask + nS, *positions = segments + nS, *labels = positions + nP, next = 0, n = 0, masked = 0, i;
    float *weights = r->room_weights;
    int64_t from, row;
    bert_error why;
    bert_status st = bert__instance_parse(r, at, e);
    if (st != BERT_OK) return st;
    memset(&why, 0, sizeof why);
    if (bert_example_ints(&r->example, "input_ids", ids, (size_t)nS, &why) || bert_example_ints(&r->example, "input_mask", mask, (size_t)nS, &why)
        || bert_example_ints(&r->example, "segment_ids", segments, (size_t)nS, &why) || bert_example_ints(&r->example, "masked_lm_positions", positions, (size_t)nP, &why)
        || bert_example_ints(&r->example, "masked_lm_ids", labels, (size_t)nP, &why) || bert_example_floats(&r->example, "masked_lm_weights", weights, (size_t)nP, &why)
        || bert_example_ints(&r->example, "next_sentence_labels", &next, 1, &why)) return bert__instance_failed(r, at, &why, e);
    while (n < nS && mask[n] == 1) n++;
    for (i = n; i < nS && !mask[i]; i++) {}
    if (!n || i < nS) st = bert__fail(&why, BERT_ERROR_MISMATCH, NULL, -1, "input_mask is not ones followed by zeros");
    if (st == BERT_OK && (next < 0 || next > 1)) st = bert__fail(&why, BERT_ERROR_MISMATCH, NULL, -1, "next_sentence_labels is %d, not 0 or 1", (int)next);
    for (i = 0; i < n && st == BERT_OK; i++)
        if (ids[i] < 0 || ids[i] >= r->limit) st = bert__fail(&why, BERT_ERROR_MISMATCH, NULL, -1, "input_ids has the id %d; the vocabulary ends before %d: was the data made with another one?", (int)ids[i], (int)r->limit);
    for (i = 0; i < nP && st == BERT_OK; i++) {
        if (weights[i] == 0) continue;                                  /* padding */
        if (positions[i] < 0 || positions[i] >= n) st = bert__fail(&why, BERT_ERROR_MISMATCH, NULL, -1, "masked_lm_positions has %d, the instance %d tokens", (int)positions[i], (int)n);
        else if (labels[i] < 0 || labels[i] >= r->limit) st = bert__fail(&why, BERT_ERROR_MISMATCH, NULL, -1, "masked_lm_ids has the id %d; the vocabulary ends before %d: was the data made with another one?", (int)labels[i], (int)r->limit);
        else if (!(weights[i] > 0)) st = bert__fail(&why, BERT_ERROR_MISMATCH, NULL, -1, "masked_lm_weights has a number below 0, or none");
        positions[masked] = positions[i];
        labels[masked] = labels[i];
        weights[masked++] = weights[i];
    }
    if (st != BERT_OK) return bert__instance_failed(r, at, &why, e);
    if (r->desc.tokenizer) masked = bert__instance_mask(r, at, n, masked);
    from = (int64_t)(r->ids.size / sizeof(int32_t));
    bert__buf_add(&r->ids, ids, (size_t)n * sizeof *ids);
    bert__buf_add(&r->segments, segments, (size_t)n * sizeof *segments);
    bert__buf_add(&r->next_sentence, &next, sizeof next);
    bert__buf_add(&r->labels, labels, (size_t)masked * sizeof *labels);
    bert__buf_add(&r->weights, weights, (size_t)masked * sizeof *weights);
    for (i = 0; i < masked; i++) {
        row = from + positions[i];
        bert__buf_add(&r->rows, &row, sizeof row);
    }
    row = from + n;
    bert__buf_add(&r->offsets, &row, sizeof row);
    if (r->ids.failed || r->segments.failed || r->next_sentence.failed || r->labels.failed || r->weights.failed || r->rows.failed || r->offsets.failed)
        return bert__fail(e, BERT_ERROR_MEMORY, NULL, -1, "out of memory for a batch of instances");
    return BERT_OK;
}
/* The first instances of a file: its lengths must be those of all. */
BERT__FN bert_status bert__instances_look_at(bert_instances *r, size_t file, bert_error *e)
{
    static const char *const names[2] = { "input_ids", "masked_lm_positions" }, *const flags[2] = { "max_seq_length", "max_predictions_per_seq" };
    int32_t *const have[2] = { &r->facts.max_seq_length, &r->facts.max_predictions };
    bert__instance_at at;
    bert_status st = bert__instances_use(r, file, e);
    int k, n;
    if (st != BERT_OK) return st;
    at.file = file;
    at.at = 0;
    for (n = 0; n < (file ? 8 : 256) && st == BERT_OK && at.at < r->files[file].records->size; n++) {
        st = bert__instance_parse(r, &at, e);
        for (k = 0; k < 2 && st == BERT_OK && !n; k++) {
            const bert_feature *f = bert_example_find(&r->example, names[k]);
            const size_t count = f && f->type == BERT_FEATURE_INT64 ? f->count : 0;
            if (!count || count > 65535) st = bert__fail(e, BERT_ERROR_MISMATCH, bert__instances_path(r, file), -1, "its records have no %s: pre-training data is made by create_pretraining_data", names[k]);
            else if (!*have[k]) *have[k] = (int32_t)count;
            else if (*have[k] != (int32_t)count)
                st = bert__fail(e, BERT_ERROR_MISMATCH, bert__instances_path(r, file), -1, "it was made with %s %d, not with %d%s: ask for %d, or make the data anew", flags[k], (int)count, (int)*have[k],
                                (k ? r->desc.max_predictions : r->desc.max_seq_length) ? "" : " as the files before it", (int)count);
        }
        if (st == BERT_OK && !r->room) {
            r->room = (int32_t *)bert__arena_array(&r->arena, 3 * (size_t)r->facts.max_seq_length + 2 * (size_t)r->facts.max_predictions, sizeof *r->room);
            r->room_weights = (float *)bert__arena_array(&r->arena, (size_t)r->facts.max_predictions, sizeof *r->room_weights);
            if (!r->room || !r->room_weights) st = bert__fail(e, BERT_ERROR_MEMORY, NULL, -1, "out of memory for an instance");
        }
        if (st == BERT_OK) {
            const int64_t tokens = (int64_t)r->ids.size, masked = (int64_t)r->labels.size;
            const bert_tokenizer *tokenizer = r->desc.tokenizer;
            r->desc.tokenizer = NULL;                                   /* as the file has it */
            st = bert__instance_add(r, &at, e);
            r->desc.tokenizer = tokenizer;
            if (st == BERT_OK) {
                const int64_t of = ((int64_t)r->ids.size - tokens) / 4, predicted = ((int64_t)r->labels.size - masked) / 4;
                r->facts.instances++;
                r->facts.tokens += of;
                r->facts.masked += predicted;
                r->facts.cut += predicted == r->facts.max_predictions;
                r->facts.skewed += predicted == r->facts.max_predictions && (double)predicted < (double)of * 0.15 - 1;
            }
            at.at = r->files[file].records->at;
        }
    }
    bert__instances_leave(r, file);
    return st;
}
BERT__FN void bert__instances_empty(bert_instances *r)
{
    const int64_t zero = 0;
    r->offsets.size = r->ids.size = r->segments.size = r->next_sentence.size = r->rows.size = r->labels.size = r->weights.size = 0;
    r->offsets.failed = r->ids.failed = r->segments.failed = r->next_sentence.failed = r->rows.failed = r->labels.failed = r->weights.failed = 0;
    bert__buf_add(&r->offsets, &zero, sizeof zero);
}
BERT_API void bert_instances_close(bert_instances *instances)
{
    bert_instances *r = instances;
    bert_allocator a;
    size_t i;
    if (!r) return;
    a = r->desc.allocator;
    for (i = 0; r->files && i < r->count; i++) bert_records_close(r->files[i].records);
    bert_example_free(&r->example);
    bert__buf_free(&r->offsets);
    bert__buf_free(&r->ids);
    bert__buf_free(&r->segments);
    bert__buf_free(&r->next_sentence);
    bert__buf_free(&r->rows);
    bert__buf_free(&r->labels);
    bert__buf_free(&r->weights);
    bert__arena_free(&r->arena);
    bert__free(&a, r);
}
/* What new masks need: [CLS], [SEP], [MASK], which tokens continue a word. */
BERT__FN bert_status bert__instances_masks(bert_instances *r, bert_error *e)
{
    bert_pretraining_desc *d = &r->making;
    const uint8_t *pieces = bert__masks_pieces(r->desc.tokenizer, &r->arena);
    d->tokenizer = r->desc.tokenizer;
    d->masking = r->desc.masking;
    d->masked_lm_prob = r->desc.masked_lm_prob == 0 ? 0.15 : r->desc.masked_lm_prob;
    d->max_seq_length = r->facts.max_seq_length;
    d->max_predictions = r->facts.max_predictions;
    d->allocator = r->desc.allocator;
    if (!pieces || bert__maker_init(&r->maker, &r->arena, d, pieces, 4) != BERT_OK) return bert__fail(e, BERT_ERROR_MEMORY, NULL, -1, "out of memory for masks");
    return bert__masks_check(d->tokenizer, e);
}
BERT_API bert_status bert_instances_open(const bert_instances_desc *desc, bert_instances **out)
{
    bert_instances_desc d;
    bert_instances *r;
    bert_status st = BERT_OK;
    char **paths = NULL;
    size_t i, streams;
    if (!desc || !out) return BERT_ERROR_ARGUMENT;
    d = *desc;
    if (!d.ranks) d.ranks = 1;
    if ((!d.path_count && !d.file_count) || (d.path_count && (d.file_count || !d.paths)) || (d.file_count && !d.files)) return bert__bad_argument(d.error, "bert_instances_open needs paths or files, one of them");
    if (d.ranks < 1 || d.rank < 0 || d.rank >= d.ranks) return bert__fail(d.error, BERT_ERROR_ARGUMENT, NULL, -1, "rank is %d of %d: it goes from 0 to one less than these", (int)d.rank, (int)d.ranks);
    if (d.vocab_size < 0 || d.max_seq_length < 0 || d.max_predictions < 0 || d.shuffle < 0 || d.interleave < 0) return bert__bad_argument(d.error, "bert_instances_open: no number in the desc is below 0");
    if (d.shuffle > UINT32_MAX || d.interleave > 65535) return bert__bad_argument(d.error, "bert_instances_open: shuffle goes to 2^32 - 1, interleave to 65535");
    if (d.tokenizer && d.masking != BERT_MASKING_PIECES && d.masking != BERT_MASKING_WORDS) return bert__bad_argument(d.error, "bert_instances_open: masking: pieces or words; where words of segmented text end is not in the files");
    d.allocator = bert__allocator(&d.allocator);
    if (!d.interleave) d.interleave = 4;
    r = (bert_instances *)bert__alloc(&d.allocator, sizeof *r);
    if (!r) return bert__fail(d.error, BERT_ERROR_MEMORY, NULL, -1, "out of memory");
    memset(r, 0, sizeof *r);
    r->count = d.path_count + d.file_count;
    if ((size_t)d.interleave > r->count) d.interleave = (int32_t)r->count;
    if (!d.shuffle) d.interleave = 1;
    r->desc = d;
    r->by_record = r->count < (size_t)d.ranks;
    r->limit = d.vocab_size ? d.vocab_size : INT32_MAX;
    if (d.tokenizer && bert_tokenizer_size(d.tokenizer) < r->limit) r->limit = (int32_t)bert_tokenizer_size(d.tokenizer);
    r->facts.max_seq_length = d.max_seq_length;
    r->facts.max_predictions = d.max_predictions;
    bert__arena_init(&r->arena, &d.allocator, 4096);
    bert__buf_init(&r->offsets, &d.allocator);
    bert__buf_init(&r->ids, &d.allocator);
    bert__buf_init(&r->segments, &d.allocator);
    bert__buf_init(&r->next_sentence, &d.allocator);
    bert__buf_init(&r->rows, &d.allocator);
    bert__buf_init(&r->labels, &d.allocator);
    bert__buf_init(&r->weights, &d.allocator);
    streams = (size_t)d.interleave;
    r->order = (size_t *)bert__arena_array(&r->arena, r->count, sizeof *r->order);
    r->streams = (bert__instance_at *)bert__arena_array(&r->arena, streams, sizeof *r->streams);
    r->held = (bert__instance_at *)bert__arena_array(&r->arena, (size_t)d.shuffle + 1, sizeof *r->held);
    paths = (char **)bert__arena_array(&r->arena, r->count, sizeof *paths);
    r->files = (bert__instance_file *)bert__arena_array(&r->arena, r->count, sizeof *r->files);
    if (r->files) memset(r->files, 0, r->count * sizeof *r->files);
    if (!r->files || !r->order || !r->streams || !r->held || !paths) st = BERT_ERROR_MEMORY;
    for (i = 0; i < d.path_count && st == BERT_OK; i++) {
        const size_t n = strlen(d.paths[i]) + 1;
        if (!(paths[i] = (char *)bert__arena_get(&r->arena, n))) st = BERT_ERROR_MEMORY;
        else memcpy(paths[i], d.paths[i], n);
    }
    if (st != BERT_OK) bert__fail(d.error, st, NULL, -1, "out of memory for %zu files and %lld instances to shuffle", r->count, (long long)d.shuffle);
    if (d.path_count) r->desc.paths = (const char *const *)paths;
    else if (st == BERT_OK) {                                           /* the array is the caller's, the bytes stay */
        bert_bytes *files = (bert_bytes *)bert__arena_array(&r->arena, d.file_count, sizeof *files);
        if (files) memcpy(files, d.files, d.file_count * sizeof *files);
        else st = bert__fail(d.error, BERT_ERROR_MEMORY, NULL, -1, "out of memory for %zu files", r->count);
        r->desc.files = files;
    }
    for (i = 0; st == BERT_OK && i < streams; i++) r->streams[i].file = r->count;
    for (i = 0; st == BERT_OK && i < r->count; i++) {
        bert__instances_empty(r);
        st = bert__instances_look_at(r, i, d.error);
    }
    if (st == BERT_OK && !r->facts.instances) st = bert__fail(d.error, BERT_ERROR_MISMATCH, bert__instances_path(r, 0), -1, r->count > 1 ? "neither this file nor the others hold an instance" : "it holds no instance");
    if (st == BERT_OK && d.tokenizer) st = bert__instances_masks(r, d.error);
    if (st == BERT_OK) bert__instances_begin(r, 0);
    r->desc.error = NULL;
    if (st != BERT_OK) bert_instances_close(r);
    else *out = r;
    return st;
}
BERT_API bert_status bert_instances_next(bert_instances *instances, int64_t count, int64_t first, int64_t take, bert_instances_batch *out, bert_error *error)
{
    bert_instances *r = instances;
    bert__instance_at at;
    bert_status st = BERT_OK;
    int64_t i;
    if (!r || !out || count < 0 || first < 0 || take < 0 || first > count || take > count - first) return bert__bad_argument(error, "bert_instances_next needs a reader, a place for the batch, and a part that lies in it");
    if (r->failed) return bert__fail(error, r->failed, NULL, -1, "the reader has failed before");
    bert__instances_empty(r);
    for (i = 0; i < count; i++) {
        if ((st = bert__instances_draw(r, &at, error)) != BERT_OK || at.file == r->count) break;
        if (i >= first && i < first + take) st = bert__instance_add(r, &at, error);
        bert__instances_leave(r, at.file);
        if (st != BERT_OK) break;
    }
    if (st == BERT_OK && r->offsets.failed) st = bert__fail(error, BERT_ERROR_MEMORY, NULL, -1, "out of memory for a batch of instances");
    if (st != BERT_OK) return r->failed = st;
    memset(out, 0, sizeof *out);
    out->read = i;
    out->batch.sequences = (int64_t)(r->offsets.size / sizeof(int64_t)) - 1;
    out->batch.offsets = (const int64_t *)(const void *)r->offsets.data;
    out->batch.ids = (const int32_t *)(const void *)r->ids.data;
    out->batch.segment_ids = (const int32_t *)(const void *)r->segments.data;
    out->next_sentence = (const int32_t *)(const void *)r->next_sentence.data;
    out->masked_count = (int64_t)(r->rows.size / sizeof(int64_t));
    out->masked_rows = (const int64_t *)(const void *)r->rows.data;
    out->masked_ids = (const int32_t *)(const void *)r->labels.data;
    out->masked_weights = (const float *)(const void *)r->weights.data;
    return BERT_OK;
}
BERT_API bert_instances_place bert_instances_tell(const bert_instances *instances) { return instances->place; }
BERT_API bert_status bert_instances_seek(bert_instances *instances, const bert_instances_place *place, bert_error *error)
{
    bert_instances *r = instances;
    bert_instances_place to;
    bert__instance_at at;
    bert_status st;
    if (!r || !place || place->round < 0 || place->index < 0) return bert__bad_argument(error, "bert_instances_seek needs a reader and a place");
    to = *place;
    r->failed = BERT_OK;
    bert__instances_begin(r, to.round);
    while (r->place.index < to.index) {
        st = bert__instances_draw(r, &at, error);
        if (st == BERT_OK && (at.file == r->count || r->place.round != to.round)) {
            if (at.file < r->count) bert__instances_leave(r, at.file);
            st = bert__fail(error, BERT_ERROR_MISMATCH, bert__instances_path(r, 0), -1, "there is no instance %lld in this data: it is not the data that the place was noted for", (long long)to.index);
        }
        if (st != BERT_OK) return r->failed = st;
        bert__instances_leave(r, at.file);
    }
    return BERT_OK;
}
BERT_API bert_instances_facts bert_instances_look(const bert_instances *instances) { return instances->facts; }
#endif /* BERT_NO_TOKENIZER */
#endif /* BERT_NO_DATA */

/* ============================================================================================================
   >>metrics
   Purpose   how good predictions are, by the numbers that papers and leaderboards report.
   Uses      bert__sort_order; nothing of the model.
   Promises  the values of scikit-learn 1.9, scipy 1.17 and seqeval 1.2 (goldens at 1e-9), their degenerate cases included. Matrices
             and entity scores are added up as predictions come, so memory does not grow with them.
   ============================================================================================================ */

#ifndef BERT_NO_DATA

BERT__FN double bert__ratio(double a, double b) { return b > 0 ? a / b : 0; }
BERT__FN double bert__f1(double precision, double recall) { return bert__ratio(2 * precision * recall, precision + recall); }
BERT__FN double bert__not_a_number(void)
{
    const uint64_t bits = (uint64_t)0x7FF80000u << 32;
    double d;
    memcpy(&d, &bits, 8);
    return d;
}

BERT_API bert_status bert_confusion_add(int64_t *confusion, int32_t classes, const int32_t *labels, const int32_t *predictions, size_t count, bert_error *error)
{
    size_t i;
    if (!confusion || classes < 1 || (count && (!labels || !predictions))) return bert__bad_argument(error, "bert_confusion_add needs a matrix, labels and predictions");
    for (i = 0; i < count; i++)
        if (labels[i] != BERT_LABEL_IGNORED && (labels[i] < 0 || labels[i] >= classes || predictions[i] < 0 || predictions[i] >= classes))
            return bert__fail(error, BERT_ERROR_ARGUMENT, NULL, -1, "item %zu has label %d and prediction %d; there are %d classes", i, (int)labels[i], (int)predictions[i], (int)classes);
    for (i = 0; i < count; i++) if (labels[i] != BERT_LABEL_IGNORED) confusion[(size_t)labels[i] * (size_t)classes + (size_t)predictions[i]]++;
    return BERT_OK;
}
/* Class k: how many labels, predictions, and both. */
BERT__FN void bert__confusion_class(const int64_t *m, size_t n, size_t k, double *label, double *predicted, double *both)
{
    size_t i;
    *label = *predicted = 0;
    for (i = 0; i < n; i++) {
        *label += (double)m[k * n + i];
        *predicted += (double)m[i * n + k];
    }
    *both = (double)m[k * n + k];
}
BERT_API bert_status bert_confusion_metrics(const int64_t *confusion, int32_t classes, bert_class_metrics *out, bert_error *error)
{
    const size_t n = (size_t)classes;
    double total = 0, correct = 0, sum_pt = 0, sum_pp = 0, sum_tt = 0, macro = 0, weighted = 0, spread;
    size_t k;
    if (!confusion || classes < 1 || !out) return bert__bad_argument(error, "bert_confusion_metrics needs a matrix and a place for the metrics");
    for (k = 0; k < n * n; k++) total += (double)confusion[k];
    for (k = 0; k < n; k++) {
        double label, predicted, both, precision, recall, f1;
        bert__confusion_class(confusion, n, k, &label, &predicted, &both);
        precision = bert__ratio(both, predicted);
        recall = bert__ratio(both, label);
        f1 = bert__f1(precision, recall);
        correct += both;
        sum_pt += predicted * label;
        sum_pp += predicted * predicted;
        sum_tt += label * label;
        macro += f1;
        weighted += f1 * label;
        if (out->precision) out->precision[k] = precision;
        if (out->recall) out->recall[k] = recall;
        if (out->f1) out->f1[k] = f1;
        if (out->support) out->support[k] = (int64_t)label;
    }
    spread = (total * total - sum_pp) * (total * total - sum_tt);
    out->accuracy = bert__ratio(correct, total);
    out->matthews = spread > 0 ? (correct * total - sum_pt) / sqrt(spread) : 0;
    out->f1_macro = macro / (double)n;
    out->f1_weighted = bert__ratio(weighted, total);
    return BERT_OK;
}
BERT_API bert_status bert_confusion_micro(const int64_t *confusion, int32_t classes, const int32_t *wanted, size_t wanted_count, bert_micro_metrics *out, bert_error *error)
{
    double labels = 0, predicted = 0, correct = 0;
    size_t i, k;
    if (!confusion || classes < 1 || (!wanted && wanted_count) || !out) return bert__bad_argument(error, "bert_confusion_micro needs a matrix, classes and a place for the metrics");
    for (i = 0; i < wanted_count; i++) {
        double l, p, b;
        if (wanted[i] < 0 || wanted[i] >= classes) return bert__fail(error, BERT_ERROR_ARGUMENT, NULL, -1, "there is no class %d among %d", (int)wanted[i], (int)classes);
        for (k = 0; k < i; k++) if (wanted[k] == wanted[i]) return bert__fail(error, BERT_ERROR_ARGUMENT, NULL, -1, "the class %d is there twice", (int)wanted[i]);
        bert__confusion_class(confusion, (size_t)classes, (size_t)wanted[i], &l, &p, &b);
        labels += l;
        predicted += p;
        correct += b;
    }
    out->precision = bert__ratio(correct, predicted);
    out->recall = bert__ratio(correct, labels);
    out->f1 = bert__f1(out->precision, out->recall);
    return BERT_OK;
}

/* ---- correlations ---- */

typedef struct bert__pairs { const double *x, *y; } bert__pairs;

BERT__FN int bert__pairs_before(const void *user, uint32_t a, uint32_t b)
{
    const bert__pairs *p = (const bert__pairs *)user;
    if (p->x[a] != p->x[b]) return p->x[a] < p->x[b];
    if (p->y[a] != p->y[b]) return p->y[a] < p->y[b];
    return a < b;
}
/* Two passes, so that a large mean does no harm. */
BERT__FN double bert__pearson(const double *x, const double *y, size_t n)
{
    double mean_x = 0, mean_y = 0, xx = 0, yy = 0, xy = 0, r;
    int constant_x = 1, constant_y = 1;
    size_t i;
    for (i = 0; i < n; i++) {
        mean_x += x[i] / (double)n;
        mean_y += y[i] / (double)n;
        constant_x &= x[i] == x[0];
        constant_y &= y[i] == y[0];
    }
    if (n < 2 || constant_x || constant_y) return bert__not_a_number();
    for (i = 0; i < n; i++) {
        xx += (x[i] - mean_x) * (x[i] - mean_x);
        yy += (y[i] - mean_y) * (y[i] - mean_y);
    }
    xx = sqrt(xx);
    yy = sqrt(yy);
    for (i = 0; i < n; i++) xy += (x[i] - mean_x) / xx * ((y[i] - mean_y) / yy);
    r = xy > 1 ? 1 : xy < -1 ? -1 : xy;
    return r;
}
/* Ranks from 1, those of equal values their mean. Returns how many pairs are tied. */
BERT__FN double bert__ranks(const double *x, const uint32_t *order, size_t n, double *rank)
{
    double ties = 0;
    size_t i, k, end;
    for (i = 0; i < n; i = end) {
        for (end = i + 1; end < n && x[order[end]] == x[order[i]]; end++) {}
        for (k = i; k < end; k++) rank[order[k]] = 1 + ((double)i + (double)(end - 1)) / 2;
        ties += (double)(end - i) * (double)(end - i - 1) / 2;
    }
    return ties;
}
/* How many pairs stand the wrong way round in v; sorts it, by merging, with room for as many in `other`. */
BERT__FN double bert__inversions(double *v, double *other, size_t n)
{
    double count = 0;
    size_t width, at;
    for (width = 1; width < n; width *= 2) {
        for (at = 0; at < n; at += 2 * width) {
            const size_t middle = n - at < width ? n : at + width, end = n - at < 2 * width ? n : at + 2 * width;
            size_t i = at, k = middle, to = at;
            while (i < middle || k < end) {
                if (k == end || (i < middle && v[i] <= v[k])) other[to++] = v[i++];
                else { count += (double)(middle - i); other[to++] = v[k++]; }
            }
        }
        memcpy(v, other, n * sizeof *v);
    }
    return count;
}
BERT_API bert_status bert_correlate(const double *labels, const double *predictions, size_t count, const bert_allocator *allocator, bert_correlations *out, bert_error *error)
{
    const bert_allocator a = bert__allocator(allocator);
    const double nan_value = bert__not_a_number();
    bert_correlations c;
    bert__pairs pairs;
    double *rank_x, *rank_y, *v, *other, square = 0, ties_x, ties_y, ties_both = 0, all;
    uint32_t *order;
    size_t i, end;
    int finite = 1;
    if (!out || (count && (!labels || !predictions)) || count >= UINT32_MAX) return bert__bad_argument(error, "bert_correlate needs labels, predictions, and a place for the result");
    c.pearson = c.spearman = c.kendall = nan_value;
    for (i = 0; i < count; i++) {
        square += (labels[i] - predictions[i]) * (labels[i] - predictions[i]) / (double)count;
        finite &= fabs(labels[i]) <= DBL_MAX && fabs(predictions[i]) <= DBL_MAX;
    }
    c.mse = count ? square : nan_value;
    if (count < 2 || !finite) { *out = c; return BERT_OK; }
    rank_x = (double *)bert__alloc(&a, bert__mul(count, 4 * sizeof *rank_x + sizeof *order));
    if (!rank_x) return bert__fail(error, BERT_ERROR_MEMORY, NULL, -1, "out of memory for %zu pairs", count);
    rank_y = rank_x + count;
    v = rank_y + count;
    other = v + count;
    order = (uint32_t *)(void *)(other + count);
    pairs.x = predictions;
    pairs.y = labels;
    bert__sort_order(order, count, bert__pairs_before, &pairs);
    ties_y = bert__ranks(predictions, order, count, rank_y);
    pairs.x = labels;
    pairs.y = predictions;
    bert__sort_order(order, count, bert__pairs_before, &pairs);
    ties_x = bert__ranks(labels, order, count, rank_x);
    for (i = 0; i < count; i = end) {                                   /* equal pairs stand together now */
        for (end = i + 1; end < count && labels[order[end]] == labels[order[i]] && predictions[order[end]] == predictions[order[i]]; end++) {}
        ties_both += (double)(end - i) * (double)(end - i - 1) / 2;
    }
    for (i = 0; i < count; i++) v[i] = rank_y[order[i]];
    all = (double)count * (double)(count - 1) / 2;
    c.pearson = bert__pearson(labels, predictions, count);
    c.spearman = bert__pearson(rank_x, rank_y, count);
    if (ties_x < all && ties_y < all) {
        const double tau = (all - ties_x - ties_y + ties_both - 2 * bert__inversions(v, other, count)) / sqrt(all - ties_x) / sqrt(all - ties_y);
        c.kendall = tau > 1 ? 1 : tau < -1 ? -1 : tau;
    }
    bert__free(&a, rank_x);
    *out = c;
    return BERT_OK;
}

/* ---- entities ---- */

/* Where an entity starts, goes on and ends in the strict schemes, from the letters and types of two neighbouring tags: sets of
   letters before and now, and what must hold of the types: 1 equal, 2 different, 3 either. */
enum { BERT__TAG_I = 1, BERT__TAG_O = 2, BERT__TAG_B = 4, BERT__TAG_E = 8, BERT__TAG_S = 16, BERT__TAG_U = 32, BERT__TAG_L = 64, BERT__TAG_ANY = 127 };
typedef struct bert__tag_rule { unsigned char before, now, types; } bert__tag_rule;
typedef struct bert__tag_rules { const char *name; unsigned char letters; bert__tag_rule start[5], inside[4], end[7]; } bert__tag_rules;

static const bert__tag_rules bert__tag_schemes[] = {
    { "IOB1", BERT__TAG_I | BERT__TAG_O | BERT__TAG_B,
      { { BERT__TAG_O, BERT__TAG_I, 3 }, { BERT__TAG_I, BERT__TAG_I, 2 }, { BERT__TAG_B, BERT__TAG_I, 3 }, { BERT__TAG_I, BERT__TAG_B, 1 }, { BERT__TAG_B, BERT__TAG_B, 1 } },
      { { BERT__TAG_B | BERT__TAG_I, BERT__TAG_I, 1 }, { 0, 0, 0 }, { 0, 0, 0 }, { 0, 0, 0 } },
      { { BERT__TAG_I, BERT__TAG_I, 2 }, { BERT__TAG_I, BERT__TAG_O | BERT__TAG_B, 3 }, { BERT__TAG_B, BERT__TAG_O, 3 }, { BERT__TAG_B, BERT__TAG_I, 2 }, { BERT__TAG_B, BERT__TAG_B, 1 }, { 0, 0, 0 }, { 0, 0, 0 } } },
    { "IOB2", BERT__TAG_I | BERT__TAG_O | BERT__TAG_B,
      { { BERT__TAG_ANY, BERT__TAG_B, 3 }, { 0, 0, 0 }, { 0, 0, 0 }, { 0, 0, 0 }, { 0, 0, 0 } },
      { { BERT__TAG_B | BERT__TAG_I, BERT__TAG_I, 1 }, { 0, 0, 0 }, { 0, 0, 0 }, { 0, 0, 0 } },
      { { BERT__TAG_I | BERT__TAG_B, BERT__TAG_O | BERT__TAG_B, 3 }, { BERT__TAG_I | BERT__TAG_B, BERT__TAG_I, 2 }, { 0, 0, 0 }, { 0, 0, 0 }, { 0, 0, 0 }, { 0, 0, 0 }, { 0, 0, 0 } } },
    { "IOE1", BERT__TAG_I | BERT__TAG_O | BERT__TAG_E,
      { { BERT__TAG_O | BERT__TAG_E, BERT__TAG_I, 3 }, { BERT__TAG_I, BERT__TAG_I, 2 }, { BERT__TAG_E, BERT__TAG_E, 1 }, { 0, 0, 0 }, { 0, 0, 0 } },
      { { BERT__TAG_I, BERT__TAG_I | BERT__TAG_E, 1 }, { 0, 0, 0 }, { 0, 0, 0 }, { 0, 0, 0 } },
      { { BERT__TAG_I, BERT__TAG_I | BERT__TAG_E, 2 }, { BERT__TAG_I, BERT__TAG_O, 3 }, { BERT__TAG_E, BERT__TAG_I | BERT__TAG_E, 1 }, { 0, 0, 0 }, { 0, 0, 0 }, { 0, 0, 0 }, { 0, 0, 0 } } },
    { "IOE2", BERT__TAG_I | BERT__TAG_O | BERT__TAG_E,
      { { BERT__TAG_O | BERT__TAG_E, BERT__TAG_I | BERT__TAG_E, 3 }, { BERT__TAG_I, BERT__TAG_I | BERT__TAG_E, 2 }, { 0, 0, 0 }, { 0, 0, 0 }, { 0, 0, 0 } },
      { { BERT__TAG_I, BERT__TAG_I | BERT__TAG_E, 1 }, { 0, 0, 0 }, { 0, 0, 0 }, { 0, 0, 0 } },
      { { BERT__TAG_E, BERT__TAG_ANY, 3 }, { 0, 0, 0 }, { 0, 0, 0 }, { 0, 0, 0 }, { 0, 0, 0 }, { 0, 0, 0 }, { 0, 0, 0 } } },
    { "IOBES", BERT__TAG_I | BERT__TAG_O | BERT__TAG_B | BERT__TAG_E | BERT__TAG_S,
      { { BERT__TAG_ANY, BERT__TAG_B | BERT__TAG_S, 3 }, { 0, 0, 0 }, { 0, 0, 0 }, { 0, 0, 0 }, { 0, 0, 0 } },
      { { BERT__TAG_B | BERT__TAG_I, BERT__TAG_I | BERT__TAG_E, 1 }, { 0, 0, 0 }, { 0, 0, 0 }, { 0, 0, 0 } },
      { { BERT__TAG_S | BERT__TAG_E, BERT__TAG_ANY, 3 }, { 0, 0, 0 }, { 0, 0, 0 }, { 0, 0, 0 }, { 0, 0, 0 }, { 0, 0, 0 }, { 0, 0, 0 } } },
    { "BILOU", BERT__TAG_I | BERT__TAG_O | BERT__TAG_B | BERT__TAG_U | BERT__TAG_L,
      { { BERT__TAG_ANY, BERT__TAG_B | BERT__TAG_U, 3 }, { 0, 0, 0 }, { 0, 0, 0 }, { 0, 0, 0 }, { 0, 0, 0 } },
      { { BERT__TAG_B | BERT__TAG_I, BERT__TAG_I | BERT__TAG_L, 1 }, { 0, 0, 0 }, { 0, 0, 0 }, { 0, 0, 0 } },
      { { BERT__TAG_U | BERT__TAG_L, BERT__TAG_ANY, 3 }, { 0, 0, 0 }, { 0, 0, 0 }, { 0, 0, 0 }, { 0, 0, 0 }, { 0, 0, 0 }, { 0, 0, 0 } } },
};

/* A tag taken apart: its first letter, its type. */
typedef struct bert__tag { uint32_t letter; bert_bytes type; } bert__tag;

BERT__FN bert__tag bert__tag_outside(void)
{
    bert__tag t;
    t.letter = 'O';
    t.type.data = "_";
    t.type.size = 1;
    return t;
}
/* Lenient: what stands behind the first '-' after the letter. Strict: all after the letter, without '-' at the ends. */
BERT__FN bert__tag bert__tag_of(const bert_bytes *text, int strict)
{
    bert__tag t = bert__tag_outside();
    const int n = bert__utf8_get((const unsigned char *)text->data, text->size, &t.letter);
    const char *p = text->data + (n > 0 ? n : 1), *end = text->data + text->size, *dash;
    if (strict) {
        while (p < end && *p == '-') p++;
        while (p < end && end[-1] == '-') end--;
    } else {
        dash = p < end ? (const char *)memchr(p, '-', (size_t)(end - p)) : NULL;
        if (dash) p = dash + 1;
    }
    if (p < end) {
        t.type.data = p;
        t.type.size = (size_t)(end - p);
    }
    return t;
}
BERT__FN int bert__same_bytes(const bert_bytes *a, const bert_bytes *b) { return a->size == b->size && (!a->size || memcmp(a->data, b->data, a->size) == 0); }

/* Entities that are found: counted, and written as far as there is room. */
typedef struct bert__entities_out { bert_entity *out; size_t capacity, count; } bert__entities_out;

BERT__FN void bert__entity_add(bert__entities_out *o, const bert__tag *tag, size_t begin, size_t end)
{
    if (o->count < o->capacity) {
        bert_entity *e = o->out + o->count;
        e->type = tag->type.data;
        e->type_size = tag->type.size;
        e->begin = begin;
        e->end = end;
    }
    o->count++;
}
/* conlleval's rules: an entity ends before this tag; one starts with it. `first` has the type that stands before the sentence: in
   seqeval none before the first one, then that of "O". */
BERT__FN void bert__entities_lenient(const bert_bytes *tags, size_t n, int first, bert__entities_out *o)
{
    bert__tag before = bert__tag_outside(), now;
    size_t i, begin = 0;
    if (first) before.type.size = 0;
    for (i = 0; i <= n; i++, before = now) {
        uint32_t a = before.letter, b;
        int differ, ends, starts;
        now = i < n ? bert__tag_of(tags + i, 0) : bert__tag_outside();
        b = now.letter;
        differ = !bert__same_bytes(&before.type, &now.type);
        ends = a == 'E' || a == 'S' || ((a == 'B' || a == 'I') && (b == 'B' || b == 'S' || b == 'O')) || (a != 'O' && a != '.' && differ);
        starts = b == 'B' || b == 'S' || ((a == 'E' || a == 'S' || a == 'O') && (b == 'E' || b == 'I')) || (b != 'O' && b != '.' && differ);
        if (ends) bert__entity_add(o, &before, begin, i);
        if (starts) begin = i;
    }
}
BERT__FN unsigned bert__tag_letter(uint32_t c)
{
    static const char letters[] = "IOBESUL";
    const char *at = c && c < 128 ? strchr(letters, (int)c) : NULL;
    return at ? 1u << (at - letters) : 0;
}
BERT__FN int bert__tag_matches(const bert__tag_rule *rules, size_t n, const bert__tag *before, const bert__tag *now)
{
    const unsigned a = bert__tag_letter(before->letter), b = bert__tag_letter(now->letter), types = bert__same_bytes(&before->type, &now->type) ? 1 : 2;
    size_t i;
    for (i = 0; i < n; i++) if ((rules[i].before & a) && (rules[i].now & b) && (rules[i].types & types)) return 1;
    return 0;
}
BERT__FN void bert__entities_strict(const bert_bytes *tags, size_t n, const bert__tag_rules *rules, bert__entities_out *o)
{
    bert__tag before = bert__tag_outside(), now, last;
    size_t i = 0, end;
    while (i <= n) {
        now = i < n ? bert__tag_of(tags + i, 1) : bert__tag_outside();
        if (!bert__tag_matches(rules->start, 5, &before, &now)) { before = now; i++; continue; }
        for (end = i + 1, last = now;; end++, last = before) {
            before = end < n ? bert__tag_of(tags + end, 1) : bert__tag_outside();
            if (!bert__tag_matches(rules->inside, 4, &last, &before)) break;
        }
        if (bert__tag_matches(rules->end, 7, &last, &before)) bert__entity_add(o, &now, i, end);
        before = last;
        i = end;
    }
}
BERT__FN bert_status bert__entities_find(const bert_bytes *tags, size_t n, bert_tag_scheme scheme, int first, bert__entities_out *o, bert_error *error)
{
    const bert__tag_rules *rules = scheme ? bert__tag_schemes + ((int)scheme - 1) : NULL;
    size_t i;
    for (i = 0; i < n; i++) {
        if (!tags[i].data || !tags[i].size) return bert__fail(error, BERT_ERROR_FORMAT, NULL, -1, "the tag of word %zu is empty", i);
        if (rules && !(bert__tag_letter((unsigned char)tags[i].data[0]) & rules->letters))
            return bert__fail(error, BERT_ERROR_FORMAT, NULL, -1, "the tag \"%.*s\" of word %zu is none of the scheme %s", (int)(tags[i].size < 100 ? tags[i].size : 100), tags[i].data, i, rules->name);
    }
    if (rules) bert__entities_strict(tags, n, rules, o);
    else bert__entities_lenient(tags, n, first, o);
    return BERT_OK;
}
BERT_API bert_status bert_entities(const bert_bytes *tags, size_t count, bert_tag_scheme scheme, bert_entity *out, size_t capacity, size_t *found, bert_error *error)
{
    bert__entities_out o;
    bert_status s;
    if ((count && !tags) || (!out && capacity) || !found || (unsigned)scheme > 6) return bert__bad_argument(error, "bert_entities needs tags, a scheme, and a place for the entities");
    o.out = out;
    o.capacity = capacity;
    o.count = 0;
    if ((s = bert__entities_find(tags, count, scheme, 1, &o, error)) != BERT_OK) return s;
    *found = o.count;
    return o.count > capacity ? bert__fail(error, BERT_ERROR_SPACE, NULL, -1, "there are %zu entities, and room for %zu", o.count, capacity) : BERT_OK;
}

struct bert_entity_scores {
    bert_allocator allocator;
    bert__arena names;
    bert__buf types, found;             /* bert_type_score, sorted; entities of the sentence at hand, labels first */
    int64_t tags, same;
    bert_tag_scheme scheme;
    int begun;
};

BERT_API void bert_entity_scores_close(bert_entity_scores *scores)
{
    bert_allocator a;
    if (!scores) return;
    a = scores->allocator;
    bert__arena_free(&scores->names);
    bert__buf_free(&scores->types);
    bert__buf_free(&scores->found);
    bert__free(&a, scores);
}
BERT_API bert_status bert_entity_scores_open(bert_tag_scheme scheme, const bert_allocator *allocator, bert_entity_scores **out, bert_error *error)
{
    const bert_allocator a = bert__allocator(allocator);
    bert_entity_scores *s;
    if (!out || (unsigned)scheme > 6) return bert__bad_argument(error, "bert_entity_scores_open needs a scheme and a place for the scores");
    s = (bert_entity_scores *)bert__alloc(&a, sizeof *s);
    if (!s) return bert__fail(error, BERT_ERROR_MEMORY, NULL, -1, "out of memory");
    memset(s, 0, sizeof *s);
    s->allocator = a;
    s->scheme = scheme;
    bert__arena_init(&s->names, &a, 1024);
    bert__buf_init(&s->types, &a);
    bert__buf_init(&s->found, &a);
    *out = s;
    return BERT_OK;
}
/* The score of a type, made if it is new; NULL without memory. */
BERT__FN bert_type_score *bert__type_score(bert_entity_scores *s, const char *type, size_t size)
{
    bert_type_score *t = (bert_type_score *)(void *)s->types.data;
    size_t low = 0, n = s->types.size / sizeof *t, high = n;
    char *name;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int c = bert__compare_names(t[middle].type, strlen(t[middle].type), type, size);
        if (!c) return t + middle;
        if (c < 0) low = middle + 1; else high = middle;
    }
    s->types.failed = 0;
    name = (char *)bert__arena_get_aligned(&s->names, size + 1, 1);
    if (!name || !bert__buf_reserve(&s->types, sizeof *t)) return NULL;
    memcpy(name, type, size);
    name[size] = 0;
    t = (bert_type_score *)(void *)s->types.data + low;
    memmove(t + 1, t, (n - low) * sizeof *t);
    memset(t, 0, sizeof *t);
    t->type = name;
    s->types.size += sizeof *t;
    return t;
}
/* Takes back types that were made for a sentence which then failed. */
BERT__FN void bert__type_prune(bert_entity_scores *s)
{
    bert_type_score *t = (bert_type_score *)(void *)s->types.data;
    size_t i, n = 0;
    for (i = 0; i < s->types.size / sizeof *t; i++) if (t[i].support || t[i].predicted) t[n++] = t[i];
    s->types.size = n * sizeof *t;
}
BERT_API bert_status bert_entity_scores_add(bert_entity_scores *scores, const bert_bytes *labels, const bert_bytes *predictions, size_t count, bert_error *error)
{
    bert__entities_out o[2];
    bert_entity *e;
    bert_status s;
    size_t i, k;
    int side;
    if (!scores || (count && (!labels || !predictions))) return bert__bad_argument(error, "bert_entity_scores_add needs scores, labels and predictions");
    scores->found.size = 0;
    scores->found.failed = 0;
    if (!bert__buf_reserve(&scores->found, bert__mul(bert__mul(count, 2), sizeof *e))) return bert__fail(error, BERT_ERROR_MEMORY, NULL, -1, "out of memory for a sentence of %zu words", count);
    e = (bert_entity *)(void *)scores->found.data;
    for (side = 0; side < 2; side++) {
        o[side].out = count ? e + (side ? count : 0) : NULL;
        o[side].capacity = count;
        o[side].count = 0;
        if ((s = bert__entities_find(side ? predictions : labels, count, scores->scheme, !scores->begun, &o[side], error)) != BERT_OK) return s;
        for (i = 0; i < o[side].count; i++)
            if (memchr(o[side].out[i].type, 0, o[side].out[i].type_size)) return bert__fail(error, BERT_ERROR_FORMAT, NULL, -1, "a tag with a zero byte in it");
    }
    for (side = 0; side < 2; side++)                                    /* all types are there before the first is counted */
        for (i = 0; i < o[side].count; i++)
            if (!bert__type_score(scores, o[side].out[i].type, o[side].out[i].type_size)) {
                bert__type_prune(scores);
                return bert__fail(error, BERT_ERROR_MEMORY, NULL, -1, "out of memory for a type of entities");
            }
    for (i = 0; i < o[0].count; i++) bert__type_score(scores, o[0].out[i].type, o[0].out[i].type_size)->support++;
    for (i = 0; i < o[1].count; i++) bert__type_score(scores, o[1].out[i].type, o[1].out[i].type_size)->predicted++;
    for (i = k = 0; i < o[0].count && k < o[1].count;) {                /* each ends later than the one before it */
        const bert_entity *a = o[0].out + i, *b = o[1].out + k;
        if (a->end == b->end && a->begin == b->begin && bert__compare_names(a->type, a->type_size, b->type, b->type_size) == 0) bert__type_score(scores, a->type, a->type_size)->correct++;
        i += a->end <= b->end;
        k += b->end <= a->end;
    }
    for (i = 0; i < count; i++) scores->same += bert__same_bytes(labels + i, predictions + i);
    scores->tags += (int64_t)count;
    scores->begun = 1;
    return BERT_OK;
}
BERT_API bert_status bert_entity_scores_result(bert_entity_scores *scores, bert_entity_metrics *out, bert_error *error)
{
    bert_type_score *t;
    double support = 0, predicted = 0, correct = 0;
    size_t i, n;
    if (!scores || !out) return bert__bad_argument(error, "bert_entity_scores_result needs scores and a place for the metrics");
    memset(out, 0, sizeof *out);
    t = (bert_type_score *)(void *)scores->types.data;
    n = scores->types.size / sizeof *t;
    for (i = 0; i < n; i++) {
        t[i].precision = bert__ratio((double)t[i].correct, (double)t[i].predicted);
        t[i].recall = bert__ratio((double)t[i].correct, (double)t[i].support);
        t[i].f1 = bert__f1(t[i].precision, t[i].recall);
        support += (double)t[i].support;
        predicted += (double)t[i].predicted;
        correct += (double)t[i].correct;
    }
    out->precision = bert__ratio(correct, predicted);
    out->recall = bert__ratio(correct, support);
    out->f1 = bert__f1(out->precision, out->recall);
    out->macro_precision = out->macro_recall = out->macro_f1 = n ? 0 : bert__not_a_number();
    for (i = 0; i < n; i++) {
        const double weight = bert__ratio((double)t[i].support, support);
        out->macro_precision += t[i].precision / (double)n;
        out->macro_recall += t[i].recall / (double)n;
        out->macro_f1 += t[i].f1 / (double)n;
        out->weighted_precision += weight * t[i].precision;
        out->weighted_recall += weight * t[i].recall;
        out->weighted_f1 += weight * t[i].f1;
    }
    out->accuracy = scores->tags ? (double)scores->same / (double)scores->tags : bert__not_a_number();
    out->support = (int64_t)support;
    out->types = t;
    out->type_count = n;
    return BERT_OK;
}
#endif /* BERT_NO_DATA */

#ifndef BERT_NO_TRAIN
/* ============================================================================================================
   >>optim
   Purpose   learning rates, and one step of an optimizer.
   Uses      libm.
   Promises  an update of n weights has the same bits however it is cut into calls; sums are added up as double, in the order of
             fixed blocks. BERT_NO_TRAIN removes this section and those up to >>comm.
   ============================================================================================================ */

/* float32 to bf16, to the nearest, halves to even; and back. */
BERT__INLINE uint16_t bert__bf16_of(float v)
{
    const uint32_t bits = bert__float_to_bits(v);
    return (uint16_t)((bits & 0x7FFFFFFF) > 0x7F800000 ? bits >> 16 | 64 : (bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}
BERT__INLINE float bert__of_bf16(uint16_t v) { return bert__bits_to_float((uint32_t)v << 16); }
BERT__FN int bert__all_finite(const float *x, int64_t n)
{
    int64_t i;
    for (i = 0; i < n; i++) if ((bert__float_to_bits(x[i]) & 0x7F800000u) == 0x7F800000u) return 0;   /* by bits: -ffast-math knows no NaN */
    return 1;
}
BERT__FN int bert__finite(double v)
{
    uint64_t bits;
    memcpy(&bits, &v, 8);
    return (bits >> 52 & 2047) != 2047;
}
/* An option of a desc: 0 is the default, negative is 0. */
BERT__FN double bert__option(double v, double otherwise) { return v < 0 ? 0 : v > 0 ? v : otherwise; }

BERT_API double bert_schedule_rate(const bert_schedule *schedule, int64_t step)
{
    const bert_schedule *s = schedule;
    const double rate = bert__option(s->rate, 5e-5), end = s->end_rate, x = (double)step > s->first ? (double)step - s->first : 0;
    double done, span;
    if (s->warmup > 0 && x < s->warmup) return rate * x / s->warmup;
    if (s->decay == BERT_DECAY_CONSTANT || !(s->steps > 0)) return rate;
    span = s->continuous ? s->steps - s->warmup : s->steps;
    done = span > 0 ? (s->continuous ? x - s->warmup : x) / span : 1;
    if (!(done < 1)) done = 1;
    if (s->decay == BERT_DECAY_COSINE) return end + (rate - end) * 0.5 * (1 + cos(3.14159265358979323846 * done));
    return end + (rate - end) * (s->decay == BERT_DECAY_POLYNOMIAL ? pow(1 - done, bert__option(s->power, 1)) : 1 - done);
}

BERT__FN bert_optimizer bert__optimizer_resolved(const bert_optimizer *optimizer)
{
    bert_optimizer o = *optimizer;
    if (!o.clip) o.clip = o.kind == BERT_OPTIMIZER_BERTADAM ? BERT_CLIP_EACH : BERT_CLIP_GLOBAL;
    o.max_norm = bert__option(o.max_norm, 1);
    o.beta1 = bert__option(o.beta1, 0.9);
    o.beta2 = bert__option(o.beta2, 0.999);
    o.epsilon = bert__option(o.epsilon, o.kind == BERT_OPTIMIZER_ADAMW ? 1e-8 : 1e-6);
    o.weight_decay = bert__option(o.weight_decay, o.kind == BERT_OPTIMIZER_SGD ? 0 : 0.01);
    o.momentum = bert__option(o.momentum, 0);
    return o;
}
/* How many slots each weight has. */
BERT__FN int bert__optimizer_slots(const bert_optimizer *o) { return o->kind != BERT_OPTIMIZER_SGD ? 2 : o->momentum > 0; }

/* What to multiply gradients of this norm with. TensorFlow divides by the norm, torch and BertAdam by a little more. */
BERT__FN double bert__clip_scale(const bert_optimizer *o, double norm)
{
    const double little = o->clip == BERT_CLIP_EACH || o->kind == BERT_OPTIMIZER_ADAMW ? 1e-6 : 0;
    if (o->clip == BERT_CLIP_NONE || !(o->max_norm > 0) || !(norm + little > o->max_norm)) return 1;
    return o->max_norm / (norm + little);
}

BERT__FN bert__update bert__update_of(const bert_optimizer *o, double rate, int64_t step, double scale, int32_t decay)
{
    bert__update u;
    memset(&u, 0, sizeof u);
    u.kind = o->kind;
    u.rate = (float)rate;
    u.scale = (float)scale;
    u.beta1 = (float)o->beta1;
    u.beta2 = (float)o->beta2;
    u.rest1 = (float)(1 - o->beta1);
    u.rest2 = (float)(1 - o->beta2);
    u.epsilon = (float)o->epsilon;
    u.all_decay = (float)o->weight_decay;
    u.decay = decay || o->decay_all ? u.all_decay : 0.0f;
    u.momentum = (float)o->momentum;
    u.correct1 = (float)(1 / (1 - pow(o->beta1, (double)step + 1)));
    u.correct2 = (float)(1 / (1 - pow(o->beta2, (double)step + 1)));
    return u;
}
BERT__FN double bert__trust_ratio(const bert__update *u, const double sums[2])
{
    double ratio = sums[0] > 0 && sums[1] > 0 ? sqrt(sums[0]) / sqrt(sums[1]) : 1;
    if (u->kind == BERT_OPTIMIZER_LAMB_NEZHA && ratio > 10) ratio = 10;
    return ratio;
}
/* Numbers of one block of an update. */
#define BERT__UPDATE_BLOCK 8192
BERT__FN bert_status bert__check_optimizer(const bert_optimizer *o, bert_error *e)
{
    if (o->kind < BERT_OPTIMIZER_GOOGLE || o->kind > BERT_OPTIMIZER_SGD) return bert__bad_argument(e, "optimizer.kind is none of bert_optimizer_kind");
    if (o->clip < BERT_CLIP_DEFAULT || o->clip > BERT_CLIP_NONE) return bert__bad_argument(e, "optimizer.clip is none of bert_clip");
    if (!(o->beta1 < 1) || !(o->beta2 < 1)) return bert__bad_argument(e, "optimizer: beta1 and beta2 lie below 1");
    return BERT_OK;
}
BERT_API bert_status bert_optimizer_update(const bert_optimizer *optimizer, double rate, int64_t step, double scale, int32_t decay, float *weight, const float *gradient, float *first, float *second, int64_t n)
{
    const bert__learner *learner = bert__kernels_of(bert_isa_best())->learner;
    bert_optimizer o;
    bert__update u;
    double sums[2] = { 0, 0 }, norm = 0;
    int64_t i;
    int pass;
    if (!optimizer || n < 0 || step < 0 || (n && (!weight || !gradient))) return BERT_ERROR_ARGUMENT;
    o = bert__optimizer_resolved(optimizer);
    if (bert__check_optimizer(&o, NULL) != BERT_OK || (bert__optimizer_slots(&o) > 0 && !first) || (bert__optimizer_slots(&o) > 1 && !second)) return BERT_ERROR_ARGUMENT;
    if (o.clip == BERT_CLIP_EACH) {
        for (i = 0; i < n; i += BERT__UPDATE_BLOCK) norm += learner->squares(gradient + i, n - i < BERT__UPDATE_BLOCK ? n - i : BERT__UPDATE_BLOCK);
        scale *= bert__clip_scale(&o, sqrt(norm) * scale);
    }
    u = bert__update_of(&o, rate, step, scale, decay);
    for (pass = bert__is_lamb(o.kind) ? 1 : 2; pass <= 2; pass++) {
        const float ratio = (float)bert__trust_ratio(&u, sums);
        for (i = 0; i < n; i += BERT__UPDATE_BLOCK)
            learner->update(&u, pass, ratio, weight + i, gradient + i, first ? first + i : NULL, second ? second + i : NULL, n - i < BERT__UPDATE_BLOCK ? n - i : BERT__UPDATE_BLOCK, sums);
    }
    return BERT_OK;
}

/* ============================================================================================================
   >>dropout
   Purpose   which numbers a training step drops.
   Uses      nothing.
   Promises  a number's fate depends on the seed, the step, the place, the layer, the index of its sequence in the global batch, its
             position and its channel or key, and on nothing else: not on padding, parts, threads, workers or recomputing.
   ============================================================================================================ */

/* A bijection of 64 bits in which every bit of the input touches every one of the output (the finish of splitmix64). */
BERT__INLINE uint64_t bert__mix(uint64_t z)
{
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}
BERT__INLINE uint64_t bert__mix_in(uint64_t key, uint64_t v) { return bert__mix((key ^ v) + 0x9E3779B97F4A7C15u); }

enum { BERT__PLACE_EMBEDDINGS = 1, BERT__PLACE_ATTENTION, BERT__PLACE_ATTENTION_OUTPUT, BERT__PLACE_OUTPUT, BERT__PLACE_CLASSIFIER };

/* A rate of dropout: a number is dropped if 16 bits of the stream are below `below`, and what stays is scaled by exactly the share that
   stays. Masks of the caller go by the rate itself. */
typedef struct bert__drop { uint32_t below; float scale, mask_scale; } bert__drop;
BERT__FN bert__drop bert__drop_of(double rate)
{
    bert__drop d;
    d.below = (uint32_t)(rate * 65536 + 0.5);
    d.scale = 65536.0f / (float)(65536 - d.below);
    d.mask_scale = (float)(1 / (1 - rate));
    return d;
}
BERT__FN void bert__drop_masked(const bert__drop *d, const uint8_t *mask, float *x, int64_t n)
{
    int64_t i;
    for (i = 0; i < n; i++) x[i] = mask[i] ? x[i] * d->mask_scale : 0.0f;
}

/* ============================================================================================================
   >>backward
   Purpose   the encoder once more, keeping what the way back needs, and the way back: from the gradient of the last layer to those
             of all parameters.
   Uses      >>dropout, the table of >>kernels: every product, both ways, is its `product`.
   Promises  gradients of one part are summed in an order that threads do not change; what is computed again has the same bits.

   With dy the gradient of y = x W^T + b:   dx = dy W    dW = dy^T x    db = sum of the rows of dy
   and of y = n gamma + beta, n = (u - mean) / sigma:   du = (dn - mean(dn) - n mean(dn n)) / sigma, dn = dy gamma
   and of p = softmax(s):   ds = p (dp - sum(p dp)).
   Kept of a layer: q k v, the context, both n and 1/sigma, the inner layer before its activation: 6C + F numbers a row. The rest
   follows from them.
   ============================================================================================================ */

/* A dense layer of `parts` parameters of n outputs each. */
typedef struct bert__linear {
    bert_trained *w[3], *b[3];
    int32_t parts, bf16;                /* bf16: the factors of its products are rounded to that, the sums are float32 */
    int64_t n, k;
} bert__linear;

typedef struct bert__train_layer {
    bert__linear qkv, attention, intermediate, output;
    bert_trained *gamma[2], *beta[2];   /* behind the attention, behind the layer */
    float *normal[2], *inverse[2];      /* n [T,C], 1/sigma [T] */
    float *qkv_rows, *context, *inner;  /* [T,3C] [T,C] [T,F] */
} bert__train_layer;

struct bert_trainer {
    bert_trainer_desc desc;             /* resolved */
    bert_config config;
    const bert__kernels *kernels;
    const bert__learner *learner;
    bert_pool *pool;
    bert_parallel parallel;
    void *memory;
    int64_t steps, seen;                /* updates done; sequences whose gradients are in the buffer */
    int64_t cursor[BERT_CURSOR];
    double loss_scale;                  /* 1: none */
    int64_t good, bad, skipped;         /* steps since loss_scale changed, skipped ones of them, skipped ones in all */
    int64_t part_tokens;                /* rows of a part: max_tokens, or less as a checkpoint says */
    int untied, own_bias;               /* the decoder of words is a matrix of its own; so is its bias */
    uint32_t heads;
    /* parameters */
    int64_t count, values, value_room;
    bert_trained *parameters;           /* [count] in the order of the table, layer by layer */
    int64_t *block;                     /* [count+1] its first block of BERT__UPDATE_BLOCK */
    double *sums, *norms;               /* [2 * blocks] of one pass over them; [count] */
    char (*names)[2][160];
    float *weights, *gradients, *first, *second;   /* [values] */
    uint16_t *small_first, *small_second;   /* ... or these */
    bert_trained *words, *positions, *types, *gamma, *beta;
    bert__train_layer *layers;          /* [L] */
    bert__linear pooler, transform, next_sentence, classifier, span;
    bert_trained *transform_gamma, *transform_beta, *decoder, *decoder_bias;
    double row_squares;                 /* sum of the squares of the gradients of looked-up words, and of the decoder's */
    int64_t parts;                      /* of which the gradients are the sum */
    /* other workers */
    bert_comm comm;                     /* size 0: none */
    int64_t *bucket;                    /* [L+3] where gradients begin of the embeddings, each layer, the heads; the end */
    float *exchanged;                   /* [BERT__EXCHANGED + 2 size] */
    int64_t before;                     /* sequences that those of lower rank have in the batch */
    int32_t unsent;                     /* the bucket after those that are on their way; -1: all are */
    int whole, sending;                 /* the gradients are those of all workers; buckets go as they are ready */
    bert_status send_status;
    bert_error *send_error;
    /* the parameters as a model */
    bert_model model;
    bert_checkpoint checkpoint;
    bert_tensor *tensors;
    /* activations of up to max_tokens rows */
    bert__drop hidden_drop, attention_drop, classifier_drop;
    float *relative;                    /* [2R+1,D] NEZHA's vectors, or NULL */
    float *relative_across, *relative_along;   /* ... as panels: for q r, for p r */
    float *x, *d, *e;                   /* [T,C] the stream, its gradient, a gradient behind dropout */
    float *wide[2];                     /* [T,F], [T,3C] or three of [T,C] */
    int64_t cs, qs, fs, ws;             /* floats from row to row: of C, 3C, F, and of `wide` */
    float *normal, *inverse;            /* of the embeddings */
    float *key_bias;                    /* [T] */
    float *panels, *bias, *across;      /* of one product: weights or rows as panels; bias; dy^T */
    float *narrow;                      /* ... rows rounded to bf16, or NULL */
    float *zeros;                       /* [zero_count] the bias of products that have none */
    int64_t zero_count;
    float *logits;                      /* of the rows of a head at once */
    double *row_loss, *head_gradient;   /* [BERT__WORD_ROWS] [N] */
    float *head_inverse;                /* [BERT__WORD_ROWS] */
    int64_t *picked, *picked_rows;      /* [BERT__WORD_ROWS] masked rows: which, and where in the part */
    int64_t *head_at;                   /* [T] rows of the part that a head stands on */
    char *scratch;                      /* [width][scratch_size] */
    size_t scratch_size;
    bert__sequence *sequences;          /* [T] */
    /* the part in work */
    const bert_batch *batch;
    const bert_targets *labels;
    int64_t rows, sequence_count;
    bert_totals totals;
    bert_device device;                 /* with a state: it computes */
    void *state;
};

/* What tasks get to know. */
typedef struct bert__job {
    bert_trainer *t;
    const bert__linear *linear;
    bert__product product;              /* bert__train_product_task */
    int64_t rows, block, row_tasks, panels, panel_block;
    const float *from;                  /* rows to transpose, to make panels of, ... */
    float *to;
    int64_t stride, columns, across_stride;
    int32_t layer, which;
    bert__counter taken;
    int64_t items;
} bert__job;

BERT__FN void bert__job_run(bert_trainer *t, int64_t n, bert_task task, bert__job *job)
{
    job->t = t;
    t->parallel.run(t->parallel.user, n, task, job);
}
BERT__FN int64_t bert__blocks(int64_t n, int64_t block) { return (n + block - 1) / block; }
BERT__FN int64_t bert__least(int64_t a, int64_t b) { return a < b ? a : b; }
BERT__FN int64_t bert__most(int64_t a, int64_t b) { return a > b ? a : b; }

/* ---- products ---- */

/* Columns `first` to first+nr-1 of rows as one panel [rows][nr], zeros past the last column. */
BERT__FN void bert__panel_columns(const bert__kernels *kernels, const float *x, int64_t stride, int64_t rows, int64_t columns, int64_t first, float *out)
{
    kernels->pack(x + first, 1, stride, bert__least(kernels->nr, columns - first), rows, out);
}
/* Rows of weights [rows,k] as columns j to j+rows-1 of a panel; the rest of it becomes zero if j is 0, and is left alone else. */
BERT__FN void bert__pack_rows(const bert__kernels *kernels, const float *w, int64_t stride, int64_t rows, int64_t k, int64_t j, float *out)
{
    int64_t c, i;
    if (j == 0) kernels->pack(w, stride, 1, rows, k, out);
    else for (c = 0; c < k; c++)
        for (i = 0; i < rows; i++) out[c * kernels->nr + j + i] = w[i * stride + c];
}
#define BERT__TASK_PANELS 4
/* The weights of a dense layer for y = x W^T + b. */
BERT__FN void bert__forward_panels_task(void *arg, int64_t index)
{
    const bert__job *job = (const bert__job *)arg;
    const bert__linear *l = job->linear;
    const int64_t nr = job->t->kernels->nr, all = l->n * l->parts;
    int64_t panel, j, rows, c;
    for (panel = index * BERT__TASK_PANELS; panel < bert__least((index + 1) * BERT__TASK_PANELS, bert__blocks(all, nr)); panel++) {
        float *out = job->t->panels + panel * nr * l->k, *bias = job->t->bias + panel * nr;
        for (j = 0; j < nr && panel * nr + j < all; j += rows) {
            const int64_t part = (panel * nr + j) / l->n, row = (panel * nr + j) % l->n;
            rows = bert__least(nr - j, l->n - row);
            bert__pack_rows(job->t->kernels, l->w[part]->weight + row * l->k, l->k, rows, l->k, j, out);
            memcpy(bias + j, l->b[part]->weight + row, (size_t)rows * sizeof *bias);
        }
        for (; j < nr; j++) for (bias[j] = 0, c = 0; c < l->k; c++) out[c * nr + j] = 0;
        if (l->bf16) job->t->learner->round(out, out, nr * l->k);
    }
}
/* ... and for dx = dy W. */
BERT__FN void bert__backward_panels_task(void *arg, int64_t index)
{
    const bert__job *job = (const bert__job *)arg;
    const bert__linear *l = job->linear;
    const int64_t nr = job->t->kernels->nr, all = l->n * l->parts;
    int64_t panel;
    int32_t part;
    for (panel = index * BERT__TASK_PANELS; panel < bert__least((index + 1) * BERT__TASK_PANELS, bert__blocks(l->k, nr)); panel++) {
        float *out = job->t->panels + panel * all * nr;
        for (part = 0; part < l->parts; part++) bert__panel_columns(job->t->kernels, l->w[part]->weight, l->k, l->n, l->k, panel * nr, out + part * l->n * nr);
        if (l->bf16) job->t->learner->round(out, out, nr * all);
    }
}
/* Rows of activations, for dW = dy^T x. */
BERT__FN void bert__column_panels_task(void *arg, int64_t index)
{
    const bert__job *job = (const bert__job *)arg;
    const int64_t nr = job->t->kernels->nr;
    int64_t panel;
    for (panel = index * BERT__TASK_PANELS; panel < bert__least((index + 1) * BERT__TASK_PANELS, bert__blocks(job->columns, nr)); panel++) {
        float *out = job->t->panels + panel * job->rows * nr;
        bert__panel_columns(job->t->kernels, job->from, job->stride, job->rows, job->columns, panel * nr, out);
        if (job->which) job->t->learner->round(out, out, nr * job->rows);
    }
}
BERT__FN void bert__column_panels(bert_trainer *t, const float *x, int64_t stride, int64_t rows, int64_t columns, int bf16)
{
    bert__job job;
    memset(&job, 0, sizeof job);
    job.which = bf16;
    job.from = x;
    job.stride = stride;
    job.rows = rows;
    job.columns = columns;
    bert__job_run(t, bert__blocks(bert__blocks(columns, t->kernels->nr), BERT__TASK_PANELS), bert__column_panels_task, &job);
}
/* dy^T in t->across, rows as far apart as the next function says. */
#define BERT__ACROSS_BLOCK 16
BERT__FN void bert__across_task(void *arg, int64_t index)
{
    const bert__job *job = (const bert__job *)arg;
    const int64_t first = index * BERT__ACROSS_BLOCK, last = bert__least(first + BERT__ACROSS_BLOCK, job->columns);
    job->t->learner->transpose(job->from + first, job->stride, job->rows, last - first, job->to + first * job->across_stride, job->across_stride);
}
BERT__FN int64_t bert__across(bert_trainer *t, const float *dy, int64_t stride, int64_t rows, int64_t columns)
{
    bert__job job;
    memset(&job, 0, sizeof job);
    job.from = dy;
    job.to = t->across;
    job.stride = stride;
    job.rows = rows;
    job.columns = columns;
    job.across_stride = bert__stride(rows);
    bert__job_run(t, bert__blocks(columns, BERT__ACROSS_BLOCK), bert__across_task, &job);
    return job.across_stride;
}
/* Rows as the factors of a product in bf16: to[rows][columns], which may be where they are. */
BERT__FN void bert__round_task(void *arg, int64_t index)
{
    const bert__job *job = (const bert__job *)arg;
    int64_t i;
    for (i = index * BERT__ACROSS_BLOCK; i < bert__least((index + 1) * BERT__ACROSS_BLOCK, job->rows); i++)
        job->t->learner->round(job->to + i * job->across_stride, job->from + i * job->stride, job->columns);
}
BERT__FN void bert__round_rows(bert_trainer *t, const float *x, int64_t stride, int64_t rows, int64_t columns, float *to, int64_t to_stride)
{
    bert__job job;
    memset(&job, 0, sizeof job);
    job.from = x;
    job.stride = stride;
    job.to = to;
    job.across_stride = to_stride;
    job.rows = rows;
    job.columns = columns;
    bert__job_run(t, bert__blocks(rows, BERT__ACROSS_BLOCK), bert__round_task, &job);
}
BERT__FN void bert__train_product_task(void *arg, int64_t index)
{
    const bert__job *j = (const bert__job *)arg;
    const int64_t row = index % j->row_tasks * j->block, panel = index / j->row_tasks * j->panel_block;
    j->t->kernels->product(&j->product, row, bert__least(j->rows - row, j->block), panel, bert__least(j->panels - panel, j->panel_block));
}
/* y [rows,n] = x [rows,k] by what lies in t->panels, + bias, + y if `add`. */
BERT__FN void bert__train_product(bert_trainer *t, int64_t n, int64_t k, const float *bias, const float *x, int64_t x_stride, float *y, int64_t y_stride, int add, int64_t rows)
{
    bert__dense w;
    bert__job job;
    int64_t cuts;
    memset(&job, 0, sizeof job);
    w.panels = t->panels;
    w.bias = bias;
    w.n = n;
    w.k = k;
    job.product = bert__layer_product(&w, x, x_stride, y, y_stride, add, BERT_LINEAR);
    job.rows = rows;
    job.block = t->kernels->rows;
    job.row_tasks = bert__blocks(rows, job.block);
    job.panels = bert__panels(t->kernels, &w);
    cuts = t->parallel.width == 1 ? 1 : bert__blocks(4 * (int64_t)t->parallel.width, job.row_tasks);
    job.panel_block = bert__blocks(job.panels, bert__least(cuts, job.panels));
    bert__job_run(t, job.row_tasks * bert__blocks(job.panels, job.panel_block), bert__train_product_task, &job);
}
/* y = x W^T + b */
BERT__FN void bert__linear_forward(bert_trainer *t, const bert__linear *l, const float *x, int64_t x_stride, float *y, int64_t y_stride, int64_t rows)
{
    bert__job job;
    memset(&job, 0, sizeof job);
    job.linear = l;
    bert__job_run(t, bert__blocks(bert__blocks(l->n * l->parts, t->kernels->nr), BERT__TASK_PANELS), bert__forward_panels_task, &job);
    if (l->bf16) {
        bert__round_rows(t, x, x_stride, rows, l->k, t->narrow, bert__stride(l->k));
        x = t->narrow;
        x_stride = bert__stride(l->k);
    }
    bert__train_product(t, l->n * l->parts, l->k, t->bias, x, x_stride, y, y_stride, 0, rows);
}
/* Sums of the rows of dy, which lie across. */
BERT__FN void bert__bias_task(void *arg, int64_t index)
{
    const bert__job *job = (const bert__job *)arg;
    int64_t c;
    for (c = index * BERT__ACROSS_BLOCK; c < bert__least((index + 1) * BERT__ACROSS_BLOCK, job->columns); c++) job->to[c] += job->t->learner->sum(job->from + c * job->across_stride, job->rows);
}
BERT__FN void bert__bias_gradient(bert_trainer *t, const float *across, int64_t across_stride, int64_t rows, int64_t n, float *to)
{
    bert__job job;
    memset(&job, 0, sizeof job);
    job.from = across;
    job.to = to;
    job.rows = rows;
    job.columns = n;
    job.across_stride = across_stride;
    bert__job_run(t, bert__blocks(n, BERT__ACROSS_BLOCK), bert__bias_task, &job);
}
/* dx = dy W (+ dx if `add`; NULL: not wanted), dW += dy^T x, db += the sum of dy's rows */
BERT__FN void bert__linear_backward(bert_trainer *t, const bert__linear *l, const float *x, int64_t x_stride, const float *dy, int64_t dy_stride, float *dx, int64_t dx_stride, int add, int64_t rows)
{
    const int64_t all = l->n * l->parts;
    bert__job job;
    int64_t stride;
    int32_t part;
    memset(&job, 0, sizeof job);
    if (dx) {
        job.linear = l;
        bert__job_run(t, bert__blocks(bert__blocks(l->k, t->kernels->nr), BERT__TASK_PANELS), bert__backward_panels_task, &job);
        if (l->bf16) bert__round_rows(t, dy, dy_stride, rows, all, t->narrow, bert__stride(all));
        bert__train_product(t, l->k, all, t->zeros, l->bf16 ? t->narrow : dy, l->bf16 ? bert__stride(all) : dy_stride, dx, dx_stride, add, rows);
    }
    if (t->sending && t->comm.progress) t->comm.progress(t->comm.user);
    if (!l->w[0]->learns) return;
    stride = bert__across(t, dy, dy_stride, rows, all);
    bert__column_panels(t, x, x_stride, rows, l->k, l->bf16);
    for (part = 0; part < l->parts; part++) bert__bias_gradient(t, t->across + part * l->n * stride, stride, rows, l->n, l->b[part]->gradient);
    if (l->bf16) bert__round_rows(t, t->across, stride, all, rows, t->across, stride);
    for (part = 0; part < l->parts; part++) bert__train_product(t, l->k, rows, t->zeros, t->across + part * l->n * stride, stride, l->w[part]->gradient, l->k, 1, l->n);
}

/* ---- rows ---- */

/* Rows of one task. */
#define BERT__TASK_ROWS 8
BERT__FN int64_t bert__row_jobs(int64_t rows) { return bert__blocks(rows, BERT__TASK_ROWS); }

/* Gradients of gamma and beta: columns summed over the rows, in their order. */
#define BERT__TASK_COLUMNS BERT__COLUMNS
typedef struct bert__norm_job { bert__job job; const float *d, *normal; int64_t d_stride; float *gamma, *beta; } bert__norm_job;
BERT__FN void bert__norm_columns_task(void *arg, int64_t index)
{
    const bert__norm_job *j = (const bert__norm_job *)arg;
    const int64_t first = index * BERT__TASK_COLUMNS, n = bert__least(BERT__TASK_COLUMNS, j->job.columns - first);
    j->job.t->learner->norm_sums(j->d + first, j->d_stride, j->normal + first, j->job.stride, j->job.rows, n, j->gamma + first, j->beta + first);
}
BERT__FN void bert__norm_rows_task(void *arg, int64_t index)
{
    const bert__norm_job *j = (const bert__norm_job *)arg;
    int64_t i;
    for (i = index * BERT__TASK_ROWS; i < bert__least((index + 1) * BERT__TASK_ROWS, j->job.rows); i++)
        j->job.t->learner->norm_back(j->job.to + i * j->d_stride, j->d + i * j->d_stride, j->normal + i * j->job.stride, j->job.from[i], j->gamma, j->job.columns);
}
/* d becomes the gradient of what was normalised. */
BERT__FN void bert__norm_gradient(bert_trainer *t, float *d, int64_t d_stride, const float *normal, int64_t stride, const float *inverse, bert_trained *gamma, bert_trained *beta, int64_t rows)
{
    bert__norm_job j;
    memset(&j, 0, sizeof j);
    j.job.t = t;
    j.d = d;
    j.d_stride = d_stride;
    j.normal = normal;
    j.job.stride = stride;
    j.job.rows = rows;
    j.job.columns = gamma->count;
    if (gamma->learns) {
        j.gamma = gamma->gradient;
        j.beta = beta->gradient;
        t->parallel.run(t->parallel.user, bert__blocks(gamma->count, BERT__TASK_COLUMNS), bert__norm_columns_task, &j);
    }
    j.gamma = gamma->weight;
    j.job.from = inverse;
    j.job.to = d;
    t->parallel.run(t->parallel.user, bert__row_jobs(rows), bert__norm_rows_task, &j);
}

/* which 0: to = activation(from); 1: to *= its derivative at from */
BERT__FN void bert__activation_task(void *arg, int64_t index)
{
    const bert__job *job = (const bert__job *)arg;
    const bert_activation kind = job->t->config.activation;
    int64_t i;
    for (i = index * BERT__TASK_ROWS; i < bert__least((index + 1) * BERT__TASK_ROWS, job->rows); i++) {
        const float *x = job->from + i * job->stride;
        float *y = job->to + i * job->across_stride;
        job->t->learner->curve(kind, job->which, x, y, job->columns);
    }
}
BERT__FN void bert__activation_rows(bert_trainer *t, int slope, const float *x, int64_t stride, float *y, int64_t y_stride, int64_t columns, int64_t rows)
{
    bert__job job;
    memset(&job, 0, sizeof job);
    job.which = slope;
    job.from = x;
    job.stride = stride;
    job.to = y;
    job.across_stride = y_stride;
    job.columns = columns;
    job.rows = rows;
    bert__job_run(t, bert__row_jobs(rows), bert__activation_task, &job);
}

/* The sequence a row of the part lies in. */
BERT__FN const bert__sequence *bert__sequence_of(const bert_trainer *t, int64_t row)
{
    int64_t low = 0, high = t->sequence_count - 1;
    while (low < high) {
        const int64_t middle = (low + high + 1) / 2;
        if (t->sequences[middle].row <= row) low = middle; else high = middle - 1;
    }
    return t->sequences + low;
}
/* The stream of a place in this step. */
BERT__FN uint64_t bert__drop_stream(const bert_trainer *t, int place, int32_t layer, const bert__sequence *q)
{
    uint64_t key = bert__mix_in(bert__mix_in(t->desc.seed, (uint64_t)t->steps), (uint64_t)place);
    key = bert__mix_in(key, (uint64_t)layer);
    return bert__mix_in(key, (uint64_t)(t->labels->first_sequence + t->before + t->seen + q->index));
}
/* Dropout on a row of C of the part. */
BERT__FN void bert__drop_hidden(const bert_trainer *t, int place, int32_t layer, int64_t row, float *x)
{
    const bert__sequence *q = bert__sequence_of(t, row);
    const bert_masks *m = t->labels->masks;
    const bert__drop *d = place == BERT__PLACE_CLASSIFIER ? &t->classifier_drop : &t->hidden_drop;
    const int64_t at = q->from + row - q->row, nC = t->config.hidden_size;
    if (m) {
        const uint8_t *mask = place == BERT__PLACE_EMBEDDINGS ? m->embeddings : place == BERT__PLACE_CLASSIFIER ? m->classifier
            : place == BERT__PLACE_OUTPUT ? (m->output ? m->output[layer] : NULL) : m->attention_output ? m->attention_output[layer] : NULL;
        if (mask) bert__drop_masked(d, mask + at * nC, x, nC);
    } else if (d->below) t->learner->drop(d->below, d->scale, bert__mix_in(bert__drop_stream(t, place, layer, q), (uint64_t)(row - q->row)), x, nC);
}
/* Behind a dense layer: normal = what it gave, dropped out, plus the stream, normalised; the stream = that by gamma and beta. */
BERT__FN void bert__close_task(void *arg, int64_t index)
{
    const bert__job *job = (const bert__job *)arg;
    bert_trainer *t = job->t;
    const bert__train_layer *l = t->layers + job->layer;
    const int64_t nC = t->config.hidden_size;
    int64_t i;
    for (i = index * BERT__TASK_ROWS; i < bert__least((index + 1) * BERT__TASK_ROWS, t->rows); i++) {
        float *y = l->normal[job->which] + i * t->cs, *x = t->x + i * t->cs;
        bert__drop_hidden(t, job->which ? BERT__PLACE_OUTPUT : BERT__PLACE_ATTENTION_OUTPUT, job->layer, i, y);
        l->inverse[job->which][i] = t->learner->normal(y, x, t->config.layer_norm_eps, nC);
        t->learner->affine(x, y, l->gamma[job->which]->weight, l->beta[job->which]->weight, nC);
    }
}
BERT__FN void bert__close(bert_trainer *t, int32_t layer, int which)
{
    bert__job job;
    memset(&job, 0, sizeof job);
    job.layer = layer;
    job.which = which;
    bert__job_run(t, bert__row_jobs(t->rows), bert__close_task, &job);
}
/* The stream behind a LayerNorm again: of a layer, or (-1) of the embeddings, which are dropped out as well. */
BERT__FN void bert__again_task(void *arg, int64_t index)
{
    const bert__job *job = (const bert__job *)arg;
    bert_trainer *t = job->t;
    const bert__train_layer *l = job->layer < 0 ? NULL : t->layers + job->layer;
    int64_t i;
    for (i = index * BERT__TASK_ROWS; i < bert__least((index + 1) * BERT__TASK_ROWS, t->rows); i++) {
        float *x = t->x + i * t->cs;
        if (l) t->learner->affine(x, l->normal[job->which] + i * t->cs, l->gamma[job->which]->weight, l->beta[job->which]->weight, t->config.hidden_size);
        else {
            t->learner->affine(x, t->normal + i * t->cs, t->gamma->weight, t->beta->weight, t->config.hidden_size);
            bert__drop_hidden(t, BERT__PLACE_EMBEDDINGS, 0, i, x);
        }
    }
}
BERT__FN void bert__again(bert_trainer *t, int32_t layer, int which)
{
    bert__job job;
    memset(&job, 0, sizeof job);
    job.layer = layer;
    job.which = which;
    bert__job_run(t, bert__row_jobs(t->rows), bert__again_task, &job);
}
/* e = d where the dense layer's output was kept. */
BERT__FN void bert__through_drop_task(void *arg, int64_t index)
{
    const bert__job *job = (const bert__job *)arg;
    bert_trainer *t = job->t;
    int64_t i;
    for (i = index * BERT__TASK_ROWS; i < bert__least((index + 1) * BERT__TASK_ROWS, t->rows); i++) {
        memcpy(t->e + i * t->cs, t->d + i * t->cs, (size_t)t->config.hidden_size * sizeof(float));
        bert__drop_hidden(t, job->which ? BERT__PLACE_OUTPUT : BERT__PLACE_ATTENTION_OUTPUT, job->layer, i, t->e + i * t->cs);
    }
}
BERT__FN void bert__through_drop(bert_trainer *t, int32_t layer, int which)
{
    bert__job job;
    memset(&job, 0, sizeof job);
    job.layer = layer;
    job.which = which;
    bert__job_run(t, bert__row_jobs(t->rows), bert__through_drop_task, &job);
}

/* ---- attention: one head of one sequence after another, BERT__TRAIN_QUERIES queries at once, every product by the kernel ---- */

#define BERT__TRAIN_QUERIES 64

typedef struct bert__heads {            /* one worker's memory */
    float *k_rows, *v_rows;             /* K, V as panels: for q k, for dout v  [S] x [D] */
    float *k_columns, *v_columns;       /* ... for dscore k, for p v  [D] x [S] */
    float *score, *slope;               /* [queries,S] */
    float *across;                      /* [S,queries] of one of them */
    float *block;                       /* queries' rows of q or dout as panels [D] x [queries] */
    float *nearby, *near_slope;           /* [queries,2R+1] by relative position */
    int64_t stride, near_stride, across_stride;
} bert__heads;

BERT__FN int64_t bert__round_up(int64_t n, int64_t to) { return bert__blocks(n, to) * to; }
BERT__FN void bert__heads_layout(bert__layout *l, bert__heads *h, int64_t length, int64_t depth, int64_t max_relative, int64_t nr)
{
    const int64_t s = bert__round_up(length, nr), d = bert__round_up(depth, nr), queries = bert__least(length, BERT__TRAIN_QUERIES);
    h->stride = bert__stride(length);
    h->across_stride = bert__stride(queries);
    h->near_stride = bert__stride(2 * max_relative + 1);
    h->k_rows = bert__lay_floats(l, s * depth);
    h->v_rows = bert__lay_floats(l, s * depth);
    h->k_columns = bert__lay_floats(l, d * length);
    h->v_columns = bert__lay_floats(l, d * length);
    h->score = bert__lay_floats(l, queries * h->stride);
    h->slope = bert__lay_floats(l, queries * h->stride);
    h->across = bert__lay_floats(l, length * h->across_stride);
    h->block = bert__lay_floats(l, d * queries);
    h->nearby = bert__lay_floats(l, max_relative ? queries * h->near_stride : 0);
    h->near_slope = bert__lay_floats(l, max_relative ? queries * h->near_stride : 0);
}
BERT__FN void bert__small_product(const bert_trainer *t, const float *panels, int64_t n, int64_t k, const float *x, int64_t x_stride, float *y, int64_t y_stride, int add, int64_t rows)
{
    bert__dense w;
    bert__product p;
    w.panels = panels;
    w.bias = t->zeros;
    w.n = n;
    w.k = k;
    p = bert__layer_product(&w, x, x_stride, y, y_stride, add, BERT_LINEAR);
    t->kernels->product(&p, 0, rows, 0, bert__panels(t->kernels, &w));
}
/* Dropout on the probabilities of one query. */
BERT__FN void bert__drop_keys(const bert_trainer *t, int32_t layer, const bert__sequence *q, int64_t head, int64_t query, float *p)
{
    const bert_masks *m = t->labels->masks;
    if (m) {
        const uint8_t *mask = m->attention ? m->attention[layer] : NULL;
        if (mask) bert__drop_masked(&t->attention_drop, mask + t->config.heads * q->squares + (head * q->length + query) * q->length, p, q->length);
    } else if (t->attention_drop.below) {
        const uint64_t key = bert__mix_in(bert__drop_stream(t, BERT__PLACE_ATTENTION, layer, q), (uint64_t)head);
        t->learner->drop(t->attention_drop.below, t->attention_drop.scale, bert__mix_in(key, (uint64_t)query), p, q->length);
    }
}
/* Probabilities of some queries, before dropout, in h->score. */
BERT__FN void bert__probabilities(const bert_trainer *t, const bert__train_layer *l, const bert__sequence *q, int64_t head, bert__heads *h, int64_t query, int64_t queries)
{
    const int64_t nD = t->config.hidden_size / t->config.heads, nS = q->length, nR = t->config.max_relative_position;
    const float scale = (float)(1 / sqrt((double)nD)), *rows = l->qkv_rows + (q->row + query) * t->qs + head * nD;
    const float *key_bias = t->batch->key_mask ? t->key_bias + q->row : NULL, *bias = t->batch->score_bias ? t->batch->score_bias + q->squares : NULL;
    int64_t i, j;
    bert__small_product(t, h->k_rows, nS, nD, rows, t->qs, h->score, h->stride, 0, queries);
    if (nR) bert__small_product(t, t->relative_across, 2 * nR + 1, nD, rows, t->qs, h->nearby, h->near_stride, 0, queries);
    for (i = 0; i < queries; i++) {
        float *s = h->score + i * h->stride;
        if (nR) for (j = 0; j < nS; j++) s[j] += h->nearby[i * h->near_stride + bert__relative_row(query + i, j, nR)];
        t->learner->softmax(s, nS, scale, key_bias, bias ? bias + (query + i) * nS : NULL);
    }
}
/* Sums by relative position of rows over keys. */
BERT__FN void bert__near_sums(const bert_trainer *t, const float *x, int64_t stride, int64_t length, int64_t query, int64_t queries, float *out, int64_t out_stride)
{
    const int64_t nR = t->config.max_relative_position;
    int64_t i, j;
    for (i = 0; i < queries; i++) {
        for (j = 0; j < 2 * nR + 1; j++) out[i * out_stride + j] = 0;
        for (j = 0; j < length; j++) out[i * out_stride + bert__relative_row(query + i, j, nR)] += x[i * stride + j];
    }
}
BERT__FN void bert__attend(const bert_trainer *t, int32_t layer, const bert__sequence *q, int64_t head, bert__heads *h)
{
    const bert__train_layer *l = t->layers + layer;
    const int64_t nC = t->config.hidden_size, nD = nC / t->config.heads, nS = q->length, nR = t->config.max_relative_position;
    const float *rows = l->qkv_rows + q->row * t->qs + head * nD;
    int64_t query, i;
    t->kernels->pack(rows + nC, t->qs, 1, nS, nD, h->k_rows);
    t->kernels->pack(rows + 2 * nC, 1, t->qs, nD, nS, h->v_columns);
    for (query = 0; query < nS; query += BERT__TRAIN_QUERIES) {
        const int64_t queries = bert__least(nS - query, BERT__TRAIN_QUERIES);
        float *out = l->context + (q->row + query) * t->cs + head * nD;
        bert__probabilities(t, l, q, head, h, query, queries);
        for (i = 0; i < queries; i++) bert__drop_keys(t, layer, q, head, query + i, h->score + i * h->stride);
        bert__small_product(t, h->v_columns, nD, nS, h->score, h->stride, out, t->cs, 0, queries);
        if (!nR) continue;
        bert__near_sums(t, h->score, h->stride, nS, query, queries, h->nearby, h->near_stride);
        bert__small_product(t, t->relative_along, nD, 2 * nR + 1, h->nearby, h->near_stride, out, t->cs, 1, queries);
    }
}
/* dout [T,C] in wide[1], dq dk dv [T,3C] to wide[0]. */
BERT__FN void bert__attend_backward(const bert_trainer *t, int32_t layer, const bert__sequence *q, int64_t head, bert__heads *h)
{
    const bert__train_layer *l = t->layers + layer;
    const int64_t nC = t->config.hidden_size, nD = nC / t->config.heads, nS = q->length, nR = t->config.max_relative_position;
    const float scale = (float)(1 / sqrt((double)nD)), *rows = l->qkv_rows + q->row * t->qs + head * nD, *douts = t->wide[1] + q->row * t->ws + head * nD;
    float *gradients = t->wide[0] + q->row * t->ws + head * nD;
    int64_t query, i, j;
    t->kernels->pack(rows + nC, t->qs, 1, nS, nD, h->k_rows);
    t->kernels->pack(rows + 2 * nC, t->qs, 1, nS, nD, h->v_rows);
    t->kernels->pack(rows + nC, 1, t->qs, nD, nS, h->k_columns);
    for (query = 0; query < nS; query += BERT__TRAIN_QUERIES) {
        const int64_t queries = bert__least(nS - query, BERT__TRAIN_QUERIES);
        const float *dout = douts + query * t->ws;
        float *dq = gradients + query * t->ws;
        bert__probabilities(t, l, q, head, h, query, queries);
        bert__small_product(t, h->v_rows, nS, nD, dout, t->ws, h->slope, h->stride, 0, queries);
        if (nR) bert__small_product(t, t->relative_across, 2 * nR + 1, nD, dout, t->ws, h->near_slope, h->near_stride, 0, queries);
        for (i = 0; i < queries; i++) {
            float *p = h->score + i * h->stride, *dp = h->slope + i * h->stride;
            if (nR) for (j = 0; j < nS; j++) dp[j] += h->near_slope[i * h->near_stride + bert__relative_row(query + i, j, nR)];
            bert__drop_keys(t, layer, q, head, query + i, dp);
            t->learner->softmax_back(p, dp, nS, scale);
            bert__drop_keys(t, layer, q, head, query + i, p);
        }
        t->learner->transpose(h->score, h->stride, queries, nS, h->across, h->across_stride);
        t->kernels->pack(dout, 1, t->ws, nD, queries, h->block);
        bert__small_product(t, h->block, nD, queries, h->across, h->across_stride, gradients + 2 * nC, t->ws, query > 0, nS);
        t->learner->transpose(h->slope, h->stride, queries, nS, h->across, h->across_stride);
        t->kernels->pack(rows + query * t->qs, 1, t->qs, nD, queries, h->block);
        bert__small_product(t, h->block, nD, queries, h->across, h->across_stride, gradients + nC, t->ws, query > 0, nS);
        bert__small_product(t, h->k_columns, nD, nS, h->slope, h->stride, dq, t->ws, 0, queries);
        if (!nR) continue;
        bert__near_sums(t, h->slope, h->stride, nS, query, queries, h->near_slope, h->near_stride);
        bert__small_product(t, t->relative_along, nD, 2 * nR + 1, h->near_slope, h->near_stride, dq, t->ws, 1, queries);
    }
}
BERT__FN void bert__attend_task(void *arg, int64_t index)
{
    bert__job *job = (bert__job *)arg;
    const bert_trainer *t = job->t;
    bert__layout l;
    bert__heads h;
    int64_t item;
    while ((item = bert__atomic_add(&job->taken, 1)) < job->items) {
        const bert__sequence *q = t->sequences + item / t->config.heads;
        memset(&l, 0, sizeof l);
        l.base = t->scratch + (size_t)index * t->scratch_size;
        bert__heads_layout(&l, &h, q->length, t->config.hidden_size / t->config.heads, t->config.max_relative_position, t->kernels->nr);
        if (job->which) bert__attend_backward(t, job->layer, q, item % t->config.heads, &h);
        else bert__attend(t, job->layer, q, item % t->config.heads, &h);
    }
}
BERT__FN void bert__attention_rows(bert_trainer *t, int32_t layer, int backward)
{
    bert__job job;
    memset(&job, 0, sizeof job);
    job.layer = layer;
    job.which = backward;
    job.items = t->sequence_count * t->config.heads;
    bert__job_run(t, t->parallel.width, bert__attend_task, &job);
}

/* ---- embeddings ---- */

BERT__FN void bert__embed_task(void *arg, int64_t index)
{
    bert_trainer *t = ((bert__job *)arg)->t;
    const bert_batch *b = t->batch;
    const int64_t nC = t->config.hidden_size;
    const float masked = t->config.source == BERT_SOURCE_HF ? -FLT_MAX : -10000.0f;    /* as in bert__embed */
    int64_t i, c;
    for (i = index * BERT__TASK_ROWS; i < bert__least((index + 1) * BERT__TASK_ROWS, t->rows); i++) {
        const bert__sequence *q = bert__sequence_of(t, i);
        const int64_t at = q->from + i - q->row;
        const float *word = b->embeds ? b->embeds + at * nC : t->words->weight + b->ids[at] * nC;
        const float *type = t->types->weight + (b->segment_ids ? b->segment_ids[at] : 0) * nC;
        const float *position = t->positions ? t->positions->weight + (b->position_ids ? b->position_ids[at] : i - q->row) * nC : NULL;
        float *y = t->normal + i * t->cs;
        for (c = 0; c < nC; c++) y[c] = position ? word[c] + type[c] + position[c] : word[c] + type[c];
        if (b->key_mask) t->key_bias[i] = b->key_mask[at] ? 0 : masked;
        t->inverse[i] = t->learner->normal(y, NULL, t->config.layer_norm_eps, nC);
    }
}
/* Gradients of the tables: a task adds some columns of all rows, in their order. */
BERT__FN void bert__tables_task(void *arg, int64_t index)
{
    bert_trainer *t = ((bert__job *)arg)->t;
    const bert_batch *b = t->batch;
    const int64_t nC = t->config.hidden_size, first = index * BERT__TASK_COLUMNS, last = bert__least(first + BERT__TASK_COLUMNS, nC);
    int64_t s, i, c;
    for (s = 0; s < t->sequence_count; s++)
        for (i = 0; i < t->sequences[s].length; i++) {
            const int64_t at = t->sequences[s].from + i;
            const float *d = t->d + (t->sequences[s].row + i) * t->cs;
            float *type = t->types->gradient + (b->segment_ids ? b->segment_ids[at] : 0) * nC;
            float *position = t->positions ? t->positions->gradient + (b->position_ids ? b->position_ids[at] : i) * nC : NULL;
            /* in Hugging Face's models word 0 is the padding's, whose embedding does not learn */
            float *word = b->ids && (b->ids[at] || t->config.source != BERT_SOURCE_HF) ? t->words->gradient + b->ids[at] * nC : NULL;
            for (c = first; c < last; c++) type[c] += d[c];
            if (position) for (c = first; c < last; c++) position[c] += d[c];
            if (word) for (c = first; c < last; c++) word[c] += d[c];
        }
}
BERT__FN void bert__embeddings_backward(bert_trainer *t)
{
    bert__job job;
    int64_t i;
    memset(&job, 0, sizeof job);
    for (i = 0; i < t->rows; i++) bert__drop_hidden(t, BERT__PLACE_EMBEDDINGS, 0, i, t->d + i * t->cs);
    bert__norm_gradient(t, t->d, t->cs, t->normal, t->cs, t->inverse, t->gamma, t->beta, t->rows);
    if (!t->words->learns) return;
    for (i = 0; i < t->rows && (t->desc.optimizer.clip == BERT_CLIP_ROWS || t->desc.optimizer.clip == BERT_CLIP_TF1_ROWS); i++)
        t->row_squares += t->learner->squares(t->d + i * t->cs, t->config.hidden_size);
    bert__job_run(t, bert__blocks(t->config.hidden_size, BERT__TASK_COLUMNS), bert__tables_task, &job);
}

/* ---- layers ---- */

BERT__FN void bert__layer_forward(bert_trainer *t, int32_t layer)
{
    const bert__train_layer *l = t->layers + layer;
    bert__linear_forward(t, &l->qkv, t->x, t->cs, l->qkv_rows, t->qs, t->rows);
    bert__attention_rows(t, layer, 0);
    bert__linear_forward(t, &l->attention, l->context, t->cs, l->normal[0], t->cs, t->rows);
    bert__close(t, layer, 0);
    bert__linear_forward(t, &l->intermediate, t->x, t->cs, l->inner, t->fs, t->rows);
    bert__activation_rows(t, 0, l->inner, t->fs, t->wide[0], t->ws, t->config.intermediate_size, t->rows);
    bert__linear_forward(t, &l->output, t->wide[0], t->ws, l->normal[1], t->cs, t->rows);
    bert__close(t, layer, 1);
}
/* t->d from behind the layer to before it. */
BERT__FN void bert__layer_backward(bert_trainer *t, int32_t layer)
{
    const bert__train_layer *l = t->layers + layer;
    const int below = t->desc.frozen <= layer;          /* something before this layer learns */
    if (t->desc.recompute) {
        bert__again(t, layer - 1, 1);
        bert__layer_forward(t, layer);
    }
    bert__norm_gradient(t, t->d, t->cs, l->normal[1], t->cs, l->inverse[1], l->gamma[1], l->beta[1], t->rows);
    bert__through_drop(t, layer, 1);
    bert__activation_rows(t, 0, l->inner, t->fs, t->wide[1], t->ws, t->config.intermediate_size, t->rows);
    bert__linear_backward(t, &l->output, t->wide[1], t->ws, t->e, t->cs, t->wide[0], t->ws, 0, t->rows);
    bert__activation_rows(t, 1, l->inner, t->fs, t->wide[0], t->ws, t->config.intermediate_size, t->rows);
    bert__again(t, layer, 0);
    bert__linear_backward(t, &l->intermediate, t->x, t->cs, t->wide[0], t->ws, t->d, t->cs, 1, t->rows);
    bert__norm_gradient(t, t->d, t->cs, l->normal[0], t->cs, l->inverse[0], l->gamma[0], l->beta[0], t->rows);
    bert__through_drop(t, layer, 0);
    bert__linear_backward(t, &l->attention, l->context, t->cs, t->e, t->cs, t->wide[1], t->ws, 0, t->rows);
    bert__attention_rows(t, layer, 1);
    bert__again(t, layer - 1, 1);
    bert__linear_backward(t, &l->qkv, t->x, t->cs, t->wide[0], t->ws, below ? t->d : NULL, t->cs, 1, t->rows);
}
/* Gradients of buckets down to this one are ready: off they go. What fails is kept until the end of the step. */
BERT__FN void bert__send(bert_trainer *t, int32_t down_to)
{
    for (; t->unsent >= down_to; t->unsent--) {
        const int64_t from = t->bucket[t->unsent], n = t->bucket[t->unsent + 1] - from;
        const int heads = t->unsent > t->config.layers;
        if (!n || t->send_status != BERT_OK || (!heads && t->desc.frozen > t->unsent)) continue;
        t->send_status = (t->comm.start ? t->comm.start : t->comm.all_reduce)(t->comm.user, t->gradients + from, n, t->send_error);
    }
}
BERT__FN void bert__part_forward(bert_trainer *t)
{
    bert__job job;
    int32_t layer;
    memset(&job, 0, sizeof job);
    bert__job_run(t, bert__row_jobs(t->rows), bert__embed_task, &job);
    bert__again(t, -1, 1);
    for (layer = 0; layer < t->config.layers; layer++) bert__layer_forward(t, layer);
}
BERT__FN void bert__part_backward(bert_trainer *t)
{
    int32_t layer;
    if (t->sending) bert__send(t, t->config.layers + 1);
    for (layer = t->config.layers - 1; layer >= 0 && t->desc.frozen <= layer + 1; layer--) {
        bert__layer_backward(t, layer);
        if (t->sending) bert__send(t, layer + 1);
    }
    if (t->desc.frozen == 0) bert__embeddings_backward(t);
}

/* ============================================================================================================
   >>losses
   Purpose   what stands on the last layer and is learnt: the heads, their losses, and the gradients of both.
   Uses      >>backward.
   Promises  a loss is a sum over all examples of the batch divided by its total, so that parts add up to the whole.
   ============================================================================================================ */

/* Rows of logits over the vocabulary at once, and words of one block of the decoder. */
#define BERT__WORD_ROWS 128
#define BERT__WORD_BLOCK 1024

/* z, n numbers `step` apart, becomes scale times the gradient of -log softmax(z)[label]; returns -log softmax(z)[label]. */
BERT__FN double bert__cross_entropy(float *z, int64_t n, int64_t step, int64_t label, double scale)
{
    double sum = 0, loss;
    float top = z[0];
    int64_t i;
    for (i = 1; i < n; i++) if (z[i * step] > top) top = z[i * step];
    loss = (double)top - (double)z[label * step];
    for (i = 0; i < n; i++) {
        z[i * step] = expf(z[i * step] - top);
        sum += (double)z[i * step];
    }
    loss += log(sum);
    for (i = 0; i < n; i++) z[i * step] = (float)((double)z[i * step] * (scale / sum));
    z[label * step] = (float)((double)z[label * step] - scale);
    return loss;
}
/* The same against a teacher's probabilities, at a temperature, times its square. */
BERT__FN double bert__soft_entropy(const float *z, const float *teacher, int64_t n, double temperature, double scale, double *gradient)
{
    double top = (double)z[0], sum = 0, mass = 0, loss = 0;
    int64_t i;
    for (i = 1; i < n; i++) if ((double)z[i] > top) top = (double)z[i];
    for (i = 0; i < n; i++) sum += exp(((double)z[i] - top) / temperature);
    for (i = 0; i < n; i++) mass += (double)teacher[i];
    for (i = 0; i < n; i++) {
        const double log_p = ((double)z[i] - top) / temperature - log(sum);
        if (teacher[i] > 0) loss -= (double)teacher[i] * log_p;
        gradient[i] = scale * temperature * (mass * exp(log_p) - (double)teacher[i]);
    }
    return loss * temperature * temperature;
}

BERT__FN float *bert__head_rows(bert_trainer *t, int which) { return t->wide[which / 3] + which % 3 * t->desc.max_tokens * t->cs; }

/* d of the part's rows += rows of a head, at rows `at`. */
BERT__FN void bert__give_back(bert_trainer *t, const float *from, const int64_t *at, int64_t n)
{
    const int64_t nC = t->config.hidden_size;
    int64_t i, c;
    for (i = 0; i < n; i++) {
        float *d = t->d + at[i] * t->cs;
        for (c = 0; c < nC; c++) d[c] += from[i * t->cs + c];
    }
}
BERT__FN void bert__take_rows(bert_trainer *t, float *to, const int64_t *at, int64_t n)
{
    int64_t i;
    for (i = 0; i < n; i++) memcpy(to + i * t->cs, t->x + at[i] * t->cs, (size_t)t->config.hidden_size * sizeof *to);
}

/* ---- words ---- */

BERT__FN double bert__masked_weight(const bert_targets *l, int64_t k) { return l->masked_weights ? (double)l->masked_weights[k] : 1; }
BERT__FN void bert__words_task(void *arg, int64_t index)
{
    bert__job *job = (bert__job *)arg;
    bert_trainer *t = job->t;
    const int64_t k = t->picked[index];
    const double weight = bert__masked_weight(t->labels, k);
    t->row_loss[index] = weight * bert__cross_entropy(t->logits + index * job->stride, t->config.vocab_size, 1, t->labels->masked_ids[k], weight / t->totals.words * t->loss_scale);
}
/* The decoder, a block of words at a time: forward, logits of n rows h; backward, also dh. */
BERT__FN void bert__decoder_blocks(bert_trainer *t, const float *h, float *dh, int64_t n)
{
    const int64_t nV = t->config.vocab_size, nC = t->config.hidden_size, stride = bert__stride(nV);
    int64_t word;
    for (word = 0; word < nV; word += BERT__WORD_BLOCK) {
        bert_trained w = *t->decoder, b = *t->decoder_bias;
        bert__linear l;
        memset(&l, 0, sizeof l);
        w.weight += word * nC;
        b.weight += word;
        if (w.gradient) w.gradient += word * nC;
        if (b.gradient) b.gradient += word;
        l.w[0] = &w;
        l.b[0] = &b;
        l.parts = 1;
        l.n = bert__least(BERT__WORD_BLOCK, nV - word);
        l.k = nC;
        l.bf16 = t->desc.precision == BERT_PRECISION_BF16;
        if (dh) bert__linear_backward(t, &l, h, t->cs, t->logits + word, stride, dh, t->cs, word > 0, n);
        else bert__linear_forward(t, &l, h, t->cs, t->logits + word, stride, n);
    }
}
/* The rows picked of the part, n of them. */
BERT__FN double bert__words_rows(bert_trainer *t, int64_t n)
{
    float *in = bert__head_rows(t, 0), *inner = bert__head_rows(t, 1), *normal = bert__head_rows(t, 2), *h = bert__head_rows(t, 3), *d = bert__head_rows(t, 4);
    const int64_t nC = t->config.hidden_size;
    bert__job job;
    double sum = 0;
    int64_t i;
    bert__take_rows(t, in, t->picked_rows, n);
    bert__linear_forward(t, &t->transform, in, t->cs, inner, t->cs, n);
    bert__activation_rows(t, 0, inner, t->cs, normal, t->cs, nC, n);
    for (i = 0; i < n; i++) {
        t->head_inverse[i] = t->learner->normal(normal + i * t->cs, NULL, t->config.layer_norm_eps, nC);
        t->learner->affine(h + i * t->cs, normal + i * t->cs, t->transform_gamma->weight, t->transform_beta->weight, nC);
    }
    bert__decoder_blocks(t, h, NULL, n);
    memset(&job, 0, sizeof job);
    job.stride = bert__stride(t->config.vocab_size);
    bert__job_run(t, n, bert__words_task, &job);
    for (i = 0; i < n; i++) sum += t->row_loss[i];
    bert__decoder_blocks(t, h, d, n);
    bert__norm_gradient(t, d, t->cs, normal, t->cs, t->head_inverse, t->transform_gamma, t->transform_beta, n);
    bert__activation_rows(t, 1, inner, t->cs, d, t->cs, nC, n);
    bert__linear_backward(t, &t->transform, in, t->cs, d, t->cs, h, t->cs, 0, n);
    bert__give_back(t, h, t->picked_rows, n);
    return sum;
}
BERT__FN double bert__learn_words(bert_trainer *t)
{
    const int64_t begin = t->sequences[0].from;
    double sum = 0;
    int64_t k, n = 0;
    if (!(t->totals.words > 0)) return 0;
    for (k = 0; k < t->labels->masked_count; k++) {
        const int64_t row = t->labels->masked_rows[k] - begin;
        if (row < 0 || row >= t->rows || t->labels->masked_ids[k] == -100) continue;
        t->picked[n] = k;
        t->picked_rows[n++] = row;
        if (n == BERT__WORD_ROWS) { sum += bert__words_rows(t, n); n = 0; }
    }
    if (n) sum += bert__words_rows(t, n);
    return sum / t->totals.words;
}

/* ---- the classifier, on pooled rows or all rows ---- */

/* Logits of n examples, in place, to their gradients (times the loss scale, as all of them); the sum of the losses over the total. first: number of the first example. */
BERT__FN double bert__learn_logits(bert_trainer *t, float *z, int64_t stride, int64_t n, int64_t first)
{
    const bert_targets *l = t->labels;
    const int64_t nN = t->classifier.n;
    const double total = t->totals.classes, by = t->loss_scale, temperature = bert__option(l->temperature, 1), soft = l->teacher ? bert__option(l->teacher_weight, 1) : 0;
    double sum = 0;
    int64_t i, j;
    if (!(total > 0)) { for (i = 0; i < n; i++) for (j = 0; j < nN; j++) z[i * stride + j] = 0; return 0; }
    for (i = 0; i < n; i++, z += stride) {
        const int32_t *labels = t->desc.learn & BERT_LEARN_TOKENS ? l->token_classes : l->classes;
        if (t->desc.learn & (BERT_LEARN_VALUES | BERT_LEARN_MULTI_LABEL)) {
            const float *want = l->values + (first + i) * nN;
            for (j = 0; j < nN; j++) {
                const double x = (double)z[j], y = (double)want[j];
                if (t->desc.learn & BERT_LEARN_VALUES) {
                    sum += (x - y) * (x - y) / total;
                    z[j] = (float)(2 * (x - y) / total * by);
                } else {
                    sum += ((x > 0 ? x : 0) - x * y + log(1 + exp(x > 0 ? -x : x))) / total;
                    z[j] = (float)((1 / (1 + exp(-x)) - y) / total * by);
                }
            }
        } else if (l->teacher && t->desc.learn & BERT_LEARN_CLASSES) {
            double *g = t->head_gradient;
            sum += soft * bert__soft_entropy(z, l->teacher + (first + i) * nN, nN, temperature, soft / total * by, g) / total;
            if (labels && labels[first + i] != -100) sum += (1 - soft) * bert__cross_entropy(z, nN, 1, labels[first + i], (1 - soft) / total * by) / total;
            else for (j = 0; j < nN; j++) z[j] = 0;
            for (j = 0; j < nN; j++) z[j] += (float)g[j];
        } else if (labels[first + i] == -100) {
            for (j = 0; j < nN; j++) z[j] = 0;
        } else sum += bert__cross_entropy(z, nN, 1, labels[first + i], 1 / total * by) / total;
    }
    return sum;
}
/* Groups of `choices` sequences, a logit each. */
BERT__FN double bert__learn_choices(bert_trainer *t, float *z, int64_t stride, int64_t n, int64_t first)
{
    const int64_t choices = t->labels->choices;
    double sum = 0;
    int64_t i, j;
    for (i = 0; i < n; i += choices) {
        const int32_t label = t->labels->classes[(first + i) / choices];
        if (label == -100 || !(t->totals.classes > 0)) for (j = i; j < i + choices; j++) z[j * stride] = 0;
        else sum += bert__cross_entropy(z + i * stride, choices, stride, label, 1 / t->totals.classes * t->loss_scale) / t->totals.classes;
    }
    return sum;
}
/* The pooler and what takes its output. */
BERT__FN void bert__learn_pooled(bert_trainer *t, bert_progress *p)
{
    float *in = bert__head_rows(t, 0), *pooled = bert__head_rows(t, 1), *dropped = bert__head_rows(t, 2), *d = bert__head_rows(t, 3), *part = bert__head_rows(t, 4);
    const uint32_t classifies = t->desc.learn & (BERT_LEARN_CLASSES | BERT_LEARN_VALUES | BERT_LEARN_MULTI_LABEL | BERT_LEARN_CHOICES);
    const int64_t n = t->sequence_count, nC = t->config.hidden_size, first = t->sequences[0].index, stride = bert__stride(bert__most(2, t->classifier.n));
    const bert_masks *m = t->labels->masks;
    int64_t i, c;
    for (i = 0; i < n; i++) t->head_at[i] = t->sequences[i].row;
    bert__take_rows(t, in, t->head_at, n);
    bert__linear_forward(t, &t->pooler, in, t->cs, pooled, t->cs, n);
    for (i = 0; i < n; i++)
        for (c = 0; c < nC; c++) {
            pooled[i * t->cs + c] = tanhf(pooled[i * t->cs + c]);
            d[i * t->cs + c] = 0;
        }
    if (classifies) {
        for (i = 0; i < n; i++) {
            memcpy(dropped + i * t->cs, pooled + i * t->cs, (size_t)nC * sizeof *pooled);
            if (m) { if (m->classifier) bert__drop_masked(&t->classifier_drop, m->classifier + (first + i) * nC, dropped + i * t->cs, nC); }
            else bert__drop_hidden(t, BERT__PLACE_CLASSIFIER, 0, t->head_at[i], dropped + i * t->cs);
        }
        bert__linear_forward(t, &t->classifier, dropped, t->cs, t->logits, stride, n);
        p->classes += classifies == BERT_LEARN_CHOICES ? bert__learn_choices(t, t->logits, stride, n, first) : bert__learn_logits(t, t->logits, stride, n, first);
        bert__linear_backward(t, &t->classifier, dropped, t->cs, t->logits, stride, d, t->cs, 0, n);
        for (i = 0; i < n; i++) {
            if (m) { if (m->classifier) bert__drop_masked(&t->classifier_drop, m->classifier + (first + i) * nC, d + i * t->cs, nC); }
            else bert__drop_hidden(t, BERT__PLACE_CLASSIFIER, 0, t->head_at[i], d + i * t->cs);
        }
    }
    if (t->desc.learn & BERT_LEARN_NEXT_SENTENCE && t->totals.next_sentence > 0) {
        double sum = 0;
        bert__linear_forward(t, &t->next_sentence, pooled, t->cs, t->logits, stride, n);
        for (i = 0; i < n; i++) {
            const int32_t label = t->labels->next_sentence[first + i];
            if (label == -100) t->logits[i * stride] = t->logits[i * stride + 1] = 0;
            else sum += bert__cross_entropy(t->logits + i * stride, 2, 1, label, 1 / t->totals.next_sentence * t->loss_scale);
        }
        p->next_sentence += sum / t->totals.next_sentence;
        bert__linear_backward(t, &t->next_sentence, pooled, t->cs, t->logits, stride, d, t->cs, 1, n);
    }
    for (i = 0; i < n; i++)
        for (c = 0; c < nC; c++) d[i * t->cs + c] *= 1.0f - pooled[i * t->cs + c] * pooled[i * t->cs + c];
    bert__linear_backward(t, &t->pooler, in, t->cs, d, t->cs, part, t->cs, 0, n);
    bert__give_back(t, part, t->head_at, n);
}
BERT__FN void bert__learn_tokens(bert_trainer *t, bert_progress *p)
{
    float *in = bert__head_rows(t, 0), *d = bert__head_rows(t, 1);
    const int64_t stride = bert__stride(bert__most(2, t->classifier.n));
    int64_t i;
    for (i = 0; i < t->rows; i++) {
        t->head_at[i] = i;
        memcpy(in + i * t->cs, t->x + i * t->cs, (size_t)t->config.hidden_size * sizeof *in);
        bert__drop_hidden(t, BERT__PLACE_CLASSIFIER, 0, i, in + i * t->cs);
    }
    bert__linear_forward(t, &t->classifier, in, t->cs, t->logits, stride, t->rows);
    p->classes += bert__learn_logits(t, t->logits, stride, t->rows, t->sequences[0].from);
    bert__linear_backward(t, &t->classifier, in, t->cs, t->logits, stride, d, t->cs, 0, t->rows);
    for (i = 0; i < t->rows; i++) bert__drop_hidden(t, BERT__PLACE_CLASSIFIER, 0, i, d + i * t->cs);
    bert__give_back(t, d, t->head_at, t->rows);
}
/* The row of its sequence where an answer starts or ends; -1: ignored. */
BERT__FN int64_t bert__span_row(int32_t label, int64_t length) { return label < 0 ? 0 : label >= length ? -1 : label; }
BERT__FN void bert__learn_spans(bert_trainer *t, bert_progress *p)
{
    const int64_t stride = bert__stride(2);
    int64_t i, j;
    int which;
    bert__linear_forward(t, &t->span, t->x, t->cs, t->logits, stride, t->rows);
    for (which = 0; which < 2; which++) {
        const double total = which ? t->totals.ends : t->totals.starts;
        double sum = 0;
        for (i = 0; i < t->sequence_count; i++) {
            const bert__sequence *q = t->sequences + i;
            const int64_t row = bert__span_row(which ? t->labels->ends[q->index] : t->labels->starts[q->index], q->length);
            float *z = t->logits + q->row * stride + which;
            if (row < 0) for (j = 0; j < q->length; j++) z[j * stride] = 0;
            else sum += bert__cross_entropy(z, q->length, stride, row, 0.5 / total * t->loss_scale);
        }
        if (total > 0) *(which ? &p->ends : &p->starts) += sum / total;
    }
    bert__linear_backward(t, &t->span, t->x, t->cs, t->logits, stride, t->d, t->cs, 1, t->rows);
}
/* The gradient of the last layer, in t->d, and those of the heads. */
BERT__FN void bert__learn_part(bert_trainer *t, bert_progress *p)
{
    const uint32_t learn = t->desc.learn;
    int64_t i;
    for (i = 0; i < t->rows; i++) memset(t->d + i * t->cs, 0, (size_t)t->config.hidden_size * sizeof *t->d);
    if (learn & BERT_LEARN_WORDS) p->words += bert__learn_words(t);
    if (learn & BERT_LEARN_TOKENS) bert__learn_tokens(t, p);
    if (learn & BERT_LEARN_SPANS) bert__learn_spans(t, p);
    if (learn & (BERT_LEARN_NEXT_SENTENCE | BERT_LEARN_CLASSES | BERT_LEARN_VALUES | BERT_LEARN_MULTI_LABEL | BERT_LEARN_CHOICES)) bert__learn_pooled(t, p);
    p->loss = p->words + p->next_sentence + p->classes + (p->starts + p->ends) / 2;
}

/* ============================================================================================================
   >>trainer
   Purpose   weights, gradients, slots and activations in one block; steps; saving and resuming.
   Uses      >>losses, >>optim, >>model, the writers of checkpoints.
   Promises  one allocation (and one for its threads), of the size that bert_plan_trainer says; a step allocates nothing. A step that
             fails leaves the weights alone.
   ============================================================================================================ */

#define BERT__LEARN_CLASSIFIER (BERT_LEARN_CLASSES | BERT_LEARN_VALUES | BERT_LEARN_MULTI_LABEL | BERT_LEARN_CHOICES | BERT_LEARN_TOKENS)

/* The heads that learning needs. */
BERT__FN uint32_t bert__learn_heads(uint32_t learn)
{
    uint32_t heads = 0;
    if (learn & BERT_LEARN_WORDS) heads |= BERT_HEAD_MLM;
    if (learn & BERT_LEARN_NEXT_SENTENCE) heads |= BERT_HEAD_POOLER | BERT_HEAD_NSP;
    if (learn & BERT__LEARN_CLASSIFIER) heads |= BERT_HEAD_CLASSIFIER;
    if (learn & BERT__LEARN_CLASSIFIER & ~BERT_LEARN_TOKENS) heads |= BERT_HEAD_POOLER;
    if (learn & BERT_LEARN_SPANS) heads |= BERT_HEAD_SPAN;
    return heads;
}
/* Is the row of the table a parameter here? */
BERT__FN int bert__row_wanted(const bert_trainer *t, int row)
{
    if (row == BERT__ROW_POSITIONS) return !t->config.max_relative_position;
    if (row >= BERT__ROW_DECODER) return row == BERT__ROW_DECODER ? t->untied : t->own_bias;
    return !bert__rows[row].head || (t->heads & bert__rows[row].head);
}
/* The values of a row in one layer; 0: of the embeddings, 1: in the layers, 2: of a head. */
BERT__FN int64_t bert__row_count(const bert_trainer *t, int row)
{
    const char *d = bert__rows[row].dims;
    int64_t n = 1;
    for (; *d; d++) n *= *d == 'N' ? t->config.labels : bert__dimension(&t->config, *d);
    return n;
}
BERT__FN int bert__row_group(int row) { return bert__rows[row].head || row >= BERT__ROW_DECODER ? 2 : bert__in_layer(row); }
BERT__FN bert_trained *bert__trained_of(const bert_trainer *t, const char *pattern, int32_t layer)
{
    char name[160];
    int64_t i;
    bert__spell(name, sizeof name, pattern, layer, "");
    for (i = 0; i < t->count; i++) if (strcmp(t->names[i][0], name) == 0) return t->parameters + i;
    return NULL;
}
BERT__FN bert__linear bert__linear_of(const bert_trainer *t, int32_t layer, const char *const *names, int parts)
{
    bert__linear l;
    char name[160];
    int i;
    memset(&l, 0, sizeof l);
    for (i = 0; i < parts; i++) {
        bert__format(name, sizeof name, "%s.weight", names[i]);
        l.w[i] = bert__trained_of(t, name, layer);
        bert__format(name, sizeof name, "%s.bias", names[i]);
        l.b[i] = bert__trained_of(t, name, layer);
    }
    l.parts = parts;
    if (!l.w[0]) return l;
    l.n = l.w[0]->shape[0];
    l.k = l.w[0]->shape[1];
    return l;
}
/* The parameters, in the order of the table. Without memory they are only counted. */
BERT__FN void bert__trainer_table(bert_trainer *t)
{
    static const char *const qkv[] = { "bert.encoder.layer.*.attention.self.query", "bert.encoder.layer.*.attention.self.key", "bert.encoder.layer.*.attention.self.value" };
    static const char *const attention[] = { "bert.encoder.layer.*.attention.output.dense" }, *const intermediate[] = { "bert.encoder.layer.*.intermediate.dense" };
    static const char *const output[] = { "bert.encoder.layer.*.output.dense" }, *const pooler[] = { "bert.pooler.dense" }, *const transform[] = { "cls.predictions.transform.dense" };
    static const char *const nsp[] = { "cls.seq_relationship" }, *const classifier[] = { "classifier" }, *const span[] = { "qa_outputs" };
    const bert_config *c = &t->config;
    const uint32_t needed = bert__learn_heads(t->desc.learn);
    int64_t i = 0, blocks = 0, at, size[3] = { 0, 0, 0 }, place[3] = { 0, 0, 0 };
    int32_t layer, k;
    int row, group;
    for (row = 0; row < BERT__ROWS; row++) {                            /* in memory: the embeddings, each layer, the heads */
        if (bert__row_wanted(t, row)) size[bert__row_group(row)] += bert__row_count(t, row);
    }
    for (row = 0; row < BERT__ROWS; row++) {
        const bert__row *r = bert__rows + row;
        if (!bert__row_wanted(t, row)) continue;
        group = bert__row_group(row);
        at = place[group] + (group > 0 ? size[0] : 0) + (group > 1 ? c->layers * size[1] : 0);
        place[group] += bert__row_count(t, row);
        for (layer = 0; layer < (bert__in_layer(row) ? c->layers : 1); layer++, i++) {
            bert_trained p;
            memset(&p, 0, sizeof p);
            p.layer = bert__in_layer(row) ? layer : -1;
            p.rank = (int32_t)strlen(r->dims);
            p.matrix = r->matrix;
            p.decay = r->decay;
            for (k = 0; k < p.rank; k++) p.shape[k] = r->dims[k] == 'N' ? c->labels : bert__dimension(c, r->dims[k]);
            p.count = bert__row_count(t, row);
            p.learns = r->head ? (r->head & needed) != 0 : row >= BERT__ROW_DECODER ? (needed & BERT_HEAD_MLM) != 0
                : p.layer < 0 ? t->desc.frozen == 0 : t->desc.frozen <= p.layer + 1;
            p.rate = p.learns && t->desc.layer_decay > 0 ? pow(t->desc.layer_decay, r->head || row >= BERT__ROW_DECODER ? 0 : p.layer < 0 ? c->layers + 1 : c->layers - p.layer) : 1;
            if (t->parameters) {
                bert__spell(t->names[i][0], sizeof t->names[i][0], r->name, p.layer, "");
                bert__spell(t->names[i][1], sizeof t->names[i][1], r->google, p.layer, "");
                p.name = t->names[i][0];
                p.google = t->names[i][1];
                p.weight = t->weights + at;
                p.gradient = t->gradients + at;
                p.first = t->first ? t->first + at : NULL;
                p.second = t->second ? t->second + at : NULL;
                p.small_first = t->small_first ? t->small_first + at : NULL;
                p.small_second = t->small_second ? t->small_second + at : NULL;
                t->block[i] = blocks;
                t->parameters[i] = p;
            }
            at += size[1];
            blocks += bert__blocks(p.count, BERT__UPDATE_BLOCK);
        }
    }
    t->count = i;
    t->values = size[0] + c->layers * size[1] + size[2];
    t->value_room = blocks;
    if (!t->parameters) return;
    t->block[i] = blocks;
    for (k = 0; k <= c->layers + 1; k++) t->bucket[k] = k ? size[0] + (k - 1) * size[1] : 0;
    t->bucket[k] = t->values;
    t->words = bert__trained_of(t, bert__rows[0].name, -1);
    t->positions = bert__trained_of(t, bert__rows[BERT__ROW_POSITIONS].name, -1);
    t->types = bert__trained_of(t, "bert.embeddings.token_type_embeddings.weight", -1);
    t->gamma = bert__trained_of(t, "bert.embeddings.LayerNorm.weight", -1);
    t->beta = bert__trained_of(t, "bert.embeddings.LayerNorm.bias", -1);
    for (layer = 0; layer < c->layers; layer++) {
        bert__train_layer *l = t->layers + layer;
        l->qkv = bert__linear_of(t, layer, qkv, 3);
        l->attention = bert__linear_of(t, layer, attention, 1);
        l->intermediate = bert__linear_of(t, layer, intermediate, 1);
        l->output = bert__linear_of(t, layer, output, 1);
        l->qkv.bf16 = l->attention.bf16 = l->intermediate.bf16 = l->output.bf16 = t->desc.precision == BERT_PRECISION_BF16;
        l->gamma[0] = bert__trained_of(t, "bert.encoder.layer.*.attention.output.LayerNorm.weight", layer);
        l->beta[0] = bert__trained_of(t, "bert.encoder.layer.*.attention.output.LayerNorm.bias", layer);
        l->gamma[1] = bert__trained_of(t, "bert.encoder.layer.*.output.LayerNorm.weight", layer);
        l->beta[1] = bert__trained_of(t, "bert.encoder.layer.*.output.LayerNorm.bias", layer);
    }
    t->pooler = bert__linear_of(t, -1, pooler, 1);
    t->transform = bert__linear_of(t, -1, transform, 1);
    t->next_sentence = bert__linear_of(t, -1, nsp, 1);
    t->classifier = bert__linear_of(t, -1, classifier, 1);
    t->span = bert__linear_of(t, -1, span, 1);
    t->transform_gamma = bert__trained_of(t, "cls.predictions.transform.LayerNorm.weight", -1);
    t->transform_beta = bert__trained_of(t, "cls.predictions.transform.LayerNorm.bias", -1);
    t->decoder = t->untied ? bert__trained_of(t, bert__rows[BERT__ROW_DECODER].name, -1) : t->words;
    t->decoder_bias = bert__trained_of(t, t->own_bias ? bert__rows[BERT__ROW_DECODER + 1].name : "cls.predictions.bias", -1);
}
#define BERT__EXCHANGED 6
/* Lays out a trainer whose desc, config, heads and kernels are set. Without memory (l->base NULL) it only measures. */
BERT__FN void bert__trainer_layout(bert__layout *l, bert_trainer *t, bert_trainer_bytes *bytes)
{
    const bert_config *c = &t->config;
    const int64_t nC = c->hidden_size, nF = c->intermediate_size, nH = c->heads, nD = nC / nH, nR = c->max_relative_position, nT = t->desc.device ? 1 : t->desc.max_tokens, nr = t->kernels->nr;
    const int64_t longest = !nR && c->max_positions < nT ? c->max_positions : nT, outs = bert__most(3 * nC, nF), labels = t->heads & BERT_HEAD_CLASSIFIER ? c->labels : 0;
    const int64_t words = t->desc.learn & BERT_LEARN_WORDS ? bert__least(BERT__WORD_ROWS, nT) : 0, block = words ? bert__least(BERT__WORD_BLOCK, c->vocab_size) : 0;
    const int64_t wide = bert__most(bert__most(outs, block), bert__most(2, labels)), deep = bert__most(nC, nF);
    const int slots = bert__optimizer_slots(&t->desc.optimizer);
    bert__layout attention;
    bert__heads heads;
    bert__train_layer k;
    int64_t i, panels, across, logits;
    size_t before;
    memset(bytes, 0, sizeof *bytes);
    bert__lay(l, 1, sizeof *t);
    bert__trainer_table(t);
    t->weights = bert__lay_floats(l, t->values);
    t->gradients = bert__lay_floats(l, t->values);
    bytes->weights = bytes->gradients = bert__mul((size_t)t->values, sizeof(float));
    before = l->size;
    t->first = slots > 0 && !t->desc.small_slots ? bert__lay_floats(l, t->values) : NULL;
    t->second = slots > 1 && !t->desc.small_slots ? bert__lay_floats(l, t->values) : NULL;
    t->small_first = slots > 0 && t->desc.small_slots ? (uint16_t *)bert__lay(l, t->values, 2) : NULL;
    t->small_second = slots > 1 && t->desc.small_slots ? (uint16_t *)bert__lay(l, t->values, 2) : NULL;
    bytes->slots = l->size - before;
    before = l->size;
    t->block = (int64_t *)bert__lay(l, t->count + 1, sizeof *t->block);
    t->bucket = (int64_t *)bert__lay(l, c->layers + 3, sizeof *t->bucket);
    t->exchanged = bert__lay_floats(l, t->comm.size > 1 ? BERT__EXCHANGED + 2 * t->comm.size : 0);
    t->sums = (double *)bert__lay(l, 2 * t->value_room, sizeof *t->sums);
    t->norms = (double *)bert__lay(l, t->count, sizeof *t->norms);
    t->names = (char (*)[2][160])bert__lay(l, t->count, sizeof *t->names);
    t->tensors = (bert_tensor *)bert__lay(l, t->count, sizeof *t->tensors);
    t->model.parameters = (bert_parameter *)bert__lay(l, t->count, sizeof *t->model.parameters);
    t->layers = (bert__train_layer *)bert__lay(l, c->layers, sizeof *t->layers);
    t->cs = bert__stride(nC);
    t->qs = bert__stride(3 * nC);
    t->fs = bert__stride(nF);
    t->ws = bert__most(bert__stride(outs), 3 * t->cs);
    t->relative = nR ? bert__lay_floats(l, (2 * nR + 1) * nD) : NULL;
    t->relative_across = bert__lay_floats(l, nR ? bert__round_up(2 * nR + 1, nr) * nD : 0);
    t->relative_along = bert__lay_floats(l, nR ? bert__round_up(nD, nr) * (2 * nR + 1) : 0);
    t->x = bert__lay_floats(l, nT * t->cs);
    t->d = bert__lay_floats(l, nT * t->cs);
    t->e = bert__lay_floats(l, nT * t->cs);
    t->wide[0] = bert__lay_floats(l, nT * t->ws);
    t->wide[1] = bert__lay_floats(l, nT * t->ws);
    t->normal = bert__lay_floats(l, nT * t->cs);
    t->inverse = bert__lay_floats(l, nT);
    t->key_bias = bert__lay_floats(l, nT);
    panels = (bert__round_up(wide, nr) + nr) * deep;                   /* W: [wide][deep] or the other way round; rows: [deep][T] */
    panels = bert__most(panels, bert__most(bert__round_up(deep, nr) * nT, bert__round_up(deep, nr) * wide));
    across = bert__most(wide * bert__stride(nT), block * bert__stride(words));
    logits = bert__most(words * bert__stride(words ? c->vocab_size : 0), nT * bert__stride(bert__most(2, labels)));
    t->panels = bert__lay_floats(l, panels);
    t->bias = bert__lay_floats(l, bert__round_up(wide, nr));
    t->across = bert__lay_floats(l, across);
    t->narrow = t->desc.precision == BERT_PRECISION_BF16 ? bert__lay_floats(l, bert__most(nT * bert__most(bert__stride(outs), t->cs), words * bert__stride(block))) : NULL;
    t->zero_count = bert__most(bert__most(deep, longest), 2 * nR + 1) + nr;
    t->zeros = bert__lay_floats(l, t->zero_count);
    t->logits = bert__lay_floats(l, logits);
    t->row_loss = (double *)bert__lay(l, BERT__WORD_ROWS, sizeof *t->row_loss);
    t->head_gradient = (double *)bert__lay(l, bert__most(2, labels), sizeof *t->head_gradient);
    t->head_inverse = bert__lay_floats(l, BERT__WORD_ROWS);
    t->picked = (int64_t *)bert__lay(l, BERT__WORD_ROWS, sizeof *t->picked);
    t->picked_rows = (int64_t *)bert__lay(l, BERT__WORD_ROWS, sizeof *t->picked_rows);
    t->head_at = (int64_t *)bert__lay(l, nT, sizeof *t->head_at);
    t->sequences = (bert__sequence *)bert__lay(l, nT, sizeof *t->sequences);
    memset(&attention, 0, sizeof attention);
    bert__heads_layout(&attention, &heads, longest, nD, nR, nr);
    t->scratch_size = bert__add(attention.size, 63) & ~(size_t)63;
    t->scratch = (char *)bert__lay(l, t->parallel.width, t->scratch_size);
    memset(&k, 0, sizeof k);
    for (i = 0; i < c->layers; i++) {                                   /* with recompute all layers share what follows from their output */
        k.normal[1] = bert__lay_floats(l, nT * t->cs);
        k.inverse[1] = bert__lay_floats(l, nT);
        if (i == 0 || !t->desc.recompute) {
            k.qkv_rows = bert__lay_floats(l, nT * t->qs);
            k.context = bert__lay_floats(l, nT * t->cs);
            k.normal[0] = bert__lay_floats(l, nT * t->cs);
            k.inverse[0] = bert__lay_floats(l, nT);
            k.inner = bert__lay_floats(l, nT * t->fs);
        }
        if (l->base) t->layers[i] = k;
    }
    t->parameters = (bert_trained *)bert__lay(l, t->count, sizeof *t->parameters);
    bytes->activations = l->size - before;
    if (t->parameters) bert__trainer_table(t);
}

/* As the models that are made from a seed (>>rng): a parameter's numbers are the same there and here. */
BERT__FN void bert__initialise(const bert_trainer *t, const bert_trained *p, const bert__row *row)
{
    int64_t i;
    if (row->init == 'n') bert__init_normal(p->weight, p->count, t->config.initializer_range > 0 ? t->config.initializer_range : 0.02, t->desc.seed, (uint32_t)(row - bert__rows), (uint32_t)(p->layer + 1));
    else for (i = 0; i < p->count; i++) p->weight[i] = row->init == '1' ? 1.0f : 0.0f;
}
BERT__FN const bert__row *bert__row_named(const char *name)
{
    int32_t layer;
    int row;
    for (row = 0; row < BERT__ROWS; row++) if (bert__match(bert__rows[row].name, name, &layer)) return bert__rows + row;
    return NULL;
}
/* Do two parameters of a model hold the same values? */
BERT__FN int bert__same_values(const bert_parameter *a, const bert_parameter *b)
{
    const int64_t rows = a->rank == 2 ? a->shape[0] : 1, columns = a->rank == 2 ? a->shape[1] : a->shape[0];
    float x[64], y[64];
    int64_t i, k, n;
    if (a->rank != b->rank || a->shape[0] != b->shape[0] || (a->rank == 2 && a->shape[1] != b->shape[1])) return 0;
    for (i = 0; i < rows; i++)
        for (k = 0; k < columns; k += n) {
            n = bert__least(64, columns - k);
            bert__read_run(a->tensor, i, k, n, a->transposed, x);
            bert__read_run(b->tensor, i, k, n, b->transposed, y);
            if (memcmp(x, y, (size_t)n * sizeof *x) != 0) return 0;
        }
    return 1;
}
/* What the desc means: everything but the memory. */
BERT__FN bert_status bert__trainer_resolve(const bert_trainer_desc *desc, bert_trainer *t)
{
    static const uint32_t singles[] = { BERT_LEARN_CLASSES, BERT_LEARN_VALUES, BERT_LEARN_MULTI_LABEL, BERT_LEARN_CHOICES, BERT_LEARN_TOKENS };
    bert_trainer_desc *d = &t->desc;
    const bert_parameter *p, *q;
    bert_error *e = desc->error;
    uint32_t classifies, have;
    bert_status st;
    size_t i;
    *d = *desc;
    if (!d->model == !d->config) return bert__bad_argument(e, "a trainer needs a model or a config, one of them");
    t->config = d->model ? *bert_model_config(d->model) : *d->config;
    if ((st = bert_config_check(&t->config, d->model ? bert_checkpoint_path(bert_model_checkpoint(d->model)) : "config", e)) != BERT_OK) return st;
    if (t->config.heads < 1) return bert__fail(e, BERT_ERROR_MISMATCH, NULL, -1, "the number of attention heads is not known: give a config");
    if (!t->config.activation) t->config.activation = t->config.source == BERT_SOURCE_HF ? BERT_GELU_ERF : BERT_GELU_TANH;
    if (!d->learn || d->learn > 255) return bert__bad_argument(e, "learn: at least one of BERT_LEARN_...");
    classifies = d->learn & BERT__LEARN_CLASSIFIER;
    for (i = 0; i < 5; i++) if (classifies & singles[i] && classifies != singles[i]) return bert__bad_argument(e, "learn: only one of those that use the classifier");
    if (d->threads < 0 || d->threads > 1024) return bert__bad_argument(e, "threads goes from 0 (one a core) to 1024");
    if (d->frozen < 0 || d->frozen > t->config.layers + 1) return bert__fail(e, BERT_ERROR_ARGUMENT, NULL, -1, "frozen is %d; it goes from 0 to 1 + the %d layers", (int)d->frozen, (int)t->config.layers);
    if (d->layer_decay < 0 || d->layer_decay > 1) return bert__bad_argument(e, "layer_decay goes from 0 (none) to 1");
    if (!(d->hidden_dropout < 1) || !(d->attention_dropout < 1) || !(d->classifier_dropout < 1)) return bert__bad_argument(e, "rates of dropout lie below 1");
    if ((st = bert__check_optimizer(&d->optimizer, e)) != BERT_OK) return st;
    if (d->precision > BERT_PRECISION_BF16) return bert__bad_argument(e, "precision: training is done in f32 or bf16");
    if ((st = bert__choose_kernels(BERT_PRECISION_F32, d->isa, &t->kernels, e)) != BERT_OK) return st;
    t->learner = t->kernels->learner;
    d->isa = t->kernels->isa;
    if (!d->precision) d->precision = BERT_PRECISION_F32;
    d->optimizer = bert__optimizer_resolved(&d->optimizer);
    if (!(d->loss_scale.start >= 0) || !bert__finite(d->loss_scale.start)) return bert__bad_argument(e, "loss_scale.start is 0 (none) or positive");
    if (!d->loss_scale.growth) d->loss_scale.growth = 2000;
    if (d->loss_scale.decrease < 1) d->loss_scale.decrease = 1;
    if (!(d->loss_scale.floor > 0)) d->loss_scale.floor = 1;
    t->loss_scale = d->loss_scale.start > 0 ? d->loss_scale.start : 1;
    d->schedule.rate = bert__option(d->schedule.rate, 5e-5);
    if (d->layer_decay == 0) d->layer_decay = 1;
    have = d->model ? bert_model_heads(d->model) & ~d->fresh : 0;
    t->heads = bert__learn_heads(d->learn) | (d->keep & have);
    if (classifies == BERT_LEARN_CHOICES && d->labels > 1) return bert__bad_argument(e, "labels: for CHOICES the classifier has one output");
    if (d->labels < 0 || d->labels > 1 << 20) return bert__bad_argument(e, "labels goes from 1 to 2^20");
    if (t->heads & have & BERT_HEAD_CLASSIFIER) {
        const int32_t n = (int32_t)bert_model_find(d->model, "classifier.weight")->shape[0], want = classifies == BERT_LEARN_CHOICES ? 1 : d->labels;
        if (want && want != n) return bert__fail_tensor(e, BERT_ERROR_MISMATCH, bert_checkpoint_path(bert_model_checkpoint(d->model)), -1, "classifier.weight", "has %d outputs, %d are asked for: ask for BERT_HEAD_CLASSIFIER fresh to start it anew", (int)n, (int)want);
        d->labels = n;
    }
    if (!d->labels) d->labels = classifies == BERT_LEARN_CHOICES ? 1 : t->config.labels > 0 ? t->config.labels : 2;
    t->config.labels = d->labels;
    d->hidden_dropout = bert__option(d->hidden_dropout, t->config.hidden_dropout);
    d->attention_dropout = bert__option(d->attention_dropout, t->config.attention_dropout);
    d->classifier_dropout = bert__option(d->classifier_dropout, t->config.source == BERT_SOURCE_HF ? d->hidden_dropout : 0.1);
    t->hidden_drop = bert__drop_of(d->hidden_dropout);
    t->attention_drop = bert__drop_of(d->attention_dropout);
    t->classifier_drop = bert__drop_of(d->classifier_dropout);
    if (t->heads & have & BERT_HEAD_MLM) {                              /* a decoder that is stored is mostly the word embeddings again */
        p = bert_model_find(d->model, bert__rows[BERT__ROW_DECODER].name);
        t->untied = p && !bert__same_values(p, bert_model_find(d->model, bert__rows[0].name));
        p = bert_model_find(d->model, bert__rows[BERT__ROW_DECODER + 1].name);
        q = bert_model_find(d->model, "cls.predictions.bias");
        t->own_bias = p && !bert__same_values(p, q);
    }
    if (d->comm && d->comm->size > 1) {
        t->comm = *d->comm;
        if (t->comm.rank < 0 || t->comm.rank >= t->comm.size || t->comm.size > 1 << 20) return bert__fail(e, BERT_ERROR_ARGUMENT, NULL, -1, "comm: rank %d of %d", (int)t->comm.rank, (int)t->comm.size);
        if (!t->comm.all_reduce || !t->comm.broadcast || !t->comm.start != !t->comm.wait) return bert__bad_argument(e, "comm: it needs all_reduce and broadcast, and both or none of start and wait");
        if (d->optimizer.clip == BERT_CLIP_TF1_ROWS) return bert__fail(e, BERT_ERROR_UNSUPPORTED, NULL, -1, "the norm of TF1_ROWS is known only to one worker alone: clip by the global norm");
    }
    d->allocator = bert__allocator(&d->allocator);
    t->parallel = bert__parallel(d->parallel);
    if (!d->parallel.run) t->parallel.width = d->device ? 1 : d->threads ? d->threads : bert__cores();
    d->threads = t->parallel.width;
    return BERT_OK;
}
/* All bytes of a trainer as it is resolved, but for these settings. */
BERT__FN size_t bert__trainer_total(const bert_trainer *t, int64_t tokens, int32_t recompute, bert_trainer_bytes *bytes)
{
    bert__layout l;
    bert_trainer m = *t;
    memset(&l, 0, sizeof l);
    m.desc.max_tokens = tokens;
    m.desc.recompute = recompute;
    bert__trainer_layout(&l, &m, bytes);
    return bytes->total = bert__add(bert__block_bytes(l.size), t->desc.parallel.run || t->parallel.width == 1 ? 0 : bert__pool_bytes(t->parallel.width));
}
/* Too little memory: what is needed, what for, and what would take less. */
BERT__FN bert_status bert__fail_trainer_memory(const bert_trainer *t, const char *why, int64_t tokens, bert_error *e)
{
    bert_trainer_bytes b, less;
    char text[320];
    size_t n = 0;
    int64_t fewer;
    bert__trainer_total(t, tokens, t->desc.recompute, &b);
    text[0] = 0;
    for (fewer = tokens / 2; fewer >= 128 && fewer >= tokens / 4; fewer /= 2)
        n += bert__format(text + n, sizeof text - n, "; max_tokens %lld: %zu", (long long)fewer, bert__trainer_total(t, fewer, t->desc.recompute, &less));
    if (!t->desc.recompute) n += bert__format(text + n, sizeof text - n, "; recompute: %zu", bert__trainer_total(t, tokens, 1, &less));
    if (!t->desc.small_slots && bert__optimizer_slots(&t->desc.optimizer)) bert__format(text + n, sizeof text - n, "; small_slots: %zu less", b.slots / 2);
    return bert__fail(e, BERT_ERROR_MEMORY, NULL, -1, "%s: a trainer for %lld tokens at once takes %zu bytes (weights %zu, gradients %zu, slots %zu, activations %zu)%s", why, (long long)tokens,
                      b.total, b.weights, b.gradients, b.slots, b.activations, text);
}
/* Sizes; for a budget also the number of tokens. */
BERT__FN bert_status bert__trainer_measure(bert_trainer *t, bert_trainer_bytes *bytes)
{
    int64_t low, high, tokens = t->desc.max_tokens;
    char why[80];
    bert_status st;
    int search = t->desc.budget && !tokens;
    low = search ? 1 : bert__tokens_resolved(tokens, &t->config);
    high = search ? 8193 : low + 1;
    if ((st = bert__check_tokens(low, &t->config, t->desc.error)) != BERT_OK) return st;
    for (tokens = low;;) {
        if (bert__trainer_total(t, tokens, t->desc.recompute, bytes) == SIZE_MAX) return bert__fail(t->desc.error, BERT_ERROR_MEMORY, NULL, -1, "it takes more memory than there are addresses");
        if (search && bytes->total > t->desc.budget) {
            if (tokens == 1) {
                bert__format(why, sizeof why, "the budget is %zu bytes", t->desc.budget);
                return bert__fail_trainer_memory(t, why, 1, t->desc.error);
            }
            high = tokens;
        } else low = tokens;
        if (high - low <= 1) {
            if (tokens == low) break;
            tokens = low;
            search = 0;
        } else tokens = low + (high - low) / 2;
    }
    t->desc.max_tokens = t->part_tokens = low;
    return BERT_OK;
}
BERT_API bert_status bert_plan_trainer(const bert_trainer_desc *desc, bert_trainer_bytes *out, bert_error *error)
{
    bert_trainer_desc d;
    bert_trainer t;
    bert_status st;
    if (!desc || !out) return bert__bad_argument(error, "bert_plan_trainer needs a desc and a place for the answer");
    d = *desc;
    d.error = error;
    memset(&t, 0, sizeof t);
    if ((st = bert__trainer_resolve(&d, &t)) != BERT_OK) return st;
    return bert__trainer_measure(&t, out);
}

/* The weights as a model. */
BERT__FN void bert__trainer_view(bert_trainer *t)
{
    int64_t i;
    t->checkpoint.path = "(trainer)";
    t->checkpoint.format = "memory";
    t->model.checkpoint = &t->checkpoint;
    t->model.config = t->config;
    t->model.heads = t->heads;
    t->model.count = t->count;
    for (i = 0; i < t->count; i++) {
        const bert_trained *p = t->parameters + i;
        bert_parameter *q = t->model.parameters + i;
        bert_tensor *s = t->tensors + i;
        memset(s, 0, sizeof *s);
        memset(q, 0, sizeof *q);
        s->name = q->name = p->name;
        s->shape = p->shape;
        s->count = p->count;
        s->rank = q->rank = p->rank;
        s->dtype = BERT_F32;
        s->data = (const unsigned char *)p->weight;
        s->big_endian = bert__machine_is_big();
        q->tensor = s;
        q->shape[0] = p->shape[0];
        q->shape[1] = p->shape[1];
        q->layer = p->layer;
        q->decay = p->decay;
    }
}

BERT_API bert_status bert_trainer_open(const bert_trainer_desc *desc, bert_trainer **out)
{
    bert_trainer measure, *t;
    bert_trainer_bytes bytes;
    bert_pool *pool = NULL;
    bert__layout l;
    bert_status st;
    void *memory;
    int clean = 0;
    int64_t i, nD, nR;
    if (!desc || !out) return BERT_ERROR_ARGUMENT;
    memset(&measure, 0, sizeof measure);
    if ((st = bert__trainer_resolve(desc, &measure)) != BERT_OK || (st = bert__trainer_measure(&measure, &bytes)) != BERT_OK) return st;
    if (!measure.desc.parallel.run && measure.parallel.width != 1) {
        if ((st = bert_pool_open(measure.parallel.width, &measure.desc.allocator, &pool)) != BERT_OK) return bert__fail(desc->error, st, NULL, -1, "the threads could not be started");
        measure.parallel = bert_pool_parallel(pool);
    }
    memset(&l, 0, sizeof l);
    {
        bert_trainer m = measure;
        bert__trainer_layout(&l, &m, &bytes);
    }
#ifdef BERT__CALLOC                     /* what the system hands out is 0 and takes no memory yet: the model may be closed before slots and gradients do */
    clean = measure.desc.allocator.alloc == bert__default_alloc;
    memory = clean ? BERT__CALLOC(bert__block_bytes(l.size)) : bert__alloc(&measure.desc.allocator, bert__block_bytes(l.size));
#else
    memory = bert__alloc(&measure.desc.allocator, bert__block_bytes(l.size));
#endif
    if (!memory) {
        bert_pool_close(pool);
        return bert__fail_trainer_memory(&measure, "out of memory", measure.desc.max_tokens, desc->error);
    }
    l.base = bert__aligned(memory);
    l.size = 0;
    t = (bert_trainer *)(void *)l.base;
    *t = measure;
    t->memory = memory;
    t->pool = pool;
    bert__trainer_layout(&l, t, &bytes);
    nD = t->config.hidden_size / t->config.heads;
    nR = t->config.max_relative_position;
    if (nR) {
        bert__relative_table(t->relative, nR, nD);
        t->kernels->pack(t->relative, nD, 1, 2 * nR + 1, nD, t->relative_across);
        t->kernels->pack(t->relative, 1, nD, nD, 2 * nR + 1, t->relative_along);
    }
    if (!clean) {
        memset(t->zeros, 0, (size_t)t->zero_count * sizeof *t->zeros);
        memset(t->gradients, 0, (size_t)t->values * sizeof *t->gradients);
        if (t->first) memset(t->first, 0, (size_t)t->values * sizeof *t->first);
        if (t->second) memset(t->second, 0, (size_t)t->values * sizeof *t->second);
        if (t->small_first) memset(t->small_first, 0, (size_t)t->values * sizeof *t->small_first);
        if (t->small_second) memset(t->small_second, 0, (size_t)t->values * sizeof *t->small_second);
    }
    bert__trainer_view(t);
    for (i = 0; i < t->count && st == BERT_OK; i++) {
        const bert_trained *p = t->parameters + i;
        const bert__row *row = bert__row_named(p->name);
        const bert_parameter *from = t->desc.model && !(row->head & t->desc.fresh) ? bert_model_find(t->desc.model, p->name) : NULL;
        if (from) st = bert_parameter_read(from, p->weight, p->count, desc->error);
        else bert__initialise(t, p, row);
    }
    if (st == BERT_OK && t->comm.size > 1) st = t->comm.broadcast(t->comm.user, t->weights, (size_t)t->values * sizeof *t->weights, 0, desc->error);
    t->desc.model = NULL;                                               /* it may be closed */
    t->desc.comm = t->comm.size > 1 ? &t->comm : NULL;
    t->desc.config = &t->config;
    t->desc.error = NULL;
    if (st == BERT_OK && desc->device) {
        t->device = *desc->device;
        t->desc.device = &t->device;
        st = t->device.trainer_open(desc->device, t, &t->state, desc->error);
    }
    if (st != BERT_OK) bert_trainer_close(t);
    else *out = t;
    return st;
}
BERT_API void bert_trainer_close(bert_trainer *trainer)
{
    bert_allocator a;
    if (!trainer) return;
    a = trainer->desc.allocator;
    if (trainer->state) trainer->device.trainer_close(trainer->state);
    bert_pool_close(trainer->pool);
    bert__free(&a, trainer->memory);
}
BERT_API bert_trainer_desc bert_trainer_desc_resolved(const bert_trainer *trainer) { return trainer->desc; }
BERT_API int64_t bert_trainer_count(const bert_trainer *trainer) { return trainer->count; }
BERT_API const bert_trained *bert_trainer_parameter(const bert_trainer *trainer, int64_t index) { return index >= 0 && index < trainer->count ? trainer->parameters + index : NULL; }
BERT_API const bert_trained *bert_trainer_find(const bert_trainer *trainer, const char *name)
{
    int64_t i;
    for (i = 0; i < trainer->count; i++)
        if (strcmp(trainer->parameters[i].name, name) == 0 || strcmp(trainer->parameters[i].google, name) == 0) return trainer->parameters + i;
    return NULL;
}
BERT_API int64_t bert_trainer_group(bert_trainer *trainer, const char *part, double rate, bert_flag decay)
{
    int64_t i, n = 0;
    for (i = 0; i < trainer->count; i++) {
        bert_trained *p = trainer->parameters + i;
        if (!strstr(p->name, part) && !strstr(p->google, part)) continue;
        p->rate *= rate;
        if (decay != BERT_DEFAULT) p->decay = decay == BERT_ON;
        n++;
    }
    return n;
}
BERT_API int64_t bert_trainer_steps(const bert_trainer *trainer) { return trainer->steps; }
BERT_API int64_t *bert_trainer_cursor(bert_trainer *trainer) { return trainer->cursor; }
BERT_API void bert_trainer_set_steps(bert_trainer *trainer, int64_t steps) { trainer->steps = steps < 0 ? 0 : steps; }
BERT__FN bert_status bert__trainer_move(const bert_trainer *t, int here, bert_error *error) { return t->state ? t->device.trainer_move(t->state, here, error) : BERT_OK; }
BERT_API bert_status bert_trainer_fetch(bert_trainer *trainer, bert_error *error) { return bert__trainer_move(trainer, 1, error); }
BERT_API bert_status bert_trainer_send(bert_trainer *trainer, bert_error *error) { return bert__trainer_move(trainer, 0, error); }
BERT_API const bert_model *bert_trainer_model(const bert_trainer *trainer) { return bert__trainer_move(trainer, 1, NULL) == BERT_OK ? &trainer->model : NULL; }

/* ---- a step ---- */

BERT__FN bert_status bert__check_label(const char *what, int64_t at, int32_t label, int64_t n, bert_error *e)
{
    if (label == -100 || (label >= 0 && label < n)) return BERT_OK;
    return bert__fail(e, BERT_ERROR_ARGUMENT, NULL, -1, "%s %lld: label %d; there are %lld, from 0 (-100: ignored)", what, (long long)at, (int)label, (long long)n);
}
/* What can be wrong with batch and labels. */
BERT__FN bert_status bert__check_training(const bert_trainer *t, const bert_batch *b, const bert_targets *l, bert_error *e)
{
    const uint32_t learn = t->desc.learn;
    const bert_config *c = &t->config;
    const int64_t limit = !c->max_relative_position && !b->position_ids && c->max_positions < t->desc.max_tokens ? c->max_positions : t->desc.max_tokens;
    int64_t i, rows;
    bert_status st;
    if (b->sequences == 0 && t->comm.size > 1 && !(l->masked_count && learn & BERT_LEARN_WORDS)) return BERT_OK;
    if (b->sequences < 1 || !b->offsets || b->offsets[0] != 0) return bert__bad_argument(e, "batch: at least one sequence, and offsets from 0 on");
    if (!b->ids == !b->embeds) return bert__bad_argument(e, "batch: it needs ids or embeds, one of them");
    if (b->too_long != BERT_TOO_LONG_ERROR) return bert__bad_argument(e, "batch: too_long: cut the sequences before training");
    for (i = 0; i < b->sequences; i++) {
        const int64_t length = b->offsets[i + 1] - b->offsets[i];
        if (length < 1) return bert__fail(e, BERT_ERROR_ARGUMENT, NULL, -1, "sequence %lld has %lld tokens", (long long)i, (long long)length);
        if (length > limit)
            return bert__fail(e, BERT_ERROR_TOO_LONG, NULL, -1, limit < t->desc.max_tokens ? "sequence %lld has %lld tokens; the model has positions for %lld: cut it" : "sequence %lld has %lld tokens; the trainer was opened for max_tokens %lld",
                              (long long)i, (long long)length, (long long)limit);
        if ((st = bert__check_rows(c, b, i, b->offsets[i], length, e)) != BERT_OK) return st;
    }
    rows = b->offsets[b->sequences];
    if (learn & BERT_LEARN_WORDS) {
        if (l->masked_count < 0 || (l->masked_count && (!l->masked_rows || !l->masked_ids))) return bert__bad_argument(e, "labels: WORDS need masked_rows and masked_ids");
        for (i = 0; i < l->masked_count; i++) {
            if (l->masked_rows[i] < 0 || l->masked_rows[i] >= rows) return bert__fail(e, BERT_ERROR_ARGUMENT, NULL, -1, "masked row %lld is %lld; the batch has %lld rows", (long long)i, (long long)l->masked_rows[i], (long long)rows);
            if ((st = bert__check_label("masked row", i, l->masked_ids[i], c->vocab_size, e)) != BERT_OK) return st;
        }
    }
    if (learn & BERT_LEARN_NEXT_SENTENCE && !l->next_sentence) return bert__bad_argument(e, "labels: NEXT_SENTENCE needs next_sentence");
    if (learn & BERT_LEARN_CLASSES && !l->classes && !l->teacher) return bert__bad_argument(e, "labels: CLASSES need classes or a teacher");
    if (learn & BERT_LEARN_CLASSES && !l->classes && bert__option(l->teacher_weight, 1) < 1) return bert__bad_argument(e, "labels: a teacher_weight below 1 needs classes for the rest");
    if (l->teacher && (l->teacher_weight > 1 || l->temperature < 0)) return bert__bad_argument(e, "labels: teacher_weight goes to 1, the temperature is positive");
    if (learn & (BERT_LEARN_VALUES | BERT_LEARN_MULTI_LABEL) && !l->values) return bert__bad_argument(e, "labels: values are needed");
    if (learn & BERT_LEARN_TOKENS && !l->token_classes) return bert__bad_argument(e, "labels: TOKENS need token_classes");
    if (learn & BERT_LEARN_SPANS && (!l->starts || !l->ends)) return bert__bad_argument(e, "labels: SPANS need starts and ends");
    if (learn & BERT_LEARN_CHOICES) {
        if (!l->classes || l->choices < 1 || b->sequences % l->choices) return bert__bad_argument(e, "labels: CHOICES need classes, and sequences in groups of `choices`");
        for (i = 0; i < b->sequences; i += l->choices)
            if (b->offsets[i + l->choices] - b->offsets[i] > t->desc.max_tokens)
                return bert__fail(e, BERT_ERROR_TOO_LONG, NULL, -1, "the choices from sequence %lld on have %lld tokens together; the trainer was opened for max_tokens %lld", (long long)i, (long long)(b->offsets[i + l->choices] - b->offsets[i]), (long long)t->desc.max_tokens);
    }
    for (i = 0; learn & BERT_LEARN_NEXT_SENTENCE && i < b->sequences; i++) if ((st = bert__check_label("sequence", i, l->next_sentence[i], 2, e)) != BERT_OK) return st;
    for (i = 0; learn & BERT_LEARN_CLASSES && l->classes && i < b->sequences; i++) if ((st = bert__check_label("sequence", i, l->classes[i], c->labels, e)) != BERT_OK) return st;
    for (i = 0; learn & BERT_LEARN_CHOICES && i < b->sequences / l->choices; i++) if ((st = bert__check_label("group", i, l->classes[i], l->choices, e)) != BERT_OK) return st;
    for (i = 0; learn & BERT_LEARN_TOKENS && i < rows; i++) if ((st = bert__check_label("token", i, l->token_classes[i], c->labels, e)) != BERT_OK) return st;
    return BERT_OK;
}
BERT__FN bert_totals bert__totals(const bert_trainer *t, const bert_batch *b, const bert_targets *l)
{
    const uint32_t learn = t->desc.learn;
    bert_totals n;
    int64_t i;
    memset(&n, 0, sizeof n);
    n.sequences = (double)b->sequences;
    if (learn & BERT_LEARN_WORDS) for (i = 0; i < l->masked_count; i++) if (l->masked_ids[i] != -100) n.words += bert__masked_weight(l, i);
    for (i = 0; i < b->sequences; i++) {
        if (learn & BERT_LEARN_NEXT_SENTENCE) n.next_sentence += l->next_sentence[i] != -100;
        if (learn & BERT_LEARN_CLASSES) n.classes += l->teacher || l->classes[i] != -100;
        if (learn & (BERT_LEARN_VALUES | BERT_LEARN_MULTI_LABEL)) n.classes += t->config.labels;
        if (learn & BERT_LEARN_SPANS) {
            n.starts += bert__span_row(l->starts[i], b->offsets[i + 1] - b->offsets[i]) >= 0;
            n.ends += bert__span_row(l->ends[i], b->offsets[i + 1] - b->offsets[i]) >= 0;
        }
    }
    if (learn & BERT_LEARN_CHOICES && b->sequences) for (i = 0; i < b->sequences / l->choices; i++) n.classes += l->classes[i] != -100;
    if (learn & BERT_LEARN_TOKENS && b->sequences) for (i = 0; i < b->offsets[b->sequences]; i++) n.classes += l->token_classes[i] != -100;
    return n;
}
BERT_API bert_status bert_trainer_totals(const bert_trainer *trainer, const bert_batch *batch, const bert_targets *labels, bert_totals *out, bert_error *error)
{
    bert_status st;
    if (!trainer || !batch || !labels || !out) return bert__bad_argument(error, "bert_trainer_totals needs a trainer, a batch, labels and a place for the answer");
    if ((st = bert__check_training(trainer, batch, labels, error)) == BERT_OK) *out = bert__totals(trainer, batch, labels);
    return st;
}

/* Names what first is not finite: of the weights, of what the layers gave for the part at hand, of the gradients. */
BERT__FN int bert__rows_finite(const bert_trainer *t, const float *x)
{
    int64_t i;
    for (i = 0; i < t->rows; i++) if (!bert__all_finite(x + i * t->cs, t->config.hidden_size)) return 0;
    return 1;
}
BERT__FN bert_status bert__fail_not_finite(const bert_trainer *t, const char *what, int forward, bert_error *e)
{
    int64_t i;
    int32_t layer;
    for (i = 0; i < t->count; i++)
        if (!bert__all_finite(t->parameters[i].weight, t->parameters[i].count))
            return bert__fail_tensor(e, BERT_ERROR_FORMAT, NULL, -1, t->parameters[i].name, "its weights are not all finite; so is %s in step %lld", what, (long long)t->steps);
    if (forward && !bert__rows_finite(t, t->normal))
        return bert__fail(e, BERT_ERROR_FORMAT, NULL, -1, "the embeddings of this batch are not finite in step %lld, though all weights are: look at its values", (long long)t->steps);
    for (layer = 0; forward && layer < t->config.layers; layer++)
        if (!bert__rows_finite(t, t->layers[layer].normal[1]))
            return bert__fail(e, BERT_ERROR_FORMAT, NULL, -1, "the output of layer %d is not finite in step %lld, and so %s, though all weights are finite: they grew too large; a smaller learning rate, or an earlier checkpoint", (int)layer, (long long)t->steps, what);
    for (i = 0; !forward && i < t->count; i++)
        if (t->parameters[i].learns && !bert__all_finite(t->parameters[i].gradient, t->parameters[i].count))
            return bert__fail_tensor(e, BERT_ERROR_FORMAT, NULL, -1, t->parameters[i].name, "its gradient is not finite in step %lld (nor is %s)%s: a smaller learning rate, or look at this batch's values", (long long)t->steps, what,
                                     t->desc.loss_scale.start > 0 ? ", and the loss scale is at its floor" : "");
    return bert__fail(e, BERT_ERROR_FORMAT, NULL, -1, "%s is not finite in step %lld, though all weights are: look at this batch's labels and values", what, (long long)t->steps);
}

/* Sums over all workers of values[BERT__EXCHANGED]; own[size], a number of each worker's. And whether all are well: where one is not,
   all fail with what it says. */
typedef struct bert__words_of { int32_t code; char message[504]; } bert__words_of;
BERT__FN bert_status bert__exchange(bert_trainer *t, double *values, double own, bert_status mine, bert_error *error)
{
    float *const x = t->exchanged, *const owns = x + BERT__EXCHANGED, *const codes = owns + t->comm.size;
    const int32_t rank = t->comm.rank, size = t->comm.size;
    const float steps = (float)(t->steps % (1 << 20) + 1);
    bert__words_of words;
    bert_status st;
    int32_t k;
    for (k = 0; k < BERT__EXCHANGED; k++) x[k] = (float)values[k];
    for (k = 0; k < size; k++) owns[k] = codes[k] = 0;
    owns[rank] = (float)own;
    codes[rank] = mine == BERT_OK ? steps : -1;
    if ((st = t->comm.all_reduce(t->comm.user, x, BERT__EXCHANGED + 2 * (int64_t)size, error)) != BERT_OK) return st;
    for (k = 0; k < size && codes[k] > 0; k++) {}
    if (k < size) {
        memset(&words, 0, sizeof words);
        words.code = (int32_t)mine;
        if (mine != BERT_OK && error) bert__format(words.message, sizeof words.message, "%s", error->message);
        if ((st = t->comm.broadcast(t->comm.user, &words, sizeof words, k, error)) != BERT_OK) return st;
        words.message[sizeof words.message - 1] = 0;
        if (k == rank) return mine;
        return bert__fail(error, words.code > BERT_OK && words.code <= BERT_ERROR_STOPPED ? (bert_status)words.code : BERT_ERROR_STOPPED, NULL, -1, "worker %d: %s", (int)k, words.message);
    }
    for (k = 0; k < size; k++)
        if (!(codes[k] == steps)) return bert__fail(error, BERT_ERROR_MISMATCH, NULL, -1, "worker %d is in another step than worker %d: all must begin with the same checkpoint", (int)k, (int)rank);
    for (k = 0; k < BERT__EXCHANGED; k++) values[k] = (double)x[k];
    return BERT_OK;
}
/* Before a batch: the totals of all workers, and how many sequences those before this one have. */
BERT__FN bert_status bert__exchange_totals(bert_trainer *t, const bert_batch *batch, const bert_targets *labels, bert_status mine, bert_error *error)
{
    double v[BERT__EXCHANGED] = { 0 }, own = 0;
    bert_totals n;
    bert_status st;
    int32_t k;
    if (mine == BERT_OK) {
        n = labels->totals ? *labels->totals : bert__totals(t, batch, labels);
        v[0] = n.words;
        v[1] = n.next_sentence;
        v[2] = n.classes;
        v[3] = n.starts;
        v[4] = n.ends;
        own = n.sequences > 0 ? n.sequences : (double)batch->sequences;
    }
    if ((st = bert__exchange(t, v, own, mine, error)) != BERT_OK || labels->add) return st;
    t->totals.words = v[0];
    t->totals.next_sentence = v[1];
    t->totals.classes = v[2];
    t->totals.starts = v[3];
    t->totals.ends = v[4];
    for (t->before = 0, k = 0; k < t->comm.rank; k++) t->before += (int64_t)t->exchanged[BERT__EXCHANGED + k];
    return BERT_OK;
}
/* After it: the losses of all. */
BERT__FN bert_status bert__exchange_losses(bert_trainer *t, bert_progress *p, bert_status mine, bert_error *error)
{
    double v[BERT__EXCHANGED];
    bert_status st;
    v[0] = p->words;
    v[1] = p->next_sentence;
    v[2] = p->classes;
    v[3] = p->starts;
    v[4] = p->ends;
    v[5] = t->row_squares;
    if ((st = bert__exchange(t, v, 0, mine, error)) != BERT_OK) return st;
    p->words = v[0];
    p->next_sentence = v[1];
    p->classes = v[2];
    p->starts = v[3];
    p->ends = v[4];
    if (t->whole) t->row_squares = v[5];
    p->loss = p->words + p->next_sentence + p->classes + (p->starts + p->ends) / 2;
    return BERT_OK;
}

/* The gradients of t->batch on a device; where there are other workers they come here, and bert__send adds up those of all. */
BERT__FN bert_status bert__device_gradients(bert_trainer *t, bert_progress *p, bert_error *error)
{
    bert_device_step step;
    bert_status st;
    memset(&step, 0, sizeof step);
    step.step = t->steps;
    step.seen = t->before + t->seen;
    step.max_tokens = t->part_tokens;
    step.loss_scale = t->loss_scale;
    step.totals = t->totals;
    st = t->device.trainer_gradients(t->state, t->batch, t->labels, &step, p, error);
    if (st == BERT_OK && p && !bert__finite(p->loss)) {
        if ((st = bert__trainer_move(t, 1, error)) == BERT_OK) st = bert__fail_not_finite(t, "the loss", 1, error);
    }
    return st == BERT_OK && t->comm.size > 1 && !t->labels->more ? bert__trainer_move(t, 1, error) : st;
}
BERT_API bert_status bert_trainer_gradients(bert_trainer *trainer, const bert_batch *batch, const bert_targets *labels, bert_progress *out, bert_error *error)
{
    bert_trainer *t = trainer;
    bert_progress p;
    bert_error words;
    bert_status st;
    int64_t i, squares = 0, group, parts = 0, rows;
    int32_t k;
    int several;
    if (!t || !batch || !labels) return bert__bad_argument(error, "a step needs a trainer, a batch and labels");
    memset(&words, 0, sizeof words);
    several = t->comm.size > 1;
    if (several && !error) error = &words;                              /* the others want to know */
    st = bert__check_training(t, batch, labels, error);
    if (st == BERT_OK && several && labels->add && t->whole) st = bert__bad_argument(error, "labels: with several workers all parts but the last need `more`");
    if (several) st = bert__exchange_totals(t, batch, labels, st, error);
    else if (st == BERT_OK) t->totals = labels->totals ? *labels->totals : bert__totals(t, batch, labels);
    if (st != BERT_OK) return st;
    group = t->desc.learn & BERT_LEARN_CHOICES ? labels->choices : 1;
    t->batch = batch;
    t->labels = labels;
    if (t->config.source != BERT_SOURCE_HF && !(several && labels->add)) t->totals.words += 1e-5;      /* Google's: no division by 0 */
    if (!labels->add) {
        if (!t->state) memset(t->gradients, 0, (size_t)t->values * sizeof *t->gradients);
        t->row_squares = 0;
        t->seen = t->parts = 0;
        t->whole = 0;
    }
    memset(&p, 0, sizeof p);
    t->unsent = t->config.layers + 1;
    t->send_status = BERT_OK;
    t->send_error = error;
    if (t->state) st = bert__device_gradients(t, out || several ? &p : NULL, error);
    for (i = t->state ? batch->sequences : 0; i < batch->sequences && st == BERT_OK; parts++) {      /* parts of whole sequences, or groups of them */
        for (t->sequence_count = t->rows = 0; i < batch->sequences; ) {
            rows = batch->offsets[i + group] - batch->offsets[i];
            if (t->rows && t->rows + rows > t->part_tokens) break;
            for (k = 0; k < group; k++, i++) {
                bert__sequence *q = t->sequences + t->sequence_count++;
                q->index = i;
                q->row = t->rows;
                q->length = batch->offsets[i + 1] - batch->offsets[i];
                q->from = batch->offsets[i];
                q->squares = squares;
                squares += q->length * q->length;
                t->rows += q->length;
            }
        }
        bert__part_forward(t);
        bert__learn_part(t, &p);
        if (!bert__finite(p.loss)) { st = bert__fail_not_finite(t, "the loss", 1, error); break; }
        if (t->desc.optimizer.clip == BERT_CLIP_TF1_ROWS && t->parts + parts == 0 && t->desc.learn & BERT_LEARN_WORDS && !t->untied)
            t->row_squares = bert__square_sum(t->words->gradient, t->words->count);
        t->sending = several && !labels->more && i == batch->sequences;
        bert__part_backward(t);
        t->sending = 0;
    }
    t->seen += batch->sequences;
    t->parts += parts;
    t->batch = NULL;
    t->labels = NULL;
    if (several) {
        t->whole = !labels->more;
        if (t->whole) bert__send(t, 0);                                 /* what did not come about goes as well: the others wait for it */
        if (t->whole && t->comm.wait && t->send_status == BERT_OK) t->send_status = t->comm.wait(t->comm.user, error);
        if (t->send_status != BERT_OK) return t->send_status;
        if (t->whole && t->state && st == BERT_OK) st = bert__trainer_move(t, 0, error);
        st = bert__exchange_losses(t, &p, st, error);
    }
    if (st != BERT_OK) return st;
    p.step = t->steps;
    p.rate = bert_schedule_rate(&t->desc.schedule, t->steps);
    p.loss_scale = t->loss_scale;
    p.skipped_steps = t->skipped;
    if (out) *out = p;
    return BERT_OK;
}

typedef struct bert__update_job { bert_trainer *t; double rate, scale; int pass; } bert__update_job;
BERT__FN bert_trained *bert__block_of(bert_trainer *t, int64_t index, int64_t *at, int64_t *n)
{
    int64_t low = 0, high = t->count - 1;
    while (low < high) {
        const int64_t middle = (low + high + 1) / 2;
        if (t->block[middle] <= index) low = middle; else high = middle - 1;
    }
    *at = (index - t->block[low]) * BERT__UPDATE_BLOCK;
    *n = bert__least(BERT__UPDATE_BLOCK, t->parameters[low].count - *at);
    return t->parameters + low;
}
/* bf16 to float32, and back, rounding down or up with the probabilities that keep the mean: n numbers, at most BERT__SLOT_RUN. */
#define BERT__SLOT_RUN 512
BERT__FN void bert__slot_read(const uint16_t *from, float *to, int64_t n)
{
    int64_t i;
    for (i = 0; i < n; i++) to[i] = bert__of_bf16(from[i]);
}
BERT__FN void bert__slot_write(const float *from, uint16_t *to, int64_t n, uint64_t key)
{
    uint32_t at = (uint32_t)key, h, bits;
    int64_t i;
    for (i = 0; i < n; i++, at += 0x9E3779B9u) {
        h = (at ^ at >> 16) * 0x85EBCA6Bu;
        h = (h ^ h >> 13 ^ (uint32_t)(key >> 32)) * 0xC2B2AE35u;
        bits = bert__float_to_bits(from[i]);
        to[i] = (bits & 0x7F800000u) == 0x7F800000u ? bert__bf16_of(from[i]) : (uint16_t)((bits + (h >> 16)) >> 16);
    }
}
/* pass 0: squares of gradients; 1 and 2: the passes of an update */
BERT__FN void bert__update_task(void *arg, int64_t index)
{
    const bert__update_job *job = (const bert__update_job *)arg;
    bert_trainer *t = job->t;
    int64_t at, n, i, k;
    const bert_trained *p = bert__block_of(t, index, &at, &n);
    double *sums = t->sums + 2 * index, scale = job->scale;
    float ratio, first[BERT__SLOT_RUN], second[BERT__SLOT_RUN];
    bert__update u;
    sums[0] = sums[1] = 0;
    if (!p->learns) return;
    if (job->pass == 0) { sums[0] = t->learner->squares(p->gradient + at, n); return; }
    if (t->desc.optimizer.clip == BERT_CLIP_EACH) scale *= bert__clip_scale(&t->desc.optimizer, t->norms[p - t->parameters]);
    u = bert__update_of(&t->desc.optimizer, job->rate * p->rate, t->steps, scale, p->decay);
    ratio = bert__is_lamb(u.kind) ? (float)t->norms[p - t->parameters] : 1.0f;
    if (!p->small_first) {
        t->learner->update(&u, job->pass, ratio, p->weight + at, p->gradient + at, p->first ? p->first + at : NULL, p->second ? p->second + at : NULL, n, sums);
        return;
    }
    for (i = at; i < at + n; i += k) {
        const uint64_t key = bert__mix_in(bert__mix_in(bert__mix_in(t->desc.seed, (uint64_t)t->steps), (uint64_t)(p - t->parameters)), (uint64_t)i);
        k = bert__least(BERT__SLOT_RUN, at + n - i);
        bert__slot_read(p->small_first + i, first, k);
        if (p->small_second) bert__slot_read(p->small_second + i, second, k);
        t->learner->update(&u, job->pass, ratio, p->weight + i, p->gradient + i, first, p->small_second ? second : NULL, k, sums);
        if (bert__is_lamb(u.kind) && job->pass == 2) continue;
        bert__slot_write(first, p->small_first + i, k, key);
        if (p->small_second) bert__slot_write(second, p->small_second + i, k, ~key);
    }
}
/* Of dynamic loss scaling: skipped steps add up until the factor changes, they need not follow each other; good ones must. */
BERT__FN void bert__scale_shrinks(bert_trainer *t)
{
    const bert_loss_scale *s = &t->desc.loss_scale;
    t->skipped++;
    t->good = 0;
    if (++t->bad < s->decrease) return;
    t->bad = 0;
    t->loss_scale = t->loss_scale / 2 > s->floor ? t->loss_scale / 2 : s->floor;
}
BERT__FN void bert__scale_grows(bert_trainer *t)
{
    if (t->desc.loss_scale.growth < 0 || ++t->good < t->desc.loss_scale.growth) return;
    t->good = t->bad = 0;
    if (t->loss_scale < (double)FLT_MAX / 2) t->loss_scale *= 2;
}
BERT_API bert_status bert_trainer_update(bert_trainer *trainer, bert_progress *out, bert_error *error)
{
    bert_trainer *t = trainer;
    bert_optimizer *o;
    bert__update_job job;
    bert_progress p;
    double sum = 0, norm;
    int64_t i, b;
    if (!t) return BERT_ERROR_ARGUMENT;
    o = &t->desc.optimizer;
    if (o->clip == BERT_CLIP_TF1_ROWS && t->desc.learn & BERT_LEARN_WORDS && !t->untied && t->parts > 1)
        return bert__fail(error, BERT_ERROR_UNSUPPORTED, NULL, -1, "the norm of TF1_ROWS is known only for a batch computed at once, this one had %lld parts: raise max_tokens, or clip by the global norm", (long long)t->parts);
    if (t->comm.size > 1 && !t->whole) return bert__bad_argument(error, "an update with several workers comes after a part without `more`");
    memset(&job, 0, sizeof job);
    job.t = t;
    job.rate = bert_schedule_rate(&t->desc.schedule, t->steps);
    if (t->state) {                                                     /* all of the update, if the gradients are finite */
        const bert_status st = t->device.trainer_update(t->state, t->steps, job.rate, t->loss_scale, out || t->desc.loss_scale.start > 0 ? &sum : NULL, error);
        if (st != BERT_OK) return st;
        sum = sum * sum * t->loss_scale * t->loss_scale;
    } else t->parallel.run(t->parallel.user, t->value_room, bert__update_task, &job);
    for (i = 0; i < t->count && !t->state; i++) {
        double squares = 0;
        for (b = t->block[i]; b < t->block[i + 1]; b++) squares += t->sums[2 * b];
        t->norms[i] = sqrt(squares) / t->loss_scale;
        if (t->parameters + i == t->words && t->words->learns
            && (o->clip == BERT_CLIP_TF1_ROWS || (o->clip == BERT_CLIP_ROWS && (t->untied || !(t->desc.learn & BERT_LEARN_WORDS))))) squares = t->row_squares;
        sum += squares;
    }
    norm = sqrt(sum) / t->loss_scale;
    memset(&p, 0, sizeof p);
    if (out) p = *out;
    p.norm = norm;
    p.rate = job.rate;
    p.loss_scale = t->loss_scale;
    p.skipped = !bert__finite(norm);
    if (p.skipped) {
        if (!(t->desc.loss_scale.start > 0) || t->loss_scale <= t->desc.loss_scale.floor) {
            const bert_status st = bert__trainer_move(t, 1, error);
            return st == BERT_OK ? bert__fail_not_finite(t, "the norm of the gradients", 0, error) : st;
        }
        bert__scale_shrinks(t);
        p.step = t->steps;
        p.skipped_steps = t->skipped;
        if (out) *out = p;
        return BERT_OK;
    }
    job.scale = (o->clip == BERT_CLIP_EACH ? 1 : bert__clip_scale(o, norm)) / t->loss_scale;
    if (bert__is_lamb(o->kind) && !t->state) {
        job.pass = 1;
        t->parallel.run(t->parallel.user, t->value_room, bert__update_task, &job);
        for (i = 0; i < t->count; i++) {
            const bert__update u = bert__update_of(o, 0, t->steps, 1, 0);
            double sums[2] = { 0, 0 };
            for (b = t->block[i]; b < t->block[i + 1]; b++) { sums[0] += t->sums[2 * b]; sums[1] += t->sums[2 * b + 1]; }
            t->parameters[i].trust = t->norms[i] = bert__trust_ratio(&u, sums);
        }
    }
    job.pass = 2;
    if (!t->state) t->parallel.run(t->parallel.user, t->value_room, bert__update_task, &job);
    t->steps++;
    if (t->desc.loss_scale.start > 0) bert__scale_grows(t);
    p.step = t->steps;
    p.skipped_steps = t->skipped;
    if (out) *out = p;
    return BERT_OK;
}
BERT_API bert_status bert_trainer_step(bert_trainer *trainer, const bert_batch *batch, const bert_targets *labels, bert_progress *out, bert_error *error)
{
    bert_progress p;
    const int wait = out || !trainer || !trainer->state;                /* a device need not be waited for */
    bert_status st = bert_trainer_gradients(trainer, batch, labels, wait ? &p : NULL, error);
    if (st == BERT_OK) st = bert_trainer_update(trainer, wait ? &p : NULL, error);
    if (st == BERT_OK && out) *out = p;
    return st;
}

/* ---- saving and resuming ---- */

/* The tensor trainer_state [BERT__STATE] that stands beside the slots: version, then the members of bert_saved and the counts of loss
   scaling. Numbers that are not whole stand there by their bits. */
enum { BERT__STATE_SEED = 1, BERT__STATE_TOKENS, BERT__STATE_SCALE, BERT__STATE_GOOD, BERT__STATE_BAD, BERT__STATE_SKIPPED, BERT__STATE_DECAY, BERT__STATE_CONTINUOUS, BERT__STATE_SCHEDULE, BERT__STATE_CURSOR = 16, BERT__STATE = BERT__STATE_CURSOR + BERT_CURSOR };
BERT__FN int64_t bert__bits_of_double(double v)
{
    int64_t bits;
    memcpy(&bits, &v, sizeof bits);
    return bits;
}
BERT__FN double bert__double_of_bits(int64_t bits)
{
    double v;
    memcpy(&v, &bits, sizeof v);
    return v;
}
BERT__FN void bert__state_write(const bert_trainer *t, int64_t *s)
{
    const bert_schedule *c = &t->desc.schedule;
    memset(s, 0, BERT__STATE * sizeof *s);
    s[0] = 1;
    s[BERT__STATE_SEED] = (int64_t)t->desc.seed;
    s[BERT__STATE_TOKENS] = t->part_tokens;
    s[BERT__STATE_SCALE] = bert__bits_of_double(t->desc.loss_scale.start > 0 ? t->loss_scale : 0);
    s[BERT__STATE_GOOD] = t->good;
    s[BERT__STATE_BAD] = t->bad;
    s[BERT__STATE_SKIPPED] = t->skipped;
    s[BERT__STATE_DECAY] = c->decay;
    s[BERT__STATE_CONTINUOUS] = c->continuous;
    s[BERT__STATE_SCHEDULE] = bert__bits_of_double(c->rate);
    s[BERT__STATE_SCHEDULE + 1] = bert__bits_of_double(c->steps);
    s[BERT__STATE_SCHEDULE + 2] = bert__bits_of_double(c->warmup);
    s[BERT__STATE_SCHEDULE + 3] = bert__bits_of_double(c->power);
    s[BERT__STATE_SCHEDULE + 4] = bert__bits_of_double(c->end_rate);
    memcpy(s + BERT__STATE_CURSOR, t->cursor, sizeof t->cursor);
}
/* Step and state of a checkpoint; s[0] becomes 0 where it has no state of ours. */
BERT__FN bert_status bert__state_read(const bert_checkpoint *c, const char *path, int64_t *step, int64_t *s, bert_error *error)
{
    const bert_tensor *tensor = bert_checkpoint_find(c, "global_step");
    bert_status st;
    memset(s, 0, BERT__STATE * sizeof *s);
    if (!tensor) return bert__fail_tensor(error, BERT_ERROR_MISMATCH, path, -1, "global_step", "is missing: this checkpoint holds no state of a training");
    if (tensor->count != 1) return bert__fail_tensor(error, BERT_ERROR_FORMAT, path, -1, "global_step", "is not one number");
    if ((st = bert_tensor_read(tensor, BERT_I64, step, 1, error)) != BERT_OK) return st;
    if (*step < 0) return bert__fail_tensor(error, BERT_ERROR_FORMAT, path, -1, "global_step", "is %lld", (long long)*step);
    if ((tensor = bert_checkpoint_find(c, "trainer_state")) == NULL) return BERT_OK;
    if (tensor->count != BERT__STATE) return bert__fail_tensor(error, BERT_ERROR_FORMAT, path, -1, "trainer_state", "has %lld numbers, not %d", (long long)tensor->count, (int)BERT__STATE);
    if ((st = bert_tensor_read(tensor, BERT_I64, s, BERT__STATE, error)) != BERT_OK) return st;
    if (s[0] != 1) return bert__fail_tensor(error, BERT_ERROR_UNSUPPORTED, path, -1, "trainer_state", "is of version %lld; this program knows 1", (long long)s[0]);
    if (s[BERT__STATE_TOKENS] < 1 || s[BERT__STATE_GOOD] < 0 || s[BERT__STATE_BAD] < 0 || s[BERT__STATE_SKIPPED] < 0 || s[BERT__STATE_DECAY] < 0 || s[BERT__STATE_DECAY] > BERT_DECAY_CONSTANT
        || !(bert__double_of_bits(s[BERT__STATE_SCALE]) >= 0) || !bert__finite(bert__double_of_bits(s[BERT__STATE_SCALE])))
        return bert__fail_tensor(error, BERT_ERROR_FORMAT, path, -1, "trainer_state", "holds numbers that no trainer writes");
    return BERT_OK;
}
BERT_API bert_status bert_saved_read(const char *path, const bert_allocator *allocator, bert_saved *out, bert_error *error)
{
    bert_checkpoint_desc cd;
    bert_checkpoint *c;
    bert_status st;
    int64_t s[BERT__STATE], step = 0;
    if (!path || !out) return bert__bad_argument(error, "bert_saved_read needs a path and a place for the answer");
    memset(&cd, 0, sizeof cd);
    cd.path = path;
    cd.allocator = bert__allocator(allocator);
    cd.error = error;
    if ((st = bert_checkpoint_open(&cd, &c)) != BERT_OK) return st;
    st = bert__state_read(c, path, &step, s, error);
    bert_checkpoint_close(c);
    if (st != BERT_OK) return st;
    memset(out, 0, sizeof *out);
    out->step = step;
    out->complete = s[0] != 0;
    out->seed = (uint64_t)s[BERT__STATE_SEED];
    out->max_tokens = s[BERT__STATE_TOKENS];
    out->loss_scale = bert__double_of_bits(s[BERT__STATE_SCALE]);
    out->skipped_steps = s[BERT__STATE_SKIPPED];
    out->schedule.decay = (bert_decay)s[BERT__STATE_DECAY];
    out->schedule.continuous = s[BERT__STATE_CONTINUOUS] != 0;
    out->schedule.rate = bert__double_of_bits(s[BERT__STATE_SCHEDULE]);
    out->schedule.steps = bert__double_of_bits(s[BERT__STATE_SCHEDULE + 1]);
    out->schedule.warmup = bert__double_of_bits(s[BERT__STATE_SCHEDULE + 2]);
    out->schedule.power = bert__double_of_bits(s[BERT__STATE_SCHEDULE + 3]);
    out->schedule.end_rate = bert__double_of_bits(s[BERT__STATE_SCHEDULE + 4]);
    memcpy(out->cursor, s + BERT__STATE_CURSOR, sizeof out->cursor);
    return BERT_OK;
}

/* Which of bert__slots a slot of this optimizer is. */
BERT__FN int bert__slot_name(const bert_trainer *t, int slot)
{
    return slot + (t->desc.optimizer.kind == BERT_OPTIMIZER_LAMB_NEZHA ? 2 : 0);   /* NVIDIA's LAMB calls them adam's too */
}
BERT_API bert_status bert_trainer_save(bert_trainer *trainer, const char *path, bert_format format, int32_t state, const char *const *metadata, bert_error *error)
{
    bert_trainer *t = trainer;
    bert__arena arena;
    bert_write_desc w;
    bert_output *outputs;
    bert_status st = BERT_OK;
    size_t n = 0;
    int64_t i, *steps;
    int slot, tf;
    if (!t || !path) return bert__bad_argument(error, "bert_trainer_save needs a trainer and a path");
    if (t->comm.size > 1 && t->comm.rank) return BERT_OK;
    if ((st = bert__trainer_move(t, 1, error)) != BERT_OK) return st;
    memset(&w, 0, sizeof w);
    w.path = path;
    w.format = format;
    if (!format) {                                                      /* as bert_checkpoint_write tells it */
        const size_t size = strlen(path);
        w.format = size > 12 && strcmp(path + size - 12, ".safetensors") == 0 ? BERT_FORMAT_SAFETENSORS
            : (size > 4 && strcmp(path + size - 4, ".bin") == 0) || (size > 3 && strcmp(path + size - 3, ".pt") == 0) ? BERT_FORMAT_PYTORCH : BERT_FORMAT_TF;
    }
    tf = w.format == BERT_FORMAT_TF;
    bert__arena_init(&arena, &t->desc.allocator, 1 << 16);
    outputs = (bert_output *)bert__arena_array(&arena, (size_t)t->count * 3 + 2, sizeof *outputs);
    steps = (int64_t *)bert__arena_array(&arena, 2 + BERT__STATE, sizeof *steps);
    if (!outputs || !steps) st = BERT_ERROR_MEMORY;
    for (i = 0; i < t->count && st == BERT_OK; i++) {
        const bert_trained *p = t->parameters + i;
        for (slot = 0; slot < 3 && st == BERT_OK; slot++) {
            const uint16_t *halves = slot == 0 ? NULL : slot == 1 ? p->small_first : p->small_second;
            const void *values = halves ? (const void *)halves : slot == 0 ? p->weight : slot == 1 ? p->first : p->second;
            bert_output *o = outputs + n;
            int64_t *shape = (int64_t *)bert__arena_get(&arena, 2 * sizeof *shape);
            char *name = (char *)bert__arena_get(&arena, 192);
            if (!values || (slot && (!state || !p->learns))) continue;
            if (!shape || !name) { st = BERT_ERROR_MEMORY; break; }
            bert__format(name, 192, "%s%s", tf ? p->google : p->name, slot ? bert__slots[bert__slot_name(t, slot)] : "");
            shape[0] = p->shape[0];
            shape[1] = p->shape[1];
            memset(o, 0, sizeof *o);
            o->name = name;
            o->data = values;
            o->shape = shape;
            if ((tf && p->matrix) || halves) {                           /* [in, out] there; always float32 */
                bert_tensor whole, *view = (bert_tensor *)bert__arena_get(&arena, sizeof *view);
                int64_t *room = (int64_t *)bert__arena_array(&arena, 4, sizeof *room);
                if (!view || !room) { st = BERT_ERROR_MEMORY; break; }
                memset(&whole, 0, sizeof whole);
                whole.data = (const unsigned char *)values;
                whole.shape = shape;
                whole.rank = p->rank;
                whole.count = p->count;
                whole.dtype = halves ? BERT_BF16 : BERT_F32;
                whole.big_endian = bert__machine_is_big();
                *view = tf && p->matrix ? bert_tensor_transposed(&whole, room) : whole;
                o->from = view;
                o->shape = view->shape;
            }
            o->rank = p->rank;
            o->dtype = BERT_F32;
            n++;
        }
    }
    if (st == BERT_OK && state) {
        steps[0] = t->steps;
        steps[1] = BERT__STATE;
        bert__state_write(t, steps + 2);
        memset(outputs + n, 0, 2 * sizeof *outputs);
        outputs[n].name = "global_step";
        outputs[n].data = steps;
        outputs[n].shape = steps;                                       /* rank 0: not read */
        outputs[n + 1].name = "trainer_state";
        outputs[n + 1].data = steps + 2;
        outputs[n + 1].shape = steps + 1;
        outputs[n + 1].rank = 1;
        outputs[n].dtype = outputs[n + 1].dtype = BERT_I64;
        n += 2;
    }
    if (st != BERT_OK) bert__fail(error, st, path, -1, "out of memory: the names of %lld parameters", (long long)t->count);
    else {
        w.tensors = outputs;
        w.count = n;
        w.metadata = w.format == BERT_FORMAT_SAFETENSORS ? metadata : NULL;
        w.newest = 1;
        w.allocator = t->desc.allocator;
        w.error = error;
        st = bert_checkpoint_write(&w);
    }
    bert__arena_free(&arena);
    return st;
}

/* Values of one tensor of a checkpoint into a parameter's place, one of these two. */
BERT__FN bert_status bert__resume_values(const bert_trained *p, const bert_tensor *tensor, int transposed, float *to, uint16_t *halves, const char *path, bert_error *e)
{
    bert_tensor turned = *tensor;
    int64_t room[4];
    bert_parameter q;
    int32_t k;
    memset(&q, 0, sizeof q);
    q.tensor = tensor;
    q.transposed = transposed;
    q.rank = p->rank;
    q.shape[0] = p->shape[0];
    q.shape[1] = p->shape[1];
    for (k = 0; k < p->rank; k++)
        if (tensor->rank != p->rank || bert__stored(tensor, transposed, k) != p->shape[k])
            return bert__fail_tensor(e, BERT_ERROR_MISMATCH, path, -1, tensor->name, "is not of the shape of %s in this trainer", p->name);
    if (to) return bert_parameter_read(&q, to, p->count, e);
    if (transposed) turned = bert_tensor_transposed(tensor, room);
    return bert_tensor_read(&turned, BERT_BF16, halves, p->count, e);
}
BERT_API bert_status bert_trainer_resume(bert_trainer *trainer, const char *path, bert_error *error)
{
    bert_trainer *t = trainer;
    bert_checkpoint_desc cd;
    bert_checkpoint *c;
    const bert_tensor *tensor;
    bert_status st;
    int64_t i, step = 0, s[BERT__STATE];
    int slot;
    if (!t || !path) return bert__bad_argument(error, "bert_trainer_resume needs a trainer and a path");
    memset(&cd, 0, sizeof cd);
    cd.path = path;
    cd.allocator = t->desc.allocator;
    cd.error = error;
    if ((st = bert_checkpoint_open(&cd, &c)) != BERT_OK) return st;
    for (i = 0; i < t->count; i++) t->norms[i] = 0;                     /* as bits: which of weight and slots have been there */
    for (i = 0; i < bert_checkpoint_count(c) && st == BERT_OK; i++) {
        bert_tensor_role role;
        const bert_trained *p;
        tensor = bert_checkpoint_tensor(c, i);
        if (!bert_tensor_recognise(tensor->name, &role)) continue;
        role.name[strlen(role.name) - strlen(bert__slots[role.slot])] = 0;
        p = bert_trainer_find(t, role.name);
        for (slot = role.slot ? (role.slot - 1) % 2 + 1 : 0; p && slot >= 0; slot = -1) {
            float *to = slot == 0 ? p->weight : slot == 1 ? p->first : p->second;
            uint16_t *halves = slot == 0 ? NULL : slot == 1 ? p->small_first : p->small_second;
            if ((!to && !halves) || (slot && role.slot != bert__slot_name(t, slot))) break;
            st = bert__resume_values(p, tensor, role.source == BERT_SOURCE_GOOGLE && role.matrix, to, halves, path, error);
            t->norms[p - t->parameters] += 1 << slot;
        }
    }
    for (i = 0; i < t->count && st == BERT_OK; i++) {
        const bert_trained *p = t->parameters + i;
        const int have = (int)t->norms[i];
        if (!(have & 1)) st = bert__fail_tensor(error, BERT_ERROR_MISMATCH, path, -1, p->name, "is missing");
        else if (p->learns && (((p->first || p->small_first) && !(have & 2)) || ((p->second || p->small_second) && !(have & 4))))
            st = bert__fail_tensor(error, BERT_ERROR_MISMATCH, path, -1, p->name, "has no %s here: this checkpoint was not saved with this optimizer's state", bert__slots[bert__slot_name(t, have & 2 ? 2 : 1)]);
    }
    if (st == BERT_OK) st = bert__state_read(c, path, &step, s, error);
    bert_checkpoint_close(c);
    if (st == BERT_OK) st = bert__trainer_move(t, 0, error);
    if (st != BERT_OK) return st;
    t->steps = step;
    if (!s[0]) return BERT_OK;
    t->desc.seed = (uint64_t)s[BERT__STATE_SEED];
    t->part_tokens = bert__least(s[BERT__STATE_TOKENS], t->desc.max_tokens);
    if (t->desc.loss_scale.start > 0 && bert__double_of_bits(s[BERT__STATE_SCALE]) > 0) {
        t->loss_scale = bert__double_of_bits(s[BERT__STATE_SCALE]);
        t->good = s[BERT__STATE_GOOD];
        t->bad = s[BERT__STATE_BAD];
    }
    t->skipped = s[BERT__STATE_SKIPPED];
    memcpy(t->cursor, s + BERT__STATE_CURSOR, sizeof t->cursor);
    return BERT_OK;
}
/* ============================================================================================================
   >>comm
   Purpose   several workers, by MPI: a bert_comm on its collectives.
   Uses      mpi.h; only where BERT_USE_MPI is defined.
   Promises  one thread calls MPI, the one that calls the trainer. Waiting ends with an error after the timeout; worker 0 then knows
             who did not come.
   ============================================================================================================ */
#ifdef BERT_USE_MPI

#ifdef _WIN32
#define BERT__MPI_YIELD() Sleep(0)
#else
#include <sched.h>
#define BERT__MPI_YIELD() sched_yield()
#endif
#define BERT__MPI_AT_ONCE 256                   /* sums under way */
#define BERT__MPI_MOST (1 << 28)                /* numbers in one: MPI counts in int */
typedef struct bert__mpi_sum { float *values; uint16_t *wire; int64_t count; } bert__mpi_sum;
struct bert_mpi {
    bert_allocator allocator;
    MPI_Comm comm;
    MPI_Datatype bf16;                  /* MPI_DATATYPE_NULL: none */
    MPI_Op add;
    int32_t rank, size;
    double timeout;
    int pending;
    MPI_Request requests[BERT__MPI_AT_ONCE];
    bert__mpi_sum sums[BERT__MPI_AT_ONCE];
    MPI_Request *arrivals;              /* [size] of worker 0: who has come to a collective */
};

BERT__FN bert_status bert__mpi_failed(int code, const char *what, bert_error *error)
{
    char text[MPI_MAX_ERROR_STRING + 1];
    int n = 0;
    if (code == MPI_SUCCESS) return BERT_OK;
    MPI_Error_string(code, text, &n);
    text[n] = 0;
    return bert__fail(error, BERT_ERROR_IO, NULL, -1, "MPI: %s: %s", what, text);
}
/* inout = in + inout, numbers of bf16 */
static void bert__mpi_add(void *in, void *inout, int *n, MPI_Datatype *type)
{
    const uint16_t *a = (const uint16_t *)in;
    uint16_t *b = (uint16_t *)inout;
    int i;
    (void)type;
    for (i = 0; i < *n; i++) b[i] = bert__bf16_of(bert__of_bf16(a[i]) + bert__of_bf16(b[i]));
}
/* Waits until all of these are done, politely: there may be more workers than cores. */
BERT__FN bert_status bert__mpi_wait(bert_mpi *m, MPI_Request *requests, int n, const char *for_what, bert_error *error)
{
    const double began = MPI_Wtime();
    double now;
    bert_status st;
    int done = 0, tries = 0;
    for (;;) {
        if ((st = bert__mpi_failed(MPI_Testall(n, requests, &done, MPI_STATUSES_IGNORE), for_what, error)) != BERT_OK || done) return st;
        if (++tries < 200) continue;
        now = MPI_Wtime();
        if (m->timeout > 0 && now - began > m->timeout) return bert__fail(error, BERT_ERROR_STOPPED, NULL, -1, "worker %d waited %d seconds for others (%s)", (int)m->rank, (int)m->timeout, for_what);
        if (now - began > 1e-3) BERT__MPI_YIELD();
    }
}
/* Worker 0 sees all others come: so it can name who does not. */
BERT__FN bert_status bert__mpi_meet(bert_mpi *m, bert_error *error)
{
    char nothing = 0, missing[256];
    size_t at = 0;
    bert_status st = BERT_OK;
    int k, done, n = 0;
    if (m->rank) return bert__mpi_failed(MPI_Send(&nothing, 0, MPI_CHAR, 0, 17, m->comm), "telling worker 0", error);
    for (k = 1; k < m->size && st == BERT_OK; k++) st = bert__mpi_failed(MPI_Irecv(&nothing, 0, MPI_CHAR, k, 17, m->comm, m->arrivals + k), "hearing from workers", error);
    if (st == BERT_OK && (st = bert__mpi_wait(m, m->arrivals + 1, m->size - 1, "to come to an exchange", error)) != BERT_ERROR_STOPPED) return st;
    for (missing[0] = 0, k = 1; k < m->size; k++) {
        if (MPI_Test(m->arrivals + k, &done, MPI_STATUS_IGNORE) == MPI_SUCCESS && done) continue;
        if (n++ < 20) at += bert__format(missing + at, sizeof missing - at, " %d", k);
    }
    return st == BERT_ERROR_STOPPED ? bert__fail(error, st, NULL, -1, "no word for %d seconds from %d of %d workers:%s%s", (int)m->timeout, n, (int)m->size, missing, n > 20 ? " ..." : "") : st;
}
BERT__FN bert_status bert__mpi_all_reduce(void *user, float *values, int64_t count, bert_error *error)
{
    bert_mpi *m = (bert_mpi *)user;
    MPI_Request r;
    bert_status st = bert__mpi_meet(m, error);
    int64_t at, n;
    for (at = 0; at < count && st == BERT_OK; at += n) {
        n = count - at < BERT__MPI_MOST ? count - at : BERT__MPI_MOST;
        st = bert__mpi_failed(MPI_Iallreduce(MPI_IN_PLACE, values + at, (int)n, MPI_FLOAT, MPI_SUM, m->comm, &r), "a sum", error);
        if (st == BERT_OK) st = bert__mpi_wait(m, &r, 1, "a sum", error);
    }
    return st;
}
BERT__FN bert_status bert__mpi_broadcast(void *user, void *data, size_t size, int32_t root, bert_error *error)
{
    bert_mpi *m = (bert_mpi *)user;
    MPI_Request r;
    bert_status st = bert__mpi_meet(m, error);
    size_t at, n;
    for (at = 0; at < size && st == BERT_OK; at += n) {
        n = size - at < BERT__MPI_MOST ? size - at : BERT__MPI_MOST;
        st = bert__mpi_failed(MPI_Ibcast((char *)data + at, (int)n, MPI_BYTE, root, m->comm, &r), "a broadcast", error);
        if (st == BERT_OK) st = bert__mpi_wait(m, &r, 1, "a broadcast", error);
    }
    return st;
}
BERT__FN bert_status bert__mpi_finish(void *user, bert_error *error)
{
    bert_mpi *m = (bert_mpi *)user;
    const bert_status st = m->pending ? bert__mpi_wait(m, m->requests, m->pending, "sums of gradients", error) : BERT_OK;
    int64_t i;
    int k;
    for (k = 0; k < m->pending; k++) {
        bert__mpi_sum *s = m->sums + k;
        if (!s->wire) continue;
        for (i = 0; st == BERT_OK && i < s->count; i++) s->values[i] = bert__of_bf16(s->wire[i]);
        if (st == BERT_OK) bert__free(&m->allocator, s->wire);          /* else MPI may still write there */
    }
    m->pending = 0;
    return st;
}
BERT__FN bert_status bert__mpi_start(void *user, float *values, int64_t count, bert_error *error)
{
    bert_mpi *m = (bert_mpi *)user;
    bert_status st = BERT_OK;
    int64_t at, i;
    for (at = 0; at < count && st == BERT_OK; ) {
        bert__mpi_sum s;
        memset(&s, 0, sizeof s);
        s.values = values + at;
        s.count = count - at < BERT__MPI_MOST ? count - at : BERT__MPI_MOST;
        if (m->pending == BERT__MPI_AT_ONCE && (st = bert__mpi_finish(m, error)) != BERT_OK) return st;
        if (m->bf16 != MPI_DATATYPE_NULL) {
            if ((s.wire = (uint16_t *)bert__alloc(&m->allocator, (size_t)s.count * sizeof *s.wire)) == NULL)
                return bert__fail(error, BERT_ERROR_MEMORY, NULL, -1, "out of memory: %lld gradients as bf16", (long long)s.count);
            for (i = 0; i < s.count; i++) s.wire[i] = bert__bf16_of(s.values[i]);
            st = bert__mpi_failed(MPI_Iallreduce(MPI_IN_PLACE, s.wire, (int)s.count, m->bf16, m->add, m->comm, m->requests + m->pending), "a sum of gradients", error);
        } else st = bert__mpi_failed(MPI_Iallreduce(MPI_IN_PLACE, s.values, (int)s.count, MPI_FLOAT, MPI_SUM, m->comm, m->requests + m->pending), "a sum of gradients", error);
        if (st == BERT_OK) m->sums[m->pending++] = s;
        else bert__free(&m->allocator, s.wire);
        at += s.count;
    }
    return st;
}
/* MPI moves data along while it is called. */
BERT__FN void bert__mpi_progress(void *user)
{
    bert_mpi *m = (bert_mpi *)user;
    int done;
    if (m->pending) MPI_Testall(m->pending, m->requests, &done, MPI_STATUSES_IGNORE);
}
BERT_API bert_status bert_mpi_open(const bert_mpi_desc *desc, bert_mpi **out)
{
    bert_mpi_desc d;
    bert_allocator a;
    bert_mpi *m;
    bert_status st;
    int on = 0, rank = 0, size = 1, code;
    if (!out) return BERT_ERROR_ARGUMENT;
    memset(&d, 0, sizeof d);
    if (desc) d = *desc;
    if (MPI_Initialized(&on) != MPI_SUCCESS || !on) return bert__bad_argument(d.error, "bert_mpi_open comes after MPI_Init");
    a = bert__allocator(&d.allocator);
    MPI_Comm_size(d.comm ? *d.comm : MPI_COMM_WORLD, &size);
    m = (bert_mpi *)bert__alloc(&a, sizeof *m + (size_t)size * sizeof(MPI_Request));
    if (!m) return bert__fail(d.error, BERT_ERROR_MEMORY, NULL, -1, "out of memory");
    memset(m, 0, sizeof *m);
    m->allocator = a;
    m->arrivals = (MPI_Request *)(void *)(m + 1);
    m->timeout = d.timeout < 0 ? 0 : d.timeout > 0 ? d.timeout : 600;
    m->bf16 = MPI_DATATYPE_NULL;
    m->add = MPI_OP_NULL;
    if ((st = bert__mpi_failed(MPI_Comm_dup(d.comm ? *d.comm : MPI_COMM_WORLD, &m->comm), "copying the communicator", d.error)) != BERT_OK) {
        bert__free(&a, m);
        return st;
    }
    MPI_Comm_set_errhandler(m->comm, MPI_ERRORS_RETURN);
    MPI_Comm_rank(m->comm, &rank);
    m->rank = rank;
    m->size = size;
    if (d.bf16) {
        code = MPI_Type_contiguous(2, MPI_BYTE, &m->bf16);
        if (code == MPI_SUCCESS) code = MPI_Type_commit(&m->bf16);
        if (code == MPI_SUCCESS) code = MPI_Op_create(bert__mpi_add, 1, &m->add);
        if ((st = bert__mpi_failed(code, "a type for bf16", d.error)) != BERT_OK) { bert_mpi_close(m); return st; }
    }
    *out = m;
    return BERT_OK;
}
BERT_API void bert_mpi_close(bert_mpi *mpi)
{
    bert_allocator a;
    int over = 0;
    if (!mpi) return;
    a = mpi->allocator;
    MPI_Finalized(&over);
    if (!over) {
        if (mpi->add != MPI_OP_NULL) MPI_Op_free(&mpi->add);
        if (mpi->bf16 != MPI_DATATYPE_NULL) MPI_Type_free(&mpi->bf16);
        MPI_Comm_free(&mpi->comm);
    }
    bert__free(&a, mpi);
}
BERT_API bert_comm bert_mpi_comm(bert_mpi *mpi)
{
    bert_comm c;
    memset(&c, 0, sizeof c);
    c.rank = mpi->rank;
    c.size = mpi->size;
    c.all_reduce = bert__mpi_all_reduce;
    c.broadcast = bert__mpi_broadcast;
    c.start = bert__mpi_start;
    c.wait = bert__mpi_finish;
    c.progress = bert__mpi_progress;
    c.user = mpi;
    return c;
}
#endif /* BERT_USE_MPI */
#endif /* BERT_NO_TRAIN */

/* ============================================================================================================
   >>plan
   Purpose   bytes beforehand.
   Uses      the layouts of >>packed and >>session: the same code that places things measures them.
   Promises  exact: what the allocator is then asked for.
   ============================================================================================================ */

BERT_API bert_status bert_plan_memory(const bert_plan_desc *desc, bert_plan *out, bert_error *error)
{
    const bert_plan_desc *d = desc;
    const bert_config *c;
    bert_config config;
    const bert__kernels *kernels;
    bert__layout l;
    bert_packed packed;
    bert_session session;
    bert_plan plan;
    bert_status st;
    uint32_t heads;
    int64_t tokens;
    int32_t threads;
    int row, k;
    if (!d || !out || (!d->config && !d->model)) return bert__bad_argument(error, "bert_plan_memory needs a config or a model");
    if (d->threads < 0 || d->threads > 1024) return bert__bad_argument(error, "threads goes from 0 (one a core) to 1024");
    config = d->config ? *d->config : *bert_model_config(d->model);
    heads = d->config ? d->heads : bert_model_heads(d->model);
    c = &config;
    if ((st = bert_config_check(c, "config", error)) != BERT_OK) return st;
    if (!config.labels) config.labels = 2;
    if ((st = bert__choose_kernels(d->precision, d->isa, &kernels, error)) != BERT_OK) return st;
    tokens = bert__tokens_resolved(d->max_tokens, c);
    if ((st = bert__check_tokens(tokens, c, error)) != BERT_OK) return st;
    threads = d->threads ? d->threads : bert__cores();
    memset(&plan, 0, sizeof plan);
    memset(&packed, 0, sizeof packed);
    memset(&session, 0, sizeof session);
    for (row = 0; row < BERT__ROW_DECODER; row++) {
        size_t n = sizeof(float);
        if ((bert__rows[row].head & ~heads) || (row == BERT__ROW_POSITIONS && c->max_relative_position)) continue;
        for (k = 0; bert__rows[row].dims[k]; k++) n = bert__mul(n, (size_t)(bert__rows[row].dims[k] == 'N' ? c->labels : bert__dimension(c, bert__rows[row].dims[k])));
        plan.weights = bert__add(plan.weights, bert__mul(n, bert__in_layer(row) ? (size_t)c->layers : 1));
    }
    packed.kernels = kernels;
    memset(&l, 0, sizeof l);
    bert__lay(&l, 1, sizeof packed);
    bert__packed_layout(&l, &packed, c, heads, NULL);
    plan.packed = bert__block_bytes(l.size);
    memset(&l, 0, sizeof l);
    bert__lay(&l, 1, sizeof session);
    bert__session_layout(&l, &session, c, kernels, tokens, threads);
    plan.session = bert__block_bytes(l.size);
    plan.pool = d->lent_threads || threads == 1 ? 0 : bert__pool_bytes(threads);
    plan.total = bert__add(bert__add(plan.packed, plan.session), plan.pool);
    if (plan.total == SIZE_MAX) return bert__fail(error, BERT_ERROR_MEMORY, NULL, -1, "it takes more memory than there are addresses");
    *out = plan;
    return BERT_OK;
}
BERT_API int64_t bert_plan_largest(const bert_plan_desc *desc, size_t budget)
{
    bert_plan_desc d;
    bert_plan plan;
    int64_t low = 0, high = (int64_t)1 << 31;
    if (!desc) return 0;
    d = *desc;
    while (low < high) {                                                /* more tokens never take less */
        d.max_tokens = low + (high - low + 1) / 2;
        if (bert_plan_memory(&d, &plan, NULL) == BERT_OK && plan.total <= budget) low = d.max_tokens;
        else high = d.max_tokens - 1;
    }
    return low;
}

/* ============================================================================================================
   >>history
   0.1.0   2026-11-21  first version: checkpoints.
   ============================================================================================================ */

/* ============================================================================================================
   >>license
   MIT No Attribution (MIT-0) or the Unlicense, whichever you prefer. The texts are in the file LICENSE and at the end of
   bert_tokenizer.h, which this header always includes.
   ============================================================================================================ */

#endif /* BERT_IMPLEMENTATION */
