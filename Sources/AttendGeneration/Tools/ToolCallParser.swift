import AttendBase
import AttendText

/// Finds calls of functions in text that comes in pieces.
///
/// No text is lost: what turns out not to be a call comes through as it was. What comes out does not depend on how the
/// text is cut, but for the cuts of the text itself. Work is linear in the text.
package struct ToolCallParser {
  package enum Event: Sendable, Equatable {
    case text(String)
    case call(ToolCall)
  }

  private enum State {
    /// Text; what is held may become an opening.
    case text
    /// Behind an opening, before its JSON or a name.
    case opened
    /// Within a name before the arguments, or the id behind it.
    case named
    /// Within JSON.
    case json
    /// Behind JSON, before what ends the call.
    case closing
  }

  /// Bytes that a call may have; longer ones are text.
  private static let limit = 1 << 20
  /// Bytes of white space between a call's JSON and what ends it.
  private static let spaceLimit = 256
  /// Bytes of a name before the arguments, and of an id.
  private static let nameLimit = 256

  private let format: ToolCallFormat
  private var state = State.text
  /// Bytes that are not known to be text or a call yet.
  private var held: [UInt8] = []
  private var opening: ToolCallFormat.Opening?
  /// Where the name before the arguments, or the id behind it, starts; the name and the id that are complete.
  private var name: (start: Int, parts: [String])?
  /// Where the JSON starts in `held`, and where it ends.
  private var json = 0..<0
  private var depth = 0
  private var isInString = false
  private var isEscaped = false
  /// Whether nothing but white space and calls has come so far.
  private var isAtStart = true
  private var text: [UInt8] = []
  private var events: [Event] = []

  package init(_ format: ToolCallFormat) { self.format = format }

  /// - Returns: what has become certain.
  package mutating func append(_ text: String) -> [Event] {
    for byte in text.utf8 { take(byte) }
    flush()
    defer { events = [] }
    return events
  }

  /// What was held back, when no more text comes. A call whose closing mark is missing counts.
  package mutating func finish() -> [Event] {
    if case .closing = state, held[json.upperBound...].allSatisfy(Self.isSpace), let calls = calls() {
      report(calls)
    }
    text += held
    held = []
    state = .text
    flush()
    defer { events = [] }
    return events
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (9...13).contains(byte) }

  private mutating func take(_ byte: UInt8) {
    switch state {
    case .text: takeText(byte)
    case .opened: takeOpened(byte)
    case .named: takeName(byte)
    case .json: takeJSON(byte)
    case .closing: takeClosing(byte)
    }
  }

  private mutating func takeText(_ byte: UInt8) {
    held.append(byte)
    if format.isWholeMessage, isAtStart, byte == UInt8(ascii: "{"), held.dropLast().allSatisfy(Self.isSeparator) {
      (opening, name) = (nil, nil)
      return startJSON(at: held.count - 1)
    }
    while !held.isEmpty {
      if let found = format.openings.first(where: { $0.rawValue.utf8.elementsEqual(held) }) {
        (opening, name) = (found, nil)
        state = .opened
        return
      }
      if format.openings.contains(where: { $0.rawValue.utf8.starts(with: held) }) { return }
      // White space before a message that is a call belongs to it.
      if format.isWholeMessage, isAtStart, held.count < 4096, held.allSatisfy(Self.isSeparator) { return }
      if let mark = held.indices.dropFirst().first(where: { start in
        format.openings.contains { $0.rawValue.utf8.starts(with: held[start...]) }
      }) {
        isAtStart = isAtStart && held[..<mark].allSatisfy(Self.isSpace)
        text += held[..<mark]
        held.removeFirst(mark)
      } else {
        isAtStart = isAtStart && held.allSatisfy(Self.isSpace)
        text += held
        held = []
      }
    }
  }

  /// Calls without marks are parted by semicolons.
  private static func isSeparator(_ byte: UInt8) -> Bool { isSpace(byte) || byte == UInt8(ascii: ";") }

  private mutating func takeOpened(_ byte: UInt8) {
    held.append(byte)
    if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") && name == nil {
      startJSON(at: held.count - 1)
    } else if Self.isSpace(byte) {
      if held.count > Self.limit { giveUp() }
    } else if opening?.takesName == true, name == nil, Self.isOfName(byte) {
      name = (held.count - 1, [])
      state = .named
    } else {
      giveUp(keeping: 1)
    }
  }

  /// Letters, digits and what joins them.
  private static func isOfName(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), 0x80...: true
    case UInt8(ascii: "-")...UInt8(ascii: ":"), UInt8(ascii: "_"): true
    default: false
    }
  }

  /// Takes `name[ARGS]` or `name[CALL_ID]id[ARGS]` apart.
  private mutating func takeName(_ byte: UInt8) {
    held.append(byte)
    guard let (start, parts) = name, held.count - start <= Self.nameLimit else { return giveUp(keeping: 1) }
    // A divider has at most nine bytes.
    guard let bracket = held[max(start, held.count - 9)...].lastIndex(of: UInt8(ascii: "[")) else {
      if !Self.isOfName(byte) { giveUp(keeping: 1) }
      return
    }
    let mark = held[bracket...]
    let dividers = ToolCallFormat.Divider.allCases.filter { $0 == .arguments || parts.isEmpty }
    guard bracket > start, dividers.contains(where: { $0.rawValue.utf8.starts(with: mark) }) else {
      return giveUp(keeping: mark.count)
    }
    guard let divider = dividers.first(where: { $0.rawValue.utf8.elementsEqual(mark) }) else { return }
    name = (held.count, parts + [String(decoding: held[start..<bracket], as: UTF8.self)])
    if divider == .arguments { state = .opened }
  }

  private mutating func startJSON(at position: Int) {
    state = .json
    json = position..<position
    depth = 1
    (isInString, isEscaped) = (false, false)
  }

  private mutating func takeJSON(_ byte: UInt8) {
    held.append(byte)
    guard held.count <= Self.limit else { return giveUp() }
    if isInString {
      if isEscaped {
        isEscaped = false
      } else if byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else if byte == UInt8(ascii: "\"") {
        isInString = false
      }
      return
    }
    switch byte {
    case UInt8(ascii: "\""): isInString = true
    case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
    case UInt8(ascii: "}"), UInt8(ascii: "]"):
      depth -= 1
      guard depth == 0 else { return }
      json = json.lowerBound..<held.count
      guard let calls = calls() else { return giveUp() }
      if opening?.end.isEmpty ?? true { report(calls) } else { state = .closing }
    default: break
    }
  }

  private mutating func takeClosing(_ byte: UInt8) {
    held.append(byte)
    let rest = held[json.upperBound...].drop(while: Self.isSpace)
    let end = (opening?.end ?? "").utf8
    if rest.elementsEqual(end) {
      if let calls = calls() { report(calls) }
    } else if !end.starts(with: rest) || held.count - json.upperBound > Self.spaceLimit {
      giveUp(keeping: rest.count)
    }
  }

  /// The JSON as calls, all of them or none.
  private func calls() -> [ToolCall]? {
    guard let value = try? JSON(parsing: Array(held[json]), source: "call") else { return nil }
    if let parts = name?.parts, let first = parts.first {
      return value.objectValue == nil
        ? nil : [ToolCall(name: first, arguments: value.text(), id: parts.count > 1 ? parts[1] : nil)]
    }
    let values = value.arrayValue ?? [value]
    let calls = values.compactMap(ToolCall.init)
    return calls.count == values.count && !calls.isEmpty ? calls : nil
  }

  private mutating func report(_ calls: [ToolCall]) {
    flush()
    events += calls.map(Event.call)
    held = []
    state = .text
  }

  /// What is held is text, but for its last bytes, which may begin something.
  private mutating func giveUp(keeping count: Int = 0) {
    let rest = held.suffix(count)
    text += held.dropLast(count)
    held = []
    state = .text
    isAtStart = false
    for byte in rest { take(byte) }
  }

  /// Held-back bytes never split a character: openings are ASCII, and JSON starts and ends with ASCII.
  private mutating func flush() {
    guard !text.isEmpty else { return }
    events.append(.text(String(decoding: text, as: UTF8.self)))
    text = []
  }
}
