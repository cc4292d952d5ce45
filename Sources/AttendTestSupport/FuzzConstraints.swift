import AttendBase
import AttendGeneration

/// Reads arbitrary bytes as a grammar and writes texts with it. Anything but an `AttendError`, or a set of tokens that
/// trying one token contradicts, is a finding.
package func fuzzGrammar(_ bytes: UnsafeRawBufferPointer) {
  guard let constraint = try? Constraint.grammar(String(decoding: bytes, as: UTF8.self)) else { return }
  write(constraint, seed: UInt64(bytes.count))
}

/// Reads arbitrary bytes as a JSON schema and writes texts that follow it.
package func fuzzJSONSchema(_ bytes: UnsafeRawBufferPointer) {
  guard let constraint = try? Constraint.jsonSchema(String(decoding: bytes, as: UTF8.self)) else { return }
  guard let text = write(constraint, seed: UInt64(bytes.count)) else { return }
  // Names of properties that the schema leaves open may come twice, which this reader refuses.
  do { _ = try JSON(parsing: text, source: "answer") } catch {
    precondition(error.message.contains("twice") || error.message.contains("duplicate"), error.message)
  }
}

/// - Returns: the text, if it came to its end.
@discardableResult
private func write(_ constraint: Constraint, seed: UInt64) -> [UInt8]? {
  let tokenizer = ListedTokenizer.json
  let masks = TokenMasks(constraint.grammar, tries)
  var random = SeededRandom(seed: seed)
  guard var state = try? ConstraintState(masks, endTokens: [tokenizer.end]) else { return nil }
  var text: [UInt8] = []
  for _ in 0..<40 {
    guard let allowed = try? state.allowed() else { return nil }
    precondition(state.mayEnd == allowed.contains(tokenizer.end))
    let choices = (0..<tokenizer.end).filter(allowed.contains)
    // All single bytes are tokens, so whatever is open goes on.
    guard let token = choices.randomElement(using: &random) else {
      precondition(state.mustEnd)
      return text
    }
    if let goesOn = try? state.advance(token) { precondition(goesOn) } else { return nil }
    text += tokenizer.bytes(of: token)
    if state.mayEnd, Bool.random(using: &random) { return text }
  }
  return nil
}

private let tries = TokenTries(ListedTokenizer.json, vocabularySize: ListedTokenizer.json.vocabularySize)

/// Reads arbitrary bytes as an answer with calls of functions. A result that depends on how the text is cut is a finding.
package func fuzzToolCalls(_ bytes: UnsafeRawBufferPointer) {
  let scalars = Array(String(decoding: bytes, as: UTF8.self).unicodeScalars)
  for format in ToolCallFormat.allCases {
    let whole = toolCalls(format, scalars, portion: max(scalars.count, 1))
    for portion in [1, 3, 16] { precondition(toolCalls(format, scalars, portion: portion) == whole) }
  }
}

/// Calls, and all text between them in one piece each.
private func toolCalls(_ format: ToolCallFormat, _ scalars: [Unicode.Scalar], portion: Int) -> [ToolCallParser.Event] {
  var parser = ToolCallParser(format)
  var found: [ToolCallParser.Event] = []
  for start in stride(from: 0, to: scalars.count, by: portion) {
    var piece = ""
    piece.unicodeScalars.append(contentsOf: scalars[start..<min(start + portion, scalars.count)])
    found += parser.append(piece)
  }
  var joined: [ToolCallParser.Event] = []
  for event in found + parser.finish() {
    // Compared byte by byte: pieces may join to other characters.
    if case .text(let text) = event, case .text(let before) = joined.last {
      joined[joined.count - 1] = .text(before + text)
    } else {
      joined.append(event)
    }
  }
  return joined
}
