/// Writes pictures as SVG 1.1: elements nest, text and attributes are escaped.
public struct SVG: Sendable {
  private var lines: [String] = []
  private var depth = 1
  private let width: Double
  private let height: Double

  /// - Parameters:
  ///   - width: in user units, which browsers show as pixels.
  public init(width: Double, height: Double) {
    self.width = width
    self.height = height
  }

  /// An element without content.
  public mutating func add(_ element: String, _ attributes: [(String, String)]) {
    line("<\(element)\(Self.list(attributes))/>")
  }

  /// An element that holds text.
  public mutating func add(_ element: String, _ attributes: [(String, String)], text: String) {
    line("<\(element)\(Self.list(attributes))>\(Self.escaped(text))</\(element)>")
  }

  /// An element that holds others.
  public mutating func group(
    _ element: String = "g", _ attributes: [(String, String)] = [], _ body: (inout SVG) -> Void
  ) {
    line("<\(element)\(Self.list(attributes))>")
    depth += 1
    body(&self)
    depth -= 1
    line("</\(element)>")
  }

  /// The whole file.
  public var text: String {
    let (width, height) = (Self.number(width), Self.number(height))
    let head =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(width)\" height=\"\(height)\" viewBox=\"0 0 \(width) \(height)\">"
    return ([head] + lines + ["</svg>"]).joined(separator: "\n") + "\n"
  }

  /// A number with at most two decimals.
  public static func number(_ value: Double) -> String {
    guard value.isFinite, abs(value) < 1e12 else { return "0" }
    let hundredths = Int64((value * 100).rounded())
    let (whole, rest) = hundredths.magnitude.quotientAndRemainder(dividingBy: 100)
    let sign = hundredths < 0 ? "-" : ""
    if rest == 0 { return "\(sign)\(whole)" }
    let digits = rest < 10 ? "0\(rest)" : rest % 10 == 0 ? "\(rest / 10)" : "\(rest)"
    return "\(sign)\(whole).\(digits)"
  }

  private mutating func line(_ text: String) { lines.append(String(repeating: "  ", count: depth) + text) }

  private static func list(_ attributes: [(String, String)]) -> String {
    attributes.map { " \($0)=\"\(escaped($1))\"" }.joined()
  }

  /// XML allows no control characters but tab and line breaks.
  private static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "\t", "\n": result += " "
      case _ where scalar.value < 0x20 || scalar.value == 0xFFFE || scalar.value == 0xFFFF: result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
