#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Where numbers lie along one axis of a picture.
struct SVGScale {
  /// The numbers that get a mark.
  let ticks: [Double]
  private let isLogarithmic: Bool
  /// The ends, as numbers of this scale: logarithms when it is logarithmic.
  private let low, high: Double
  private let start, end: Double

  /// A scale that has room for the numbers; a logarithmic one leaves out those that are not positive.
  /// - Parameters:
  ///   - start: where the smallest number lies, in the picture's units; `end`: the largest.
  init(_ values: [Double], isLogarithmic: Bool, from start: Double, to end: Double) {
    (self.isLogarithmic, self.start, self.end) = (isLogarithmic, start, end)
    let usable = values.filter { $0.isFinite && (!isLogarithmic || $0 > 0) }.map { isLogarithmic ? log10($0) : $0 }
    var (low, high) = (usable.min() ?? 0, usable.max() ?? 1)
    if isLogarithmic {
      // Whole powers of ten, or of two when the numbers are close together.
      let powers = high - low > 2.5 || usable.isEmpty
      let unit = powers ? 1 : log10(2.0)
      (low, high) = ((low / unit + 1e-9).rounded(.down), (high / unit - 1e-9).rounded(.up))
      if high <= low { high = low + 1 }
      let step = max(((high - low) / 7).rounded(.up), 1)
      ticks = stride(from: low, through: high, by: step).map { pow(powers ? 10 : 2, $0) }
      (self.low, self.high) = (low * unit, high * unit)
    } else {
      low = min(low, 0)
      if high <= low { high = low + 1 }
      var unit = pow(10, floor(log10(high - low)))
      for factor in [0.1, 0.2, 0.25, 0.5, 1] where (high - low) / (unit * factor) <= 8 {
        unit *= factor
        break
      }
      high = (high / unit - 1e-9).rounded(.up) * unit
      ticks = stride(from: 0, through: ((high - low) / unit).rounded(), by: 1).map { low + $0 * unit }
      (self.low, self.high) = (low, high)
    }
  }

  func contains(_ value: Double) -> Bool { value.isFinite && (!isLogarithmic || value > 0) }

  /// Where a number lies, in the picture's units.
  func place(_ value: Double) -> Double {
    start + ((isLogarithmic ? log10(value) : value) - low) / (high - low) * (end - start)
  }

  func label(_ tick: Double) -> String {
    if isLogarithmic, tick < 1e-3 || tick >= 1e6 { return "1e\(Int(log10(tick).rounded()))" }
    return StudyText.number(tick)
  }
}

/// Pieces of SVG text.
enum SVG {
  /// At most two decimals.
  static func number(_ value: Double) -> String {
    guard value.isFinite, abs(value) < 1e9 else { return "0" }
    let hundredths = Int((value * 100).rounded())
    if hundredths % 100 == 0 { return String(hundredths / 100) }
    return StudyText.fixed(value, 2)
  }

  static func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: String) -> String {
    "<line x1=\"\(number(x1))\" y1=\"\(number(y1))\" x2=\"\(number(x2))\" y2=\"\(number(y2))\" \(style)/>\n"
  }

  /// - Parameter text: escaped.
  static func text(_ x: Double, _ y: Double, _ anchor: String, _ text: String) -> String {
    "<text x=\"\(number(x))\" y=\"\(number(y))\" text-anchor=\"\(anchor)\">\(text)</text>\n"
  }

  static func escaped(_ text: String) -> String {
    text.reduce(into: "") { result, character in
      switch character {
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "&": result += "&amp;"
      case "\"": result += "&quot;"
      default: result.append(character)
      }
    }
  }
}
