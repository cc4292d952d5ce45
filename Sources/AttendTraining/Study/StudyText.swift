#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Numbers of a study as people read them.
package enum StudyText {
  /// Three significant digits: `0.167`, `12.3`, `45,600`, `3.1e-19`.
  package static func number(_ value: Double) -> String {
    guard value.isFinite else { return value.isNaN ? "–" : value > 0 ? "∞" : "−∞" }
    let magnitude = abs(value)
    if magnitude == 0 { return "0" }
    let sign = value < 0 ? "-" : ""
    var exponent = Int(floor(log10(magnitude)))
    if (-3..<6).contains(exponent) {
      let decimals = max(0, 2 - exponent)
      return sign + trimmed(fixed(magnitude, decimals))
    }
    var mantissa = magnitude / pow(10, Double(exponent))
    if mantissa >= 9.95 { (mantissa, exponent) = (1, exponent + 1) }
    return "\(sign)\(fixed(mantissa, 1))e\(exponent)"
  }

  /// "1 seed", "5 seeds".
  package static func count(_ number: Int, _ unit: String) -> String { "\(number) \(unit)\(number == 1 ? "" : "s")" }

  /// A number in 0...1 as `73 %`.
  package static func percent(_ value: Double) -> String {
    value.isFinite ? "\(fixed(100 * value, 0)) %" : "–"
  }

  /// A number with a fixed count of decimals; not for huge numbers.
  package static func fixed(_ value: Double, _ decimals: Int) -> String {
    let scale = (0..<decimals).reduce(1.0) { scale, _ in scale * 10 }
    guard abs(value) * scale < 1e15 else { return "\(value)" }
    let scaled = Int64((abs(value) * scale).rounded())
    let sign = value < 0 && scaled > 0 ? "-" : ""
    guard decimals > 0 else { return "\(sign)\(scaled)" }
    let digits = String(scaled)
    let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
    return "\(sign)\(padded.dropLast(decimals)).\(padded.suffix(decimals))"
  }

  /// Without zeros at the end of a fraction.
  private static func trimmed(_ text: String) -> String {
    guard text.contains(".") else { return text }
    var text = text
    while text.last == "0" { text.removeLast() }
    if text.last == "." { text.removeLast() }
    return text
  }
}
