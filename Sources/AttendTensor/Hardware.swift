import CAttend

/// What this machine offers and how much of it is used.
public enum Hardware {
  /// Whether the processor multiplies bfloat16 in hardware.
  public static var multipliesBFloat16: Bool { at_has_bfloat16_products() }

  /// The instruction-set level in use: `portable`, `neon`, `avx2`, `avx512` or `amx`. The environment variable
  /// ATTEND_ISA chooses a lower one.
  public static var instructionSet: String { String(cString: at_kernels_best().pointee.name) }

  /// Threads that compute, the caller's included; at first as many as the affinity mask and the cgroup quota allow.
  public static var threads: Int {
    get { Int(at_threads()) }
    set { at_set_threads(Int32(clamping: newValue)) }
  }

  /// Parallel regions entered so far, each one a barrier.
  public static var parallelRegions: Int { Int(truncatingIfNeeded: at_parallel_regions()) }

  /// Requests for memory that reached the operating system so far.
  public static var systemAllocations: Int {
    Int(truncatingIfNeeded: at_alloc_stats().system_allocations)
  }

  /// Bytes that tensors, packed weights and caches take now.
  public static var allocatedBytes: Int { Int(truncatingIfNeeded: at_alloc_stats().live_bytes) }
}
