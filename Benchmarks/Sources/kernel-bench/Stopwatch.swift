#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Medians over repeated runs: the machines are shared, so a mean says little.
struct Stopwatch {
  /// Whether to measure the time that the calling thread had a processor. It leaves out what other programs took, and
  /// says nothing about several threads.
  var measuresProcessorTime = false
  /// Samples whose median is taken.
  var samples = 7
  /// A sample repeats its work for at least this long.
  var sampleSeconds = 0.01

  /// Seconds of one call of `body`, after a warm-up.
  func seconds(_ body: () -> Void) -> Double {
    var repeats = 1
    while true {
      let time = seconds(of: repeats, body)
      if time >= sampleSeconds { break }
      let needed = time > 0 ? sampleSeconds * 1.2 / time * Double(repeats) : .infinity
      repeats = max(repeats + 1, Int(min(Double(repeats) * 10, needed)))
    }
    let times = (0..<samples).map { _ in seconds(of: repeats, body) / Double(repeats) }
    return times.sorted()[samples / 2]
  }

  private func seconds(of repeats: Int, _ body: () -> Void) -> Double {
    let start = now()
    for _ in 0..<repeats { body() }
    return now() - start
  }

  private func now() -> Double {
    var time = timespec()
    clock_gettime(measuresProcessorTime ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}

/// `value` with `digits` digits after the point, right-aligned in `width` columns.
func column(_ value: Double, _ digits: Int = 2, width: Int = 9) -> String {
  var scale = 1.0
  for _ in 0..<digits { scale *= 10 }
  let whole = Int((value * scale).rounded())
  let power = Int(scale)
  var text = String(whole / power)
  if digits > 0 {
    let fraction = String(abs(whole % power))
    text += "." + String(repeating: "0", count: digits - fraction.count) + fraction
  }
  return String(repeating: " ", count: max(0, width - text.count)) + text
}

/// `text` left-aligned in `width` columns.
func label(_ text: String, width: Int = 34) -> String {
  text + String(repeating: " ", count: max(1, width - text.count))
}
