// Open MPI without a dependency: the library is loaded when a process finds itself in a world of several, and its
// functions are found by name. Handles are those of Open MPI's binary interface (versions 1.7 to 5), where they are
// addresses of global objects.
//
// Every function that can fail returns NULL on success, else a message that stays valid until the thread's next call.
#ifndef ATTEND_MPI_H
#define ATTEND_MPI_H

#include <stdint.h>

#if defined(__clang__)
#pragma clang assume_nonnull begin
#endif

enum at_mpi_type { AT_MPI_FLOAT, AT_MPI_DOUBLE, AT_MPI_INT64 };
enum at_mpi_operation { AT_MPI_SUM, AT_MPI_MAX };

/// Loads the library, unless it is loaded, and starts MPI such that several threads may take turns.
const char *_Nullable at_mpi_start(void);

/// This process's number in the world and how many there are; 0 and 1 before `at_mpi_start`.
int at_mpi_rank(void);
int at_mpi_size(void);

/// Starts to replace `values` of every process by their sum or maximum over all processes. The memory belongs to MPI
/// until `at_mpi_test` says that the request is done.
const char *_Nullable at_mpi_reduce(void *values, int32_t count, enum at_mpi_type type,
                                    enum at_mpi_operation operation, void *_Nullable *_Nonnull request);

/// Whether a request is done; also lets MPI make progress.
const char *_Nullable at_mpi_test(void *_Nullable *_Nonnull request, int *is_done);

/// Ends MPI; waits for the other processes to do so.
const char *_Nullable at_mpi_finish(void);

#if defined(__clang__)
#pragma clang assume_nonnull end
#endif
#endif
