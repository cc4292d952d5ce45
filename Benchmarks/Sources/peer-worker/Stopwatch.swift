#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Times one piece of work, repeated so often that the clock does not matter.
struct Stopwatch {
  private let work: () throws -> Void
  private let repeats: Int

  /// Warms up and finds out how often to repeat.
  init(_ work: @escaping () throws -> Void) throws {
    self.work = work
    try work()
    let once = try Self.seconds(work)
    repeats = once >= 0.05 ? 1 : Int(0.05 / max(once, 1e-7)) + 1
  }

  /// Seconds of one run: the mean over enough of them to fill a twentieth of a second.
  func seconds() throws -> Double {
    try Self.seconds { for _ in 0..<repeats { try work() } } / Double(repeats)
  }

  private static func seconds(_ work: () throws -> Void) rethrows -> Double {
    let start = now()
    try work()
    return now() - start
  }

  private static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
