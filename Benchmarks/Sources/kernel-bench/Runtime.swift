import CAttend

/// What a parallel region and a tensor's memory cost.
func benchmarkRuntime(_ stopwatch: Stopwatch) {
  print("pool, \(at_threads()) threads")
  let nothing: at_range_body = { _, _, _ in }
  // A body that takes about a microsecond, so that the others arrive in time.
  let brief: at_range_body = { context, begin, end in
    let sums = context!.assumingMemoryBound(to: Float.self)
    for i in begin..<end {
      var sum = sums[i * 32]
      for _ in 0..<250 { sum = sum * 0.999 + 1 }
      sums[i * 32] = sum
    }
  }
  let sums = Buffer.random(count: 64 * 32)
  func report(_ name: String, _ seconds: Double) {
    print(label("  \(name)"), column(seconds * 1e9, 1), "ns")
  }
  let chunks = Int(at_threads()) * 4
  report("region of nothing", stopwatch.seconds { at_parallel_for(chunks, 1, nothing, nil) })
  let alone = stopwatch.seconds { brief(sums.pointer, 0, chunks) }
  let together = stopwatch.seconds { at_parallel_for(chunks, 1, brief, sums.pointer) }
  report("\(chunks) brief chunks inline", alone)
  report("\(chunks) brief chunks in a region", together)
  report("  over the ideal", together - alone / Double(at_threads()))

  print("memory")
  for bytes in [64, 3072, 100_000, 1 << 20, 6 << 20] {
    report("alloc + free, \(bytes) bytes", stopwatch.seconds { at_free(at_alloc(bytes), bytes) })
  }
}
