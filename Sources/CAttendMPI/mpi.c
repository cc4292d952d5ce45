#include "attend_mpi.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

// MPI_IN_PLACE and MPI_STATUS_IGNORE of Open MPI.
#define IN_PLACE ((void *)1)
#define STATUS_IGNORE ((void *)0)
#define THREAD_SERIALIZED 2
#define SUCCESS 0
#define LONGEST_ERROR 256

static struct {
  int (*init_thread)(int *, char ***, int, int *);
  int (*comm_rank)(void *, int *);
  int (*comm_size)(void *, int *);
  int (*comm_set_errhandler)(void *, void *);
  int (*iallreduce)(const void *, void *, int, void *, void *, void *, void **);
  int (*test)(void **, int *, void *);
  int (*error_string)(int, char *, int *);
  int (*finalize)(void);
  void *world, *errors_return;
  void *types[3];
  void *operations[2];
  int rank, size, is_started;
} mpi = {.size = 1};

static _Thread_local char message[LONGEST_ERROR + 160];

static const char *failure(const char *function, int code) {
  char reason[LONGEST_ERROR] = "";
  int length = 0;
  if (mpi.error_string == NULL || mpi.error_string(code, reason, &length) != SUCCESS) reason[0] = 0;
  snprintf(message, sizeof message, "%s failed with code %d%s%s", function, code, reason[0] ? ": " : "", reason);
  return message;
}

static const char *load(void) {
#if defined(__APPLE__)
  static const char *const names[] = {"libmpi.40.dylib", "libmpi.dylib"};
#else
  // The plain name belongs to development packages, and may be another implementation's.
  static const char *const names[] = {"libmpi.so.40", "libmpi.so.20", "libmpi.so.12", "libmpi.so"};
#endif
  void *library = NULL;
  for (unsigned i = 0; library == NULL && i < sizeof names / sizeof *names; i++) {
    // Global: Open MPI's own plug-ins find the library's symbols that way.
    library = dlopen(names[i], RTLD_NOW | RTLD_GLOBAL);
  }
  if (library == NULL) {
    const char *reason = dlerror();
    snprintf(message, sizeof message, "%s", reason == NULL ? "libmpi was not found" : reason);
    return message;
  }
  const struct {
    const char *name;
    void **place;
  } symbols[] = {
      {"MPI_Init_thread", (void **)&mpi.init_thread},
      {"MPI_Comm_rank", (void **)&mpi.comm_rank},
      {"MPI_Comm_size", (void **)&mpi.comm_size},
      {"MPI_Comm_set_errhandler", (void **)&mpi.comm_set_errhandler},
      {"MPI_Iallreduce", (void **)&mpi.iallreduce},
      {"MPI_Test", (void **)&mpi.test},
      {"MPI_Error_string", (void **)&mpi.error_string},
      {"MPI_Finalize", (void **)&mpi.finalize},
      {"ompi_mpi_comm_world", &mpi.world},
      {"ompi_mpi_errors_return", &mpi.errors_return},
      {"ompi_mpi_float", &mpi.types[AT_MPI_FLOAT]},
      {"ompi_mpi_double", &mpi.types[AT_MPI_DOUBLE]},
      {"ompi_mpi_int64_t", &mpi.types[AT_MPI_INT64]},
      {"ompi_mpi_op_sum", &mpi.operations[AT_MPI_SUM]},
      {"ompi_mpi_op_max", &mpi.operations[AT_MPI_MAX]},
  };
  for (unsigned i = 0; i < sizeof symbols / sizeof *symbols; i++) {
    *symbols[i].place = dlsym(library, symbols[i].name);
    if (*symbols[i].place == NULL) {
      snprintf(message, sizeof message, "libmpi lacks %s: it is not Open MPI, or an old version", symbols[i].name);
      return message;
    }
  }
  return NULL;
}

const char *at_mpi_start(void) {
  if (mpi.is_started) return NULL;
  const char *problem = load();
  if (problem != NULL) return problem;
  int provided = 0;
  int code = mpi.init_thread(NULL, NULL, THREAD_SERIALIZED, &provided);
  if (code != SUCCESS) return failure("MPI_Init_thread", code);
  mpi.is_started = 1;
  if (provided < THREAD_SERIALIZED) return "this Open MPI was built without threads";
  if ((code = mpi.comm_set_errhandler(mpi.world, mpi.errors_return)) != SUCCESS) {
    return failure("MPI_Comm_set_errhandler", code);
  }
  if ((code = mpi.comm_rank(mpi.world, &mpi.rank)) != SUCCESS) return failure("MPI_Comm_rank", code);
  if ((code = mpi.comm_size(mpi.world, &mpi.size)) != SUCCESS) return failure("MPI_Comm_size", code);
  return NULL;
}

int at_mpi_rank(void) { return mpi.rank; }

int at_mpi_size(void) { return mpi.size; }

const char *at_mpi_reduce(void *values, int32_t count, enum at_mpi_type type, enum at_mpi_operation operation,
                          void **request) {
  int code = mpi.iallreduce(IN_PLACE, values, count, mpi.types[type], mpi.operations[operation], mpi.world, request);
  return code == SUCCESS ? NULL : failure("MPI_Iallreduce", code);
}

const char *at_mpi_test(void **request, int *is_done) {
  int code = mpi.test(request, is_done, STATUS_IGNORE);
  return code == SUCCESS ? NULL : failure("MPI_Test", code);
}

const char *at_mpi_finish(void) {
  if (!mpi.is_started) return NULL;
  mpi.is_started = 0;
  int code = mpi.finalize();
  return code == SUCCESS ? NULL : failure("MPI_Finalize", code);
}
