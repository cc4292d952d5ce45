import AttendBase

/// Reads the part of ECMA-262 regular expressions that describes regular languages: characters and their classes, groups,
/// alternatives, repetitions, and `^` and `$` at the ends. The pattern is of a JSON string's inside.
struct RegularExpression {
  private static let depthLimit = 64

  private let scalars: [Unicode.Scalar]
  private let path: String
  private var position = 0
  private var depth = 0

  private init(_ text: String, _ path: String) {
    scalars = Array(text.unicodeScalars)
    self.path = path
  }

  /// What strings with a match of the expression look like.
  /// - Throws: `unsupported`, `invalid-input`, `limit-exceeded`, all with the place.
  static func pattern(_ text: String, path: String) throws(AttendError) -> Pattern {
    var reader = RegularExpression(text, path)
    let pattern = try reader.alternatives(isOuter: true)
    guard reader.position == reader.scalars.count else { throw reader.invalid("a \")\" without \"(\"") }
    return pattern
  }

  private func invalid(_ reason: String) -> AttendError {
    AttendError(.invalidInput, "\(path) of the JSON schema, character \(position + 1): \(reason)")
  }

  private func unsupported(_ what: String) -> AttendError {
    AttendError(
      .unsupported, "\(path) of the JSON schema, character \(position + 1): \(what) is not supported",
      hint: "write the pattern with characters, classes, groups and repetitions only")
  }

  private mutating func alternatives(isOuter: Bool) throws(AttendError) -> Pattern {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.depthLimit else {
      throw AttendError(
        .limitExceeded, "\(path) of the JSON schema: groups are nested more than \(Self.depthLimit) deep")
    }
    var parts: [Pattern] = []
    while true {
      parts.append(try sequence(isOuter: isOuter))
      guard position < scalars.count, scalars[position] == "|" else { break }
      position += 1
    }
    return parts.count == 1 ? parts[0] : .choice(parts)
  }

  private mutating func sequence(isOuter: Bool) throws(AttendError) -> Pattern {
    let anything = Pattern.repetition(StringPattern.character(of: .all), least: 0, most: nil)
    var parts: [Pattern] = []
    var (startsAnywhere, endsAnywhere) = (isOuter, isOuter)
    let start = position
    while position < scalars.count {
      switch scalars[position] {
      case "|", ")":
        return .sequence((startsAnywhere ? [anything] : []) + parts + (endsAnywhere ? [anything] : []))
      case "^":
        guard isOuter, position == start else { throw unsupported("\"^\" in the middle") }
        startsAnywhere = false
        position += 1
      case "$":
        position += 1
        guard isOuter, position == scalars.count || scalars[position] == "|" else {
          throw unsupported("\"$\" in the middle")
        }
        endsAnywhere = false
      default: parts.append(try repeated(try atom()))
      }
    }
    return .sequence((startsAnywhere ? [anything] : []) + parts + (endsAnywhere ? [anything] : []))
  }

  private mutating func atom() throws(AttendError) -> Pattern {
    let scalar = scalars[position]
    switch scalar {
    case "(":
      position += 1
      if position < scalars.count, scalars[position] == "?" {
        guard position + 1 < scalars.count, scalars[position + 1] == ":" else {
          throw unsupported("this kind of group")
        }
        position += 2
      }
      let inner = try alternatives(isOuter: false)
      guard position < scalars.count, scalars[position] == ")" else { throw invalid("expected \")\"") }
      position += 1
      return inner
    case "[": return StringPattern.character(of: try characterClass())
    case ".":
      position += 1
      return StringPattern.character(of: ScalarSet([0xA...0xA, 0xD...0xD, 0x2028...0x2029]).inverted)
    case "\\": return StringPattern.character(of: try escape(inClass: false))
    case "*", "+", "?": throw invalid("nothing to repeat")
    default:
      position += 1
      return StringPattern.character(of: ScalarSet(scalar))
    }
  }

  private mutating func repeated(_ part: Pattern) throws(AttendError) -> Pattern {
    guard position < scalars.count else { return part }
    var (least, most): (Int, Int?)
    switch scalars[position] {
    case "*": (least, most) = (0, nil)
    case "+": (least, most) = (1, nil)
    case "?": (least, most) = (0, 1)
    case "{":
      position += 1
      guard let first = number() else { throw invalid("expected a number of repetitions") }
      (least, most) = (first, first)
      if position < scalars.count, scalars[position] == "," {
        position += 1
        most = number()
      }
      guard position < scalars.count, scalars[position] == "}" else { throw invalid("expected \"}\"") }
      if let most, most < least { throw invalid("\(least) to \(most) repetitions") }
    default: return part
    }
    position += 1
    if position < scalars.count {
      // Whether the shortest match is taken changes nothing about what matches.
      if scalars[position] == "?" {
        position += 1
      } else if "*+{".unicodeScalars.contains(scalars[position]) {
        throw invalid("nothing to repeat")
      }
    }
    return .repetition(part, least: least, most: most)
  }

  private mutating func number() -> Int? {
    let start = position
    var value = 0
    while position < scalars.count, ("0"..."9").contains(scalars[position]) {
      value = min(value * 10 + Int(scalars[position].value - 0x30), Automaton.stateLimit * 4)
      position += 1
    }
    return position > start ? value : nil
  }

  // MARK: Characters

  private mutating func characterClass() throws(AttendError) -> ScalarSet {
    position += 1
    var isInverted = false
    if position < scalars.count, scalars[position] == "^" {
      isInverted = true
      position += 1
    }
    var ranges: [ClosedRange<UInt32>] = []
    while true {
      guard position < scalars.count else { throw invalid("a class that does not end") }
      if scalars[position] == "]" { break }
      let set = try member()
      guard position + 1 < scalars.count, scalars[position] == "-", scalars[position + 1] != "]" else {
        ranges += set.ranges
        continue
      }
      position += 1
      let end = try member()
      guard let first = set.single, let last = end.single, first <= last else { throw invalid("a range without order") }
      ranges.append(first...last)
    }
    position += 1
    let set = ScalarSet(ranges)
    return isInverted ? set.inverted : set
  }

  private mutating func member() throws(AttendError) -> ScalarSet {
    if scalars[position] == "\\" { return try escape(inClass: true) }
    position += 1
    return ScalarSet(scalars[position - 1])
  }

  private mutating func escape(inClass: Bool) throws(AttendError) -> ScalarSet {
    position += 1
    guard position < scalars.count else { throw invalid("nothing behind a backslash") }
    let scalar = scalars[position]
    let digits = ScalarSet([0x30...0x39])
    let words = ScalarSet([0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
    let spaces = ScalarSet([
      9...13, 0x20...0x20, 0xA0...0xA0, 0x1680...0x1680, 0x2000...0x200A, 0x2028...0x2029, 0x202F...0x202F,
      0x205F...0x205F, 0x3000...0x3000, 0xFEFF...0xFEFF,
    ])
    position += 1
    switch scalar {
    case "d": return digits
    case "D": return digits.inverted
    case "w": return words
    case "W": return words.inverted
    case "s": return spaces
    case "S": return spaces.inverted
    case "n": return ScalarSet("\n")
    case "r": return ScalarSet("\r")
    case "t": return ScalarSet("\t")
    case "f": return ScalarSet("\u{C}")
    case "v": return ScalarSet("\u{B}")
    case "b" where inClass: return ScalarSet("\u{8}")
    case "x": return ScalarSet(try hexadecimal(2))
    case "u": return ScalarSet(try hexadecimal(4))
    case "a"..."z", "A"..."Z", "0"..."9":
      position -= 1
      throw unsupported("\"\\\(scalar)\"")
    default: return ScalarSet(scalar)
    }
  }

  private mutating func hexadecimal(_ digits: Int) throws(AttendError) -> Unicode.Scalar {
    var value: UInt32 = 0
    for _ in 0..<digits {
      guard position < scalars.count, scalars[position].isASCII,
        let digit = Character(scalars[position]).hexDigitValue
      else { throw invalid("expected \(digits) hexadecimal digits") }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    guard let scalar = Unicode.Scalar(value) else { throw unsupported("half of a surrogate pair") }
    return scalar
  }
}
