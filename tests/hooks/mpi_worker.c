/* mpi_worker.c - one of several workers that learn together over MPI, for mpi.sh
   SPDX-License-Identifier: MIT-0 OR Unlicense

      mpirun -np N ./mpi_worker plain|bf16|bad|hang|die

   bad: worker 1 has a label that is none in step 3; hang: it stops there; die: it is killed there. Worker 0 prints the loss of
   the last step and the sum of the squares of all weights. */
#include "bert.h"                       /* with BERT_USE_MPI; linked with the object of make MPI=1 */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

enum { SEQUENCES = 8, LENGTH = 12, STEPS = 8 };

int main(int argc, char **argv)
{
    const char *mode = argc > 1 ? argv[1] : "plain";
    int32_t ids[SEQUENCES * LENGTH], labels[SEQUENCES];
    int64_t offsets[SEQUENCES + 1], k, i;
    bert_error err;
    bert_mpi_desc md;
    bert_mpi *mpi = NULL;
    bert_comm comm;
    bert_config config;
    bert_trainer_desc desc;
    bert_trainer *trainer = NULL;
    bert_batch batch;
    bert_targets targets;
    bert_progress p;
    double length = 0;
    int mine, step, b;
    memset(&err, 0, sizeof err);
    memset(&md, 0, sizeof md);
    memset(&desc, 0, sizeof desc);
    memset(&batch, 0, sizeof batch);
    memset(&targets, 0, sizeof targets);
    memset(&p, 0, sizeof p);
    MPI_Init(&argc, &argv);
    md.bf16 = strcmp(mode, "bf16") == 0;
    md.timeout = strcmp(mode, "hang") == 0 ? 1 : 60;
    md.error = desc.error = &err;
    if (bert_mpi_open(&md, &mpi) || bert_config_named("tiny", &config, &err)) goto failed;
    comm = bert_mpi_comm(mpi);
    desc.config = &config;
    desc.seed = 1 + (uint64_t)comm.rank;                /* the weights of worker 0 are taken */
    desc.threads = 1;
    desc.learn = BERT_LEARN_CLASSES;
    desc.labels = 2;
    desc.hidden_dropout = desc.attention_dropout = desc.classifier_dropout = -1;
    desc.optimizer.kind = BERT_OPTIMIZER_SGD;
    desc.schedule.rate = 0.1;
    desc.comm = &comm;
    if (bert_trainer_open(&desc, &trainer)) goto failed;
    mine = SEQUENCES / comm.size;
    for (b = 0; b <= mine; b++) offsets[b] = b * LENGTH;
    for (i = 0; i < SEQUENCES * LENGTH; i++) ids[i] = (int32_t)(4 + i * i % 23);
    for (b = 0; b < SEQUENCES; b++) labels[b] = b % 3 == 1;
    batch.sequences = mine;
    batch.offsets = offsets;
    batch.ids = ids + comm.rank * mine * LENGTH;
    targets.classes = labels + comm.rank * mine;
    for (step = 0; step < STEPS; step++) {
        if (step == 3 && comm.rank == 1) {
            if (strcmp(mode, "bad") == 0) labels[mine] = 5;
            if (strcmp(mode, "hang") == 0) sleep(30);
            if (strcmp(mode, "die") == 0) raise(SIGKILL);
        }
        if (bert_trainer_step(trainer, &batch, &targets, &p, &err)) goto failed;
    }
    for (k = 0; k < bert_trainer_count(trainer); k++) {
        const bert_trained *w = bert_trainer_parameter(trainer, k);
        for (i = 0; i < w->count; i++) length += (double)w->weight[i] * (double)w->weight[i];
    }
    if (comm.rank == 0) printf("%.9f %.9f\n", p.loss, length);
    bert_trainer_close(trainer);
    bert_mpi_close(mpi);
    MPI_Finalize();
    return 0;
failed:
    fprintf(stderr, "%s\n", err.message);
    MPI_Abort(MPI_COMM_WORLD, 1);
    return 1;
}
