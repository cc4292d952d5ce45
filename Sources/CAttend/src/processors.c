// How many threads this process may keep busy: the affinity mask and the container's CPU quota.
#define _GNU_SOURCE
#include "at_runtime.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(__linux__)

#include <sched.h>

enum { AT_MOST_THREADS = 256, AT_PATH = 4096 };

static int affinity_count(void) {
  unsigned long mask[512] = {0};  // 32,768 processors
  if (sched_getaffinity(0, sizeof mask, (cpu_set_t *)mask) != 0) return (int)sysconf(_SC_NPROCESSORS_ONLN);
  int count = 0;
  for (size_t i = 0; i < sizeof mask / sizeof *mask; i++) count += __builtin_popcountl(mask[i]);
  return count;
}

// The first line of a small file; false when it cannot be read.
static bool read_line(const char *path, char *line, int size) {
  FILE *file = fopen(path, "re");
  if (!file) return false;
  bool read = fgets(line, size, file) != NULL;
  fclose(file);
  return read;
}

// Processors that quota/period microseconds stand for, rounded up; `most` when there is no limit.
static int processors(long long quota, long long period, int most) {
  if (quota <= 0 || period <= 0 || quota / period >= most) return most;
  long long count = (quota + period - 1) / period;
  return count < 1 ? 1 : (int)count;
}

// The limit in one control group directory; `prefix` and `group` are joined.
static int group_limit(bool unified, const char *prefix, const char *group, int most) {
  char path[2 * AT_PATH], line[128];
  if (unified) {
    snprintf(path, sizeof path, "%s%s/cpu.max", prefix, group);
    long long quota, period;
    if (!read_line(path, line, sizeof line) || sscanf(line, "%lld %lld", &quota, &period) != 2) return most;
    return processors(quota, period, most);
  }
  snprintf(path, sizeof path, "%s%s/cpu.cfs_quota_us", prefix, group);
  if (!read_line(path, line, sizeof line)) return most;
  long long quota = strtoll(line, NULL, 10);
  snprintf(path, sizeof path, "%s%s/cpu.cfs_period_us", prefix, group);
  if (!read_line(path, line, sizeof line)) return most;
  return processors(quota, strtoll(line, NULL, 10), most);
}

// A limit binds every group below it, so all ancestors count.
static int hierarchy_limit(bool unified, const char *prefix, char *group, int most) {
  for (;;) {
    if (strcmp(group, "/") == 0) *group = 0;
    most = group_limit(unified, prefix, group, most);
    char *slash = strrchr(group, '/');
    if (!slash) return most;
    *slash = 0;
  }
}

static bool names_controller(const char *list, const char *name) {
  size_t length = strlen(name);
  for (const char *at = list; *at; at += strcspn(at, ",") , at += *at == ',') {
    if (strcspn(at, ",") == length && strncmp(at, name, length) == 0) return true;
  }
  return false;
}

static int quota_count(int most) {
  FILE *file = fopen("/proc/self/cgroup", "re");
  if (!file) return most;
  char line[AT_PATH];
  while (fgets(line, sizeof line, file)) {  // hierarchy:controllers:path
    line[strcspn(line, "\n")] = 0;
    char *controllers = strchr(line, ':');
    char *group = controllers ? strchr(controllers + 1, ':') : NULL;
    if (!group) continue;
    *controllers++ = 0;
    *group++ = 0;
    if (!*controllers) {
      most = hierarchy_limit(true, "/sys/fs/cgroup", group, most);
    } else if (names_controller(controllers, "cpu")) {
      most = hierarchy_limit(false, "/sys/fs/cgroup/cpu", group, most);
    }
  }
  fclose(file);
  return most;
}

int at_default_threads(void) {
  int count = affinity_count();
  if (count > AT_MOST_THREADS) count = AT_MOST_THREADS;
  count = quota_count(count);
  return count < 1 ? 1 : count;
}

#else

int at_default_threads(void) {
  long count = sysconf(_SC_NPROCESSORS_ONLN);
  return count < 1 ? 1 : count > 256 ? 256 : (int)count;
}

#endif
