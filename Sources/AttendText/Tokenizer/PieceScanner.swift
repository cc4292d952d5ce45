import AttendBase

/// Finds where pieces end. A byte that is not part of well-formed UTF-8 counts as a symbol of its own, so that any
/// bytes can be encoded.
struct PieceScanner {
  let bytes: UnsafeRawBufferPointer
  let kind: PreTokenizer
  let classes = UnicodeClass.table

  init(bytes: UnsafeRawBufferPointer, kind: PreTokenizer) {
    self.bytes = bytes
    self.kind = kind
  }

  /// The end of the piece that starts at `start`; always greater than `start`, which must be within the bytes.
  @inline(__always) func end(of start: Int) -> Int {
    switch kind {
    case .gpt2: gpt2End(of: start, digitsStandAlone: false)
    case .digitsThenGPT2: gpt2End(of: start, digitsStandAlone: true)
    case .llama3: llama3End(of: start, digits: 3)
    case .qwen2: llama3End(of: start, digits: 1)
    // Not asked here; any end greater than the start keeps the promise.
    case .patterns: bytes.count
    }
  }

  /// Class and length of the scalar at a position within the bytes.
  @inline(__always) func scalar(at position: Int) -> (class: UInt8, length: Int) {
    let byte = bytes[position]
    if byte < 0x80 { return (classes.bytes[Int(byte)], 1) }
    return longScalar(at: position)
  }

  @inline(never) private func longScalar(at position: Int) -> (class: UInt8, length: Int) {
    let (value, length) = scalarValue(at: position)
    return (classes[value], length)
  }

  private func scalarValue(at position: Int) -> (value: UInt32, length: Int) {
    let first = UInt32(bytes[position])
    func next(_ offset: Int) -> UInt32 { UInt32(bytes[position + offset] & 0x3F) }
    switch UTF8Sequence.length(bytes, at: position) {
    case 1: return (first, 1)
    case 2: return ((first & 0x1F) << 6 | next(1), 2)
    case 3: return ((first & 0x0F) << 12 | next(1) << 6 | next(2), 3)
    case 4: return ((first & 0x07) << 18 | next(1) << 12 | next(2) << 6 | next(3), 4)
    default: return (0x10FFFF, 1)
    }
  }

  /// The end of the run of one class that goes on at `start`.
  @inline(__always) private func endOfRun(_ start: Int, _ wanted: UInt8) -> Int {
    var position = start
    while position < bytes.count {
      let (found, length) = scalar(at: position)
      if found != wanted { break }
      position += length
    }
    return position
  }

  /// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
  ///
  /// When digits stand alone the pattern sees each stretch between number characters as a text of its own.
  @inline(__always) private func gpt2End(of start: Int, digitsStandAlone: Bool) -> Int {
    let first = bytes[start]
    if first == UInt8(ascii: "'") {
      let length = contractionLength(at: start)
      if length > 0 { return start + length }
    }
    let content = first == UInt8(ascii: " ") && start + 1 < bytes.count ? start + 1 : start
    let (found, length) = scalar(at: content)
    switch found {
    case UnicodeClass.space: return endOfSpace(start, beforeNumber: digitsStandAlone)
    case UnicodeClass.number where digitsStandAlone: return content == start ? start + length : content
    default: return endOfRun(content + length, found)
    }
  }

  /// `\s+(?!\S)|\s+` from a white-space scalar on: the run, less its last scalar when text follows it.
  @inline(__always) private func endOfSpace(_ start: Int, beforeNumber: Bool) -> Int {
    var position = start
    var last = start
    while position < bytes.count {
      let (found, length) = scalar(at: position)
      if found != UnicodeClass.space {
        let textEnds = beforeNumber && found == UnicodeClass.number
        return textEnds || last == start ? position : last
      }
      last = position
      position += length
    }
    return position
  }

  private func contractionLength(at start: Int) -> Int {
    guard start + 1 < bytes.count else { return 0 }
    switch bytes[start + 1] {
    case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"): return 2
    case UInt8(ascii: "r"), UInt8(ascii: "v"): return followed(start + 2, by: UInt8(ascii: "e")) ? 3 : 0
    case UInt8(ascii: "l"): return followed(start + 2, by: UInt8(ascii: "l")) ? 3 : 0
    default: return 0
    }
  }

  private func followed(_ position: Int, by byte: UInt8) -> Bool {
    position < bytes.count && bytes[position] == byte
  }
}

extension PieceScanner {
  /// `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|`
  /// `\s+(?!\S)|\s+`, with `digits` in place of the three.
  private func llama3End(of start: Int, digits: Int) -> Int {
    let first = bytes[start]
    if first == UInt8(ascii: "'") {
      let length = anyCaseContractionLength(at: start)
      if length > 0 { return start + length }
    }
    let (found, length) = scalar(at: start)
    if found == UnicodeClass.letter { return endOfRun(start + length, UnicodeClass.letter) }
    if found == UnicodeClass.number { return endOfDigits(start, digits) }
    let next = start + length
    let following = next < bytes.count ? scalar(at: next) : (UnicodeClass.space, 0)
    if following.0 == UnicodeClass.letter && first != 0x0D && first != 0x0A {
      return endOfRun(next + following.1, UnicodeClass.letter)
    }
    if found == UnicodeClass.other { return endOfLineBreaks(endOfRun(next, UnicodeClass.other)) }
    if first == UInt8(ascii: " ") && following.0 == UnicodeClass.other {
      return endOfLineBreaks(endOfRun(next + following.1, UnicodeClass.other))
    }
    let run = endOfRun(start, UnicodeClass.space)
    var lineEnd = run
    while lineEnd > start, bytes[lineEnd - 1] != 0x0D, bytes[lineEnd - 1] != 0x0A { lineEnd -= 1 }
    return lineEnd > start ? lineEnd : endOfSpace(start, beforeNumber: false)
  }

  private func endOfDigits(_ start: Int, _ limit: Int) -> Int {
    var position = start
    for _ in 0..<limit where position < bytes.count {
      let (found, length) = scalar(at: position)
      if found != UnicodeClass.number { break }
      position += length
    }
    return position
  }

  private func endOfLineBreaks(_ start: Int) -> Int {
    var position = start
    while position < bytes.count, bytes[position] == 0x0D || bytes[position] == 0x0A { position += 1 }
    return position
  }

  private func anyCaseContractionLength(at start: Int) -> Int {
    guard start + 1 < bytes.count else { return 0 }
    switch bytes[start + 1] | 0x20 {
    case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"):
      return bytes[start + 1] < 0x80 && bytes[start + 1] >= 0x41 ? 2 : 0
    case UInt8(ascii: "r"), UInt8(ascii: "v"): return followedInAnyCase(start + 2, by: UInt8(ascii: "e")) ? 3 : 0
    case UInt8(ascii: "l"): return followedInAnyCase(start + 2, by: UInt8(ascii: "l")) ? 3 : 0
    // U+017F, the long s, is an s to a pattern that ignores case.
    case 0xE5 where bytes[start + 1] == 0xC5: return followed(start + 2, by: 0xBF) ? 3 : 0
    default: return 0
    }
  }

  private func followedInAnyCase(_ position: Int, by byte: UInt8) -> Bool {
    position < bytes.count && bytes[position] | 0x20 == byte && bytes[position] >= 0x41
  }
}
