import AttendBase

extension TemplateLexer {
  /// Reads one token inside a tag.
  mutating func token(_ scalar: Unicode.Scalar, _ brackets: inout [Unicode.Scalar]) throws(AttendError) {
    if scalar == "'" || scalar == "\"" {
      let start = line
      let text = try quoted(scalar)
      result.append(TemplateToken(kind: .string(text), line: start))
    } else if ("0"..."9").contains(scalar) {
      try number()
    } else if scalar.startsTemplateName {
      let start = position
      while position < characters.count, characters[position].continuesTemplateName {
        position += 1
      }
      append(.name(string(characters[start..<position])))
    } else {
      try symbol(scalar, &brackets)
    }
  }

  private mutating func symbol(_ scalar: Unicode.Scalar, _ brackets: inout [Unicode.Scalar]) throws(AttendError) {
    if let pair = longSymbol(scalar) {
      append(.symbol(pair))
      position += 2
      return
    }
    switch scalar {
    case "(": brackets.append(")")
    case "[": brackets.append("]")
    case "{": brackets.append("}")
    case ")", "]", "}":
      guard brackets.popLast() == scalar else { throw damage("unexpected \"\(scalar)\"", line) }
    case "+", "-", "*", "/", "%", "~", "<", ">", "=", ".", ",", ":", "|": break
    default: throw damage("unexpected character \(JSON.string(String(Character(scalar))).text())", line)
    }
    append(.symbol(String(Character(scalar))))
    position += 1
  }

  private func longSymbol(_ scalar: Unicode.Scalar) -> String? {
    guard position + 1 < characters.count else { return nil }
    switch (scalar, characters[position + 1]) {
    case ("*", "*"): return "**"
    case ("/", "/"): return "//"
    case ("=", "="): return "=="
    case ("!", "="): return "!="
    case ("<", "="): return "<="
    case (">", "="): return ">="
    default: return nil
    }
  }

  private mutating func number() throws(AttendError) {
    var digits: [Unicode.Scalar] = []
    var isInteger = true
    func at(_ index: Int) -> Unicode.Scalar { index < characters.count ? characters[index] : " " }
    func readDigits() {
      while ("0"..."9").contains(at(position)) || at(position) == "_" && ("0"..."9").contains(at(position + 1)) {
        if at(position) != "_" { digits.append(at(position)) }
        position += 1
      }
    }
    readDigits()
    if at(position) == ".", ("0"..."9").contains(at(position + 1)) {
      isInteger = false
      digits.append(".")
      position += 1
      readDigits()
    }
    if at(position) == "e" || at(position) == "E" {
      let signed = at(position + 1) == "+" || at(position + 1) == "-"
      if ("0"..."9").contains(at(position + (signed ? 2 : 1))) {
        isInteger = false
        digits.append("e")
        if signed { digits.append(at(position + 1)) }
        position += signed ? 2 : 1
        readDigits()
      }
    }
    if at(position).properties.isXIDContinue { throw damage("a number that runs into a word", line) }
    let text = string(digits)
    if isInteger {
      guard let value = Int(text) else { throw damage("the number \(text.prefix(40)) is too large", line) }
      append(.integer(value))
    } else {
      guard let value = Double(text), value.isFinite else { throw damage("the number \(text) is too large", line) }
      append(.number(value))
    }
  }

  /// A string literal with Python's escapes.
  private mutating func quoted(_ quote: Unicode.Scalar) throws(AttendError) -> String {
    let startLine = line
    var content: [Unicode.Scalar] = []
    position += 1
    while position < characters.count {
      let scalar = characters[position]
      position += 1
      if scalar == quote { return string(content) }
      if scalar == "\n" { line += 1 }
      if scalar != "\\" {
        content.append(scalar)
        continue
      }
      guard position < characters.count else { break }
      let escaped = characters[position]
      position += 1
      switch escaped {
      case "n": content.append("\n")
      case "t": content.append("\t")
      case "r": content.append("\r")
      case "b": content.append("\u{8}")
      case "f": content.append("\u{C}")
      case "v": content.append("\u{B}")
      case "a": content.append("\u{7}")
      case "\\", "'", "\"": content.append(escaped)
      case "\n": line += 1
      case "0"..."7": content.append(try octal(escaped))
      case "x": content.append(try hexadecimal(2))
      case "u": content.append(try hexadecimal(4))
      case "U": content.append(try hexadecimal(8))
      case "N": throw AttendError(.unsupported, "\(name):\(line): the escape \\N in a string is not supported")
      default: content.append(contentsOf: ["\\", escaped])
      }
    }
    throw damage("a string that does not end", startLine)
  }

  private mutating func octal(_ first: Unicode.Scalar) throws(AttendError) -> Unicode.Scalar {
    var value = first.value - 0x30
    for _ in 0..<2 where position < characters.count && ("0"..."7").contains(characters[position]) {
      value = value << 3 | (characters[position].value - 0x30)
      position += 1
    }
    guard let scalar = Unicode.Scalar(value) else { throw damage("a bad escape in a string", line) }
    return scalar
  }

  private mutating func hexadecimal(_ count: Int) throws(AttendError) -> Unicode.Scalar {
    var value: UInt32 = 0
    for _ in 0..<count {
      guard position < characters.count, characters[position].isASCII,
        let digit = Character(characters[position]).hexDigitValue
      else { throw damage("a bad escape in a string", line) }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    guard let scalar = Unicode.Scalar(value) else { throw damage("a bad escape in a string", line) }
    return scalar
  }
}

extension Unicode.Scalar {
  /// What Python takes for the first character of a name; ASCII without a look into the Unicode tables.
  fileprivate var startsTemplateName: Bool {
    isASCII ? self == "_" || ("a"..."z").contains(self) || ("A"..."Z").contains(self) : properties.isXIDStart
  }

  fileprivate var continuesTemplateName: Bool {
    isASCII ? startsTemplateName || ("0"..."9").contains(self) : properties.isXIDContinue
  }
}
