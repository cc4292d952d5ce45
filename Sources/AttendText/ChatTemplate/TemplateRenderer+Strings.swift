import AttendBase

/// What filters and methods do with strings. Positions are in bytes of UTF-8.
extension TemplateRenderer {
  func trim(_ text: String, _ characters: String?, left: Bool, right: Bool) -> String {
    let set = characters.map { Set($0.unicodeScalars) }
    func isTrimmed(_ scalar: Unicode.Scalar) -> Bool { set?.contains(scalar) ?? scalar.isTemplateSpace }
    var scalars = text.unicodeScalars[...]
    if left { while let first = scalars.first, isTrimmed(first) { scalars.removeFirst() } }
    if right { while let last = scalars.last, isTrimmed(last) { scalars.removeLast() } }
    return string(scalars)
  }

  func endsWith(_ text: String, _ part: String) -> Bool {
    text.utf8.count >= part.utf8.count && text.utf8.suffix(part.utf8.count).elementsEqual(part.utf8)
  }

  func substring(_ text: String, from start: Int = 0, to end: Int? = nil) -> String {
    let bytes = text.utf8
    let lower = bytes.index(bytes.startIndex, offsetBy: start)
    let upper = end.map { bytes.index(bytes.startIndex, offsetBy: $0) } ?? bytes.endIndex
    return String(decoding: bytes[lower..<upper], as: UTF8.self)
  }

  /// `str.split` and `str.rsplit`: by runs of white space when there is no separator.
  func split(_ text: String, by separator: String?, limit: Int, fromEnd: Bool) throws(AttendError) -> [String] {
    guard let separator else { return try splitAtSpace(text, limit: limit, fromEnd: fromEnd) }
    if separator.isEmpty { throw failure("empty separator") }
    var cuts: [Int] = []
    var start = 0
    while fromEnd || limit < 0 || cuts.count < limit, let cut = try find(separator, in: text, from: start) {
      cuts.append(cut)
      start = cut + separator.utf8.count
    }
    if fromEnd && limit >= 0 { cuts = Array(cuts.suffix(limit)) }
    let bytes = Array(text.utf8)
    var parts: [String] = []
    start = 0
    for cut in cuts {
      parts.append(String(decoding: bytes[start..<cut], as: UTF8.self))
      start = cut + separator.utf8.count
    }
    parts.append(String(decoding: bytes[start...], as: UTF8.self))
    try charge(parts.count)
    return parts
  }

  private func splitAtSpace(_ text: String, limit: Int, fromEnd: Bool) throws(AttendError) -> [String] {
    var words: [Range<String.UnicodeScalarView.Index>] = []
    let scalars = text.unicodeScalars
    var start: String.UnicodeScalarView.Index?
    for index in scalars.indices {
      if scalars[index].isTemplateSpace {
        if let wordStart = start { words.append(wordStart..<index) }
        start = nil
      } else if start == nil {
        start = index
      }
    }
    if let start { words.append(start..<scalars.endIndex) }
    try charge(words.count)
    if limit >= 0 && words.count > limit + 1 {
      // What is beyond the limit stays in one piece, with its inner white space.
      if fromEnd {
        let rest = words[words.count - limit - 1]
        let merged = words[0].lowerBound..<rest.upperBound
        words = [merged] + words.suffix(limit)
      } else {
        let merged = words[limit].lowerBound..<words[words.count - 1].upperBound
        words = words.prefix(limit) + [merged]
      }
    }
    return words.map { string(scalars[$0]) }
  }

  func lines(_ text: String) -> [String] {
    var lines: [String] = []
    var current = String.UnicodeScalarView()
    var previous: Unicode.Scalar = " "
    var isOpen = false
    for scalar in text.unicodeScalars {
      defer { previous = scalar }
      if scalar == "\n" && previous == "\r" { continue }
      switch scalar.value {
      case 0x0A...0x0D, 0x1C...0x1E, 0x85, 0x2028, 0x2029:
        lines.append(String(current))
        current = String.UnicodeScalarView()
        isOpen = false
      default:
        current.append(scalar)
        isOpen = true
      }
    }
    if isOpen { lines.append(String(current)) }
    return lines
  }

  func replace(_ text: String, _ old: String, _ new: String, count: Int) throws(AttendError) -> String {
    var result: [UInt8] = []
    let bytes = Array(text.utf8)
    if old.isEmpty {
      // Between all characters, as Python has it.
      var left = count
      for scalar in text.unicodeScalars {
        if left != 0 {
          try charge(bytes: new.utf8.count)
          result.append(contentsOf: new.utf8)
          left -= 1
        }
        result.append(contentsOf: String(Character(scalar)).utf8)
      }
      if left != 0 { result.append(contentsOf: new.utf8) }
      return String(decoding: result, as: UTF8.self)
    }
    var start = 0
    var left = count
    while left != 0, let cut = try find(old, in: text, from: start) {
      try charge(bytes: cut - start + new.utf8.count)
      result.append(contentsOf: bytes[start..<cut])
      result.append(contentsOf: new.utf8)
      start = cut + old.utf8.count
      left -= 1
    }
    result.append(contentsOf: bytes[start...])
    return String(decoding: result, as: UTF8.self)
  }

  func capitalized(_ text: String) -> String {
    guard let first = text.unicodeScalars.first else { return text }
    return first.properties.titlecaseMapping + string(text.unicodeScalars.dropFirst()).lowercased()
  }

  /// `str.title`: every run of letters starts with a capital.
  func pythonTitle(_ text: String) -> String {
    var result = ""
    var isInside = false
    for scalar in text.unicodeScalars {
      result += isInside ? scalar.properties.lowercaseMapping : scalar.properties.titlecaseMapping
      isInside = scalar.properties.isCased
    }
    return result
  }

  /// Jinja's filter `title`: every word starts with a capital, and words end at white space, hyphens and brackets.
  func jinjaTitle(_ text: String) -> String {
    var result = ""
    var isInside = false
    for scalar in text.unicodeScalars {
      result += isInside ? scalar.properties.lowercaseMapping : scalar.properties.uppercaseMapping
      isInside = !(scalar.isTemplateSpace || ["-", "(", "{", "[", "<"].contains(scalar))
    }
    return result
  }
}
