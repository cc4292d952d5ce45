/// Finds stop strings in text that comes in pieces, and lets no part of one out.
///
/// What comes out does not depend on how the text is cut: the stop string that is complete first ends the text (of those
/// complete at the same byte the longest), and text that may still become one is held back.
package struct StopMatcher {
  /// One stop string and how much of it the text so far ends with (Knuth, Morris and Pratt 1977).
  private struct Pattern {
    let text: String
    let bytes: [UInt8]
    /// For each length of a matched prefix, the length of its longest proper prefix that is also its suffix.
    let fallback: [Int]
    var matched = 0

    init(_ text: String) {
      self.text = text
      bytes = Array(text.utf8)
      var fallback = [Int](repeating: 0, count: bytes.count + 1)
      var length = 0
      for index in bytes.indices.dropFirst() {
        while length > 0, bytes[index] != bytes[length] { length = fallback[length] }
        if bytes[index] == bytes[length] { length += 1 }
        fallback[index + 1] = length
      }
      self.fallback = fallback
    }

    /// - Returns: whether the string is complete.
    mutating func advance(_ byte: UInt8) -> Bool {
      while matched > 0, bytes[matched] != byte { matched = fallback[matched] }
      if bytes[matched] == byte { matched += 1 }
      return matched == bytes.count
    }
  }

  private var patterns: [Pattern]
  private var held: [UInt8] = []

  /// - Parameter strings: empty ones are left out.
  package init(_ strings: [String]) { patterns = strings.filter { !$0.isEmpty }.map(Pattern.init) }

  /// - Returns: the text that is certain not to belong to a stop string, and the stop string that is now complete, after
  ///   which nothing more may be appended.
  package mutating func append(_ text: String) -> (text: String, stop: String?) {
    if patterns.isEmpty { return (text, nil) }
    for byte in text.utf8 {
      held.append(byte)
      var stop: Pattern?
      for index in patterns.indices where patterns[index].advance(byte) {
        if patterns[index].bytes.count > stop?.bytes.count ?? 0 { stop = patterns[index] }
      }
      if let stop {
        defer { held = [] }
        return (String(decoding: held.dropLast(stop.bytes.count), as: UTF8.self), stop.text)
      }
    }
    // A beginning of a stop string starts with the first byte of a character, so the cut is between characters.
    let kept = patterns.reduce(0) { max($0, $1.matched) }
    defer { held.removeFirst(held.count - kept) }
    return (String(decoding: held.dropLast(kept), as: UTF8.self), nil)
  }

  /// What was held back, when no more text comes.
  package mutating func finish() -> String {
    defer { held = [] }
    return String(decoding: held, as: UTF8.self)
  }
}
