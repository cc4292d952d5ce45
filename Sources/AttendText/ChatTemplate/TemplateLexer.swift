import AttendBase

struct TemplateToken: Sendable {
  enum Kind: Sendable, Equatable {
    case text(String)
    case statementStart, statementEnd
    case outputStart, outputEnd
    case name(String)
    case string(String)
    case integer(Int)
    case number(Double)
    case symbol(String)
    case end
  }

  var kind: Kind
  var line: Int
}

/// Splits a template into text and the tokens of its tags, with white space around tags removed as asked.
struct TemplateLexer {
  let name: String
  var characters: [Unicode.Scalar]
  var position = 0
  var line = 1
  var result: [TemplateToken] = []

  init(source: String, name: String) {
    self.name = name
    // Line ends of any kind are one; the very last is dropped.
    var scalars: [Unicode.Scalar] = []
    scalars.reserveCapacity(source.utf8.count)
    for scalar in source.unicodeScalars {
      if scalar == "\n", scalars.last == "\r" { scalars.removeLast() }
      scalars.append(scalar)
    }
    for index in scalars.indices where scalars[index] == "\r" { scalars[index] = "\n" }
    if scalars.last == "\n" { scalars.removeLast() }
    characters = scalars
  }

  mutating func tokens() throws(AttendError) -> [TemplateToken] {
    // Whether the text before the position ended a line, so that a tag here is the first thing on its line.
    var startsLine = true
    while position < characters.count {
      let start = nextTag()
      var text = Array(characters[position..<start])
      let newlines = text.count { $0 == "\n" }
      guard start < characters.count else {
        append(.text(string(text)))
        line += newlines
        position = start
        break
      }
      let kind = characters[start + 1]
      let sign = start + 2 < characters.count ? characters[start + 2] : " "
      if sign == "-" {
        while let last = text.last, last.isTemplateSpace { text.removeLast() }
      } else if sign != "+" && kind != "{" {
        stripLineStart(&text, startsLine: startsLine)
      }
      append(.text(string(text)))
      line += newlines
      position = start + 2
      if sign == "-" || sign == "+" { position += 1 }
      switch kind {
      case "#": try comment()
      case "%": if try !raw() { try tag(.statementStart, .statementEnd, closing: "%", dropsNewline: true) }
      default: try tag(.outputStart, .outputEnd, closing: "}", dropsNewline: false)
      }
      startsLine = position > 0 && characters[position - 1] == "\n"
    }
    result.append(TemplateToken(kind: .end, line: line))
    return result
  }

  private func nextTag() -> Int {
    var index = position
    while index + 1 < characters.count {
      if characters[index] == "{" {
        let next = characters[index + 1]
        if next == "{" || next == "%" || next == "#" { return index }
      }
      index += 1
    }
    return characters.count
  }

  /// Removes the white space before a tag that is the first thing on its line.
  private func stripLineStart(_ text: inout [Unicode.Scalar], startsLine: Bool) {
    let lineStart = text.lastIndex(of: "\n").map { $0 + 1 }
    guard lineStart != nil || startsLine else { return }
    if text[(lineStart ?? 0)...].allSatisfy(\.isTemplateSpace) { text.removeSubrange((lineStart ?? 0)...) }
  }

  private mutating func comment() throws(AttendError) {
    let start = line
    let contentStart = position
    while position + 1 < characters.count {
      if characters[position] == "#" && characters[position + 1] == "}" {
        let sign = position > contentStart ? characters[position - 1] : " "
        position += 2
        finishTag(sign: sign == "-" ? "-" : sign == "+" ? "+" : nil, dropsNewline: true)
        return
      }
      if characters[position] == "\n" { line += 1 }
      position += 1
    }
    throw damage("a comment that does not end", start)
  }

  /// Skips the white space that a closing tag takes along.
  private mutating func finishTag(sign: Unicode.Scalar?, dropsNewline: Bool) {
    if sign == "-" {
      while position < characters.count, characters[position].isTemplateSpace {
        if characters[position] == "\n" { line += 1 }
        position += 1
      }
    } else if dropsNewline && sign != "+" && position < characters.count && characters[position] == "\n" {
      line += 1
      position += 1
    }
  }

  /// `{% raw %}…{% endraw %}`; false, with nothing consumed, when this is another tag.
  private mutating func raw() throws(AttendError) -> Bool {
    let start = line
    guard var index = word("raw", at: position) else { return false }
    let trims = index < characters.count && characters[index] == "-"
    if trims { index += 1 }
    guard closes(index) else { return false }
    position = index + 2
    if trims { finishTag(sign: "-", dropsNewline: false) }
    let textStart = position
    while position < characters.count {
      if characters[position] == "{", position + 2 < characters.count, characters[position + 1] == "%" {
        let sign = characters[position + 2]
        var end = position + 2
        if sign == "-" || sign == "+" { end += 1 }
        if var close = word("endraw", at: end) {
          let closingSign = close < characters.count ? characters[close] : " "
          if closingSign == "-" || closingSign == "+" { close += 1 }
          if closes(close) {
            var text = Array(characters[textStart..<position])
            let newlines = text.count { $0 == "\n" }
            if sign == "-" {
              while let last = text.last, last.isTemplateSpace { text.removeLast() }
            } else if sign != "+" {
              stripLineStart(&text, startsLine: false)
            }
            append(.text(string(text)))
            line += newlines
            position = close + 2
            finishTag(sign: closingSign == "-" || closingSign == "+" ? closingSign : nil, dropsNewline: true)
            return true
          }
        }
      }
      position += 1
    }
    throw damage("a raw section that does not end", start)
  }

  /// The position after white space, a word and white space; nil when another word is there.
  private func word(_ word: String, at start: Int) -> Int? {
    var index = start
    while index < characters.count, characters[index].isTemplateSpace { index += 1 }
    for scalar in word.unicodeScalars {
      guard index < characters.count, characters[index] == scalar else { return nil }
      index += 1
    }
    while index < characters.count, characters[index].isTemplateSpace { index += 1 }
    return index
  }

  private func closes(_ index: Int) -> Bool {
    index + 1 < characters.count && characters[index] == "%" && characters[index + 1] == "}"
  }

  private mutating func tag(
    _ start: TemplateToken.Kind, _ end: TemplateToken.Kind, closing: Unicode.Scalar, dropsNewline: Bool
  ) throws(AttendError) {
    let startLine = line
    append(start)
    var brackets: [Unicode.Scalar] = []
    while position < characters.count {
      let scalar = characters[position]
      if scalar.isTemplateSpace {
        if scalar == "\n" { line += 1 }
        position += 1
        continue
      }
      if brackets.isEmpty, let length = closingLength(closing) {
        let sign: Unicode.Scalar? = length == 3 ? scalar : nil
        append(end)
        position += length
        finishTag(sign: sign, dropsNewline: dropsNewline)
        return
      }
      try token(scalar, &brackets)
    }
    throw damage("a tag that does not end", startLine)
  }

  /// The length of the closing delimiter at the position, with its sign; nil when something else is there.
  private func closingLength(_ closing: Unicode.Scalar) -> Int? {
    func isClosing(_ index: Int) -> Bool {
      index + 1 < characters.count && characters[index] == closing && characters[index + 1] == "}"
    }
    if isClosing(position) { return 2 }
    let sign = characters[position]
    // Only statements know the plus sign.
    let isSign = sign == "-" || sign == "+" && closing == "%"
    return isSign && isClosing(position + 1) ? 3 : nil
  }

  mutating func append(_ kind: TemplateToken.Kind) {
    if kind != .text("") { result.append(TemplateToken(kind: kind, line: line)) }
  }

  func string(_ scalars: some Sequence<Unicode.Scalar>) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return String(view)
  }

  func damage(_ reason: String, _ line: Int) -> AttendError {
    AttendError(.damagedFile, "\(name):\(line): \(reason)")
  }
}

extension Unicode.Scalar {
  /// White space as Python's `str.isspace` and `\s` have it.
  var isTemplateSpace: Bool {
    value < 0x80
      ? value == 0x20 || (0x09...0x0D).contains(value) || (0x1C...0x1F).contains(value)
      : properties.isWhitespace
  }
}
