#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

extension AttentionSteps {
  /// The steps for people to read, with the numbers of every step.
  /// - Parameter channels: how many numbers of each query, key and value to print.
  public func text(channels: Int = 4) -> String {
    let width = query.first?.count ?? 0
    let shown = min(max(channels, 1), width)
    var text = ""
    func step(_ number: Int, _ title: String) { text += "\n\(number). \(title)\n" }

    step(
      1, "Every token asks, offers and carries: query, key and value, \(width) numbers each, the first \(shown) here")
    for (name, rows) in [("query", query), ("key", key), ("value", value)] {
      text += table(name, (1...max(shown, 1)).map { "[\($0)]" }, rows.map { $0.prefix(shown).map { signed($0) } })
    }
    step(2, "Scores: each query times each key (row: who asks; column: who is asked)")
    text += table("", tokens, scores.map { $0.map { signed($0) } })
    step(3, "Scaled by \(factor), so that scores do not grow with the width" + maskNote)
    text += table("", tokens, scaled.map { $0.map { $0 == -.infinity ? "−∞" : signed($0) } })
    step(4, "Softmax: e to the power of each number, divided by the row's sum; every row adds up to 1")
    text += table("", tokens, weights.map { $0.map { fixed($0, 3) } })
    step(5, "Each token becomes the weighted sum of the values")
    for (row, token) in tokens.enumerated() {
      let terms = zip(weights[row], tokens).filter { $0.0 >= 0.0005 }.map { "\(fixed($0.0, 3))·\($0.1)" }
      let sum = output[row].prefix(shown).map { signed($0) }.joined(separator: " ")
      text += "   \(pad(token, tokenWidth)) = \(terms.joined(separator: " + "))\n"
      text += "   \(pad("", tokenWidth)) = [\(sum)\(shown < width ? " …" : "")]\n"
    }
    return text
  }

  private var factor: String {
    let width = query.first?.count ?? 0
    let isUsual = abs(scale * Double(width).squareRoot() - 1) < 1e-6
    return (isUsual ? "1/√\(width) = " : "") + fixed(scale, 4)
  }

  private var maskNote: String {
    kind == .decoderSelf ? "; a token may not look at those behind it (−∞)" : ""
  }

  private var tokenWidth: Int { tokens.map(\.count).max() ?? 0 }

  private func table(_ name: String, _ columns: [String], _ cells: [[String]]) -> String {
    let first = max(tokenWidth, name.count)
    let widths = columns.indices.map { column in
      max(columns[column].count, cells.map { $0[column].count }.max() ?? 0)
    }
    func line(_ head: String, _ cells: [String]) -> String {
      "   " + pad(head, first)
        + zip(cells, widths).map { "  " + String(repeating: " ", count: max($1 - $0.count, 0)) + $0 }.joined()
        + "\n"
    }
    return line(name, columns) + zip(tokens, cells).map { line($0, $1) }.joined()
  }

  private func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(width - text.count, 0))
  }

  private func signed(_ value: Double) -> String { (value < 0 ? "−" : "+") + fixed(abs(value), 3) }
}

/// A number with this many decimals.
func fixed(_ value: Double, _ decimals: Int) -> String {
  guard value.isFinite, abs(value) < 1e12 else { return value.isNaN ? "NaN" : value < 0 ? "−∞" : "∞" }
  let unit = (0..<decimals).reduce(1) { unit, _ in unit * 10 }
  let scaled = Int64((abs(value) * Double(unit)).rounded())
  let (whole, rest) = scaled.quotientAndRemainder(dividingBy: Int64(unit))
  let digits = String(rest)
  let sign = value < 0 && scaled != 0 ? "−" : ""
  guard decimals > 0 else { return "\(sign)\(whole)" }
  return "\(sign)\(whole)." + String(repeating: "0", count: decimals - digits.count) + digits
}

package func exponential(_ value: Double) -> Double { exp(value) }
