/// Medians over repeated runs: the machines are shared, so a mean says little.
struct Stopwatch {
  /// Samples whose median is taken.
  var samples = 7
  /// A sample repeats its work for at least this long.
  var sampleSeconds = 0.01

  /// Seconds of one call of `body`, after a warm-up.
  func seconds(_ body: () -> Void) -> Double {
    let clock = ContinuousClock()
    var repeats = 1
    while true {
      let time = clock.measure { for _ in 0..<repeats { body() } }.seconds
      if time >= sampleSeconds { break }
      repeats =
        time <= 0
        ? repeats * 10 : max(repeats + 1, min(repeats * 10, Int(sampleSeconds * 1.2 / time * Double(repeats))))
    }
    let times = (0..<samples).map { _ in
      clock.measure { for _ in 0..<repeats { body() } }.seconds / Double(repeats)
    }
    return times.sorted()[samples / 2]
  }
}

extension Duration {
  var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
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
