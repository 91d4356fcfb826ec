/* unit_refused.c - what is missing is said: every argument that must be there, NULL in turn
   SPDX-License-Identifier: MIT-0 OR Unlicense

   The others point to zeros, which are no object of any kind: a function that looks at them before it has looked for what is missing
   crashes here, and one that writes to them is found. */
#include "bert.h"
#include "test.h"

static union { double align[1024]; unsigned char bytes[8192]; } any;
static bert_error error;
#define ANY(type) ((type *)(void *)any.bytes)

static void refused(const char *call, bert_status st)
{
    size_t i;
    if (st != BERT_ERROR_ARGUMENT) TEST_FAIL("%s: status %d", call, (int)st);
    for (i = 0; i < sizeof any && any.bytes[i] == 0; i++) {}
    if (i < sizeof any) TEST_FAIL("%s writes to what it was lent, byte %d", call, (int)i);
    memset(&any, 0, sizeof any);
}
#define REFUSED(call) refused(#call, call)
/* And says something, in `error`. */
#define EXPLAINED(call) do { memset(&error, 0, sizeof error); refused(#call, call); if (!error.message[0]) TEST_FAIL("%s says nothing", #call); } while (0)

static void tokenizers(void)
{
    REFUSED(bert_tokenizer_open(NULL, ANY(bert_tokenizer *)));
    REFUSED(bert_tokenizer_open(ANY(bert_tokenizer_desc), NULL));
    REFUSED(bert_tokenizer_open(ANY(bert_tokenizer_desc), ANY(bert_tokenizer *)));       /* neither path nor data */
    REFUSED(bert_tokenizer_encode(NULL, "a", 1, ANY(bert_encoding)));
    REFUSED(bert_tokenizer_encode(ANY(bert_tokenizer), "a", 1, NULL));
    REFUSED(bert_tokenizer_encode(ANY(bert_tokenizer), NULL, 1, ANY(bert_encoding)));
    REFUSED(bert_tokenizer_encode_words(NULL, NULL, NULL, 0, ANY(bert_encoding)));
    REFUSED(bert_tokenizer_encode_words(ANY(bert_tokenizer), NULL, ANY(size_t), 1, ANY(bert_encoding)));
    REFUSED(bert_tokenizer_encode_words(ANY(bert_tokenizer), ANY(const char *), NULL, 1, ANY(bert_encoding)));
    REFUSED(bert_tokenizer_encode_words(ANY(bert_tokenizer), ANY(const char *), ANY(size_t), 1, NULL));
    REFUSED(bert_tokenizer_encode_pair(NULL, ANY(bert_pair_desc), "a", 1, "b", 1, ANY(bert_encoding)));
    REFUSED(bert_tokenizer_encode_pair(ANY(bert_tokenizer), ANY(bert_pair_desc), NULL, 1, "b", 1, ANY(bert_encoding)));
    REFUSED(bert_tokenizer_encode_pair(ANY(bert_tokenizer), ANY(bert_pair_desc), "a", 1, "b", 1, NULL));
    REFUSED(bert_stream_open(NULL, NULL, ANY(bert_stream *)));
    REFUSED(bert_stream_open(ANY(bert_tokenizer), NULL, NULL));
    REFUSED(bert_stream_feed(NULL, "a", 1, ANY(bert_encoding)));
    REFUSED(bert_stream_feed(ANY(bert_stream), "a", 1, NULL));
    REFUSED(bert_stream_feed(ANY(bert_stream), NULL, 1, ANY(bert_encoding)));
    REFUSED(bert_stream_finish(NULL, ANY(bert_encoding)));
    REFUSED(bert_stream_finish(ANY(bert_stream), NULL));
    REFUSED(bert_learner_open(NULL, ANY(bert_learner *)));
    REFUSED(bert_learner_open(ANY(bert_learn_desc), NULL));
    REFUSED(bert_learner_add(NULL, "a", 1));
    REFUSED(bert_learner_add(ANY(bert_learner), NULL, 1));
    EXPLAINED(bert_file_open(NULL, NULL, ANY(bert_file), &error));
    EXPLAINED(bert_file_open("a", NULL, NULL, &error));
    EXPLAINED(bert_file_write(NULL, "a", 1, &error));
}
static void models(void)
{
    REFUSED(bert_checkpoint_open(NULL, ANY(bert_checkpoint *)));
    REFUSED(bert_checkpoint_open(ANY(bert_checkpoint_desc), NULL));
    REFUSED(bert_checkpoint_open(ANY(bert_checkpoint_desc), ANY(bert_checkpoint *)));
    REFUSED(bert_checkpoint_write(NULL));
    REFUSED(bert_checkpoint_write(ANY(bert_write_desc)));
    EXPLAINED(bert_tensor_read(ANY(bert_tensor), BERT_F32, NULL, 1, &error));
    EXPLAINED(bert_tensor_read(NULL, BERT_F32, ANY(float), 1, &error));
    EXPLAINED(bert_parameter_read(NULL, ANY(float), 1, &error));
    CHECK(bert_tensor_view(NULL) == NULL);
    EXPLAINED(bert_config_parse(NULL, 1, NULL, ANY(bert_config), &error));
    EXPLAINED(bert_config_parse("{}", 2, NULL, NULL, &error));
    EXPLAINED(bert_config_read(NULL, ANY(bert_config), &error));
    EXPLAINED(bert_config_named(NULL, ANY(bert_config), &error));
    EXPLAINED(bert_config_named("base", NULL, &error));
    REFUSED(bert_model_open(NULL, ANY(bert_model *)));
    REFUSED(bert_model_open(ANY(bert_model_desc), NULL));
    REFUSED(bert_model_tokenizer(NULL, ANY(bert_tokenizer_desc), BERT_DEFAULT, ANY(bert_tokenizer *)));
    REFUSED(bert_model_tokenizer(ANY(bert_model), ANY(bert_tokenizer_desc), BERT_DEFAULT, NULL));
    REFUSED(bert_packed_open(NULL, ANY(bert_packed *)));
    REFUSED(bert_packed_open(ANY(bert_packed_desc), NULL));
    REFUSED(bert_packed_open(ANY(bert_packed_desc), ANY(bert_packed *)));
    REFUSED(bert_session_open(NULL, ANY(bert_session *)));
    REFUSED(bert_session_open(ANY(bert_session_desc), NULL));
    REFUSED(bert_session_open(ANY(bert_session_desc), ANY(bert_session *)));
    REFUSED(bert_session_run(NULL, ANY(bert_batch), ANY(bert_result), &error));
    REFUSED(bert_session_run(ANY(bert_session), NULL, ANY(bert_result), &error));
    REFUSED(bert_session_run(ANY(bert_session), ANY(bert_batch), NULL, &error));
    EXPLAINED(bert_embed_desc_read(NULL, ANY(bert_embed_desc), &error));
    EXPLAINED(bert_embed_desc_read(ANY(bert_model), NULL, &error));
    REFUSED(bert_batch_from_padded(NULL, ANY(bert_batch), &error));
    REFUSED(bert_batch_from_padded(ANY(bert_padded), NULL, &error));
    EXPLAINED(bert_batch_from_padded(ANY(bert_padded), ANY(bert_batch), &error));
    EXPLAINED(bert_plan_memory(NULL, ANY(bert_plan), &error));
    EXPLAINED(bert_plan_memory(ANY(bert_plan_desc), NULL, &error));
}
static void trainers(void)
{
    EXPLAINED(bert_plan_trainer(NULL, ANY(bert_trainer_bytes), &error));
    EXPLAINED(bert_plan_trainer(ANY(bert_trainer_desc), NULL, &error));
    REFUSED(bert_trainer_open(NULL, ANY(bert_trainer *)));
    REFUSED(bert_trainer_open(ANY(bert_trainer_desc), NULL));
    REFUSED(bert_trainer_open(ANY(bert_trainer_desc), ANY(bert_trainer *)));
    EXPLAINED(bert_trainer_step(NULL, ANY(bert_batch), ANY(bert_targets), NULL, &error));
    EXPLAINED(bert_trainer_step(ANY(bert_trainer), NULL, ANY(bert_targets), NULL, &error));
    EXPLAINED(bert_trainer_step(ANY(bert_trainer), ANY(bert_batch), NULL, NULL, &error));
    EXPLAINED(bert_trainer_totals(NULL, ANY(bert_batch), ANY(bert_targets), ANY(bert_totals), &error));
    EXPLAINED(bert_trainer_totals(ANY(bert_trainer), NULL, ANY(bert_targets), ANY(bert_totals), &error));
    EXPLAINED(bert_trainer_totals(ANY(bert_trainer), ANY(bert_batch), NULL, ANY(bert_totals), &error));
    EXPLAINED(bert_trainer_totals(ANY(bert_trainer), ANY(bert_batch), ANY(bert_targets), NULL, &error));
    EXPLAINED(bert_trainer_save(NULL, "a", BERT_FORMAT_AUTO, 0, NULL, &error));
    EXPLAINED(bert_trainer_save(ANY(bert_trainer), NULL, BERT_FORMAT_AUTO, 0, NULL, &error));
    EXPLAINED(bert_trainer_resume(NULL, "a", &error));
    EXPLAINED(bert_trainer_resume(ANY(bert_trainer), NULL, &error));
    EXPLAINED(bert_saved_read(NULL, NULL, ANY(bert_saved), &error));
    EXPLAINED(bert_saved_read("a", NULL, NULL, &error));
}
static void data(void)
{
    REFUSED(bert_dataset_open(NULL, ANY(bert_dataset *)));
    REFUSED(bert_dataset_open(ANY(bert_dataset_desc), NULL));
    REFUSED(bert_dataset_open(ANY(bert_dataset_desc), ANY(bert_dataset *)));
    EXPLAINED(bert_dataset_next(NULL, ANY(bert_dataset_example), ANY(int), &error));
    EXPLAINED(bert_dataset_next(ANY(bert_dataset), NULL, ANY(int), &error));
    EXPLAINED(bert_dataset_next(ANY(bert_dataset), ANY(bert_dataset_example), NULL, &error));
    EXPLAINED(bert_dataset_seek(NULL, ANY(bert_dataset_place), &error));
    EXPLAINED(bert_dataset_seek(ANY(bert_dataset), NULL, &error));
    EXPLAINED(bert_dataset_write_records(NULL, ANY(bert_tokenizer), 8, 0, "a", NULL, &error));
    EXPLAINED(bert_dataset_write_records(ANY(bert_dataset), NULL, 8, 0, "a", NULL, &error));
    EXPLAINED(bert_dataset_write_records(ANY(bert_dataset), ANY(bert_tokenizer), 8, 0, NULL, NULL, &error));
    EXPLAINED(bert_features_encode(NULL, ANY(bert_bytes), NULL, 8, ANY(bert_features), &error));
    EXPLAINED(bert_features_encode(ANY(bert_tokenizer), ANY(bert_bytes), NULL, 8, NULL, &error));
    EXPLAINED(bert_features_encode(ANY(bert_tokenizer), ANY(bert_bytes), NULL, 8, ANY(bert_features), &error));
    EXPLAINED(bert_labels_read(NULL, NULL, ANY(bert_labels), &error));
    EXPLAINED(bert_labels_read("a", NULL, NULL, &error));
    EXPLAINED(bert_labels_write(NULL, ANY(const char *), 1, &error));
    REFUSED(bert_ner_open(NULL, ANY(bert_ner *)));
    REFUSED(bert_ner_open(ANY(bert_ner_desc), NULL));
    REFUSED(bert_ner_open(ANY(bert_ner_desc), ANY(bert_ner *)));
    EXPLAINED(bert_ner_next(NULL, ANY(bert_ner_sentence), ANY(int), &error));
    EXPLAINED(bert_ner_next(ANY(bert_ner), NULL, ANY(int), &error));
    EXPLAINED(bert_ner_next(ANY(bert_ner), ANY(bert_ner_sentence), NULL, &error));
    REFUSED(bert_ner_labels(NULL, ANY(bert_labels)));
    REFUSED(bert_ner_labels(ANY(bert_ner_desc), NULL));
    EXPLAINED(bert_paths_find(NULL, NULL, ANY(bert_paths), &error));
    EXPLAINED(bert_paths_find("a", NULL, NULL, &error));
    REFUSED(bert_pretraining_data(NULL, NULL));
    REFUSED(bert_pretraining_data(ANY(bert_pretraining_desc), NULL));
    REFUSED(bert_instances_open(NULL, ANY(bert_instances *)));
    REFUSED(bert_instances_open(ANY(bert_instances_desc), NULL));
    REFUSED(bert_instances_open(ANY(bert_instances_desc), ANY(bert_instances *)));
    EXPLAINED(bert_instances_next(NULL, 1, 0, 1, ANY(bert_instances_batch), &error));
    EXPLAINED(bert_instances_next(ANY(bert_instances), 1, 0, 1, NULL, &error));
    EXPLAINED(bert_instances_seek(NULL, ANY(bert_instances_place), &error));
    EXPLAINED(bert_instances_seek(ANY(bert_instances), NULL, &error));
    EXPLAINED(bert_record_writer_open(NULL, NULL, ANY(bert_record_writer *), &error));
    EXPLAINED(bert_record_writer_open("a", NULL, NULL, &error));
    EXPLAINED(bert_record_writer_add(NULL, "a", 1, &error));
    EXPLAINED(bert_record_writer_add(ANY(bert_record_writer), NULL, 1, &error));
    EXPLAINED(bert_record_writer_add_example(NULL, ANY(bert_feature), 1, &error));
    EXPLAINED(bert_record_writer_add_example(ANY(bert_record_writer), NULL, 1, &error));
    EXPLAINED(bert_record_writer_commit(NULL, &error));
    REFUSED(bert_records_open(NULL, ANY(bert_records *)));
    REFUSED(bert_records_open(ANY(bert_records_desc), NULL));
    REFUSED(bert_records_open(ANY(bert_records_desc), ANY(bert_records *)));
    EXPLAINED(bert_records_next(NULL, ANY(const void *), ANY(size_t), &error));
    EXPLAINED(bert_records_next(ANY(bert_records), NULL, ANY(size_t), &error));
    EXPLAINED(bert_records_next(ANY(bert_records), ANY(const void *), NULL, &error));
    EXPLAINED(bert_records_seek(NULL, 0, &error));
    EXPLAINED(bert_example_parse(NULL, "a", 1, NULL, &error));
    EXPLAINED(bert_example_parse(ANY(bert_example), NULL, 1, NULL, &error));
    EXPLAINED(bert_example_ints(NULL, "a", ANY(int32_t), 1, &error));
    EXPLAINED(bert_example_ints(ANY(bert_example), NULL, ANY(int32_t), 1, &error));
    EXPLAINED(bert_example_floats(NULL, "a", ANY(float), 1, &error));
    EXPLAINED(bert_example_floats(ANY(bert_example), NULL, ANY(float), 1, &error));
}
static void answers_and_scores(void)
{
    REFUSED(bert_squad_open(NULL, ANY(bert_squad *)));
    REFUSED(bert_squad_open(ANY(bert_squad_desc), NULL));
    REFUSED(bert_squad_open(ANY(bert_squad_desc), ANY(bert_squad *)));
    REFUSED(bert_squad_features_open(NULL, ANY(bert_squad_features *)));
    REFUSED(bert_squad_features_open(ANY(bert_squad_features_desc), NULL));
    REFUSED(bert_squad_features_open(ANY(bert_squad_features_desc), ANY(bert_squad_features *)));
    REFUSED(bert_squad_features_next(NULL, ANY(bert_squad_feature)));
    REFUSED(bert_squad_answers_open(NULL, ANY(bert_squad_answers *)));
    REFUSED(bert_squad_answers_open(ANY(bert_squad_answers_desc), NULL));
    REFUSED(bert_squad_answers_open(ANY(bert_squad_answers_desc), ANY(bert_squad_answers *)));
    REFUSED(bert_squad_answers_finish(NULL));
    REFUSED(bert_squad_answers_write(NULL, "a", NULL, NULL));
    REFUSED(bert_squad_evaluate(NULL, ANY(bert_squad_score)));
    REFUSED(bert_squad_evaluate(ANY(bert_squad_score_desc), NULL));
    EXPLAINED(bert_squad_feature_write(NULL, ANY(bert_squad_feature), 8, &error));
    EXPLAINED(bert_squad_feature_write(ANY(bert_record_writer), NULL, 8, &error));
    EXPLAINED(bert_squad_feature_write(ANY(bert_record_writer), ANY(bert_squad_feature), 8, &error));
    EXPLAINED(bert_confusion_add(NULL, 2, ANY(int32_t), ANY(int32_t), 1, &error));
    EXPLAINED(bert_confusion_add(ANY(int64_t), 2, NULL, ANY(int32_t), 1, &error));
    EXPLAINED(bert_confusion_add(ANY(int64_t), 2, ANY(int32_t), NULL, 1, &error));
    EXPLAINED(bert_confusion_metrics(NULL, 2, ANY(bert_class_metrics), &error));
    EXPLAINED(bert_confusion_metrics(ANY(int64_t), 2, NULL, &error));
    EXPLAINED(bert_confusion_micro(NULL, 2, ANY(int32_t), 1, ANY(bert_micro_metrics), &error));
    EXPLAINED(bert_confusion_micro(ANY(int64_t), 2, ANY(int32_t), 1, NULL, &error));
    EXPLAINED(bert_correlate(NULL, ANY(double), 2, NULL, ANY(bert_correlations), &error));
    EXPLAINED(bert_correlate(ANY(double), NULL, 2, NULL, ANY(bert_correlations), &error));
    EXPLAINED(bert_correlate(ANY(double), ANY(double), 2, NULL, NULL, &error));
    EXPLAINED(bert_entities(NULL, 1, BERT_TAGS_IOB2, ANY(bert_entity), 1, ANY(size_t), &error));
    EXPLAINED(bert_entity_scores_open(BERT_TAGS_IOB2, NULL, NULL, &error));
    EXPLAINED(bert_entity_scores_add(NULL, ANY(bert_bytes), ANY(bert_bytes), 1, &error));
    EXPLAINED(bert_entity_scores_add(ANY(bert_entity_scores), NULL, ANY(bert_bytes), 1, &error));
    EXPLAINED(bert_entity_scores_add(ANY(bert_entity_scores), ANY(bert_bytes), NULL, 1, &error));
    EXPLAINED(bert_entity_scores_result(NULL, ANY(bert_entity_metrics), &error));
    EXPLAINED(bert_entity_scores_result(ANY(bert_entity_scores), NULL, &error));
}
/* What may be closed may be NULL. */
static void closing_nothing(void)
{
    bert_tokenizer_close(NULL);
    bert_stream_close(NULL);
    bert_learner_close(NULL);
    bert_file_close(NULL);
    bert_pool_close(NULL);
    bert_checkpoint_close(NULL);
    bert_model_close(NULL);
    bert_packed_close(NULL);
    bert_session_close(NULL);
    bert_trainer_close(NULL);
    bert_dataset_close(NULL);
    bert_ner_close(NULL);
    bert_labels_free(NULL);
    bert_paths_free(NULL);
    bert_instances_close(NULL);
    bert_records_close(NULL);
    bert_record_writer_close(NULL);
    bert_example_free(NULL);
    bert_squad_close(NULL);
    bert_squad_features_close(NULL);
    bert_squad_answers_close(NULL);
    bert_entity_scores_close(NULL);
    CHECK(1);
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(tokenizers);
    TEST(models);
    TEST(trainers);
    TEST(data);
    TEST(answers_and_scores);
    TEST(closing_nothing);
    return test_end();
}
