import AttendBase
import AttendGeneration
import AttendText

/// Turns a conversation into token ids as the model was trained to see it.
///
/// **What users write cannot forge the structure.** Special tokens (`<|im_end|>`) count only where the template itself
/// writes them. Where one is written out in a message, a mark that occurs in no message is put behind its first
/// character; the rendered text is cut at the marks and its parts are encoded one by one, so that no part holds the whole
/// token. A conversation in which nobody writes a special token is encoded in one piece, with the ids of the reference
/// implementation.
package struct ChatPrompt: Sendable {
  private let template: ChatTemplate
  private let tokenizer: any Tokenizer
  private let special: [[UInt8]]
  private let variables: JSON.Object
  private let tools: Tools?
  /// Whether the template writes out calls of functions that an assistant made. Without that they are part of its text,
  /// as the model wrote them.
  package let writesCalls: Bool

  /// - Parameter tools: what the model may call.
  /// - Throws: `unsupported` when the model has no chat template or the template uses what this version lacks,
  ///   `damaged-file` when it cannot be parsed.
  package init(_ model: LanguageModel, tools: Tools? = nil) throws(AttendError) {
    guard let source = model.template(forTools: tools != nil) else {
      throw AttendError(
        .unsupported, "\(model.info.path) has no chat template",
        hint: "it is a model that continues text: use `generate`, or an \"Instruct\" version of it")
    }
    let tokenizer = try model.tokenizer
    self.tokenizer = tokenizer
    template = try ChatTemplate(source: source.text, name: source.origin)
    special = (0..<Int32(clamping: tokenizer.vocabularySize)).filter(tokenizer.isSpecial).map {
      Array(tokenizer.bytes(of: $0))
    }.filter { !$0.isEmpty }
    var variables = JSON.Object()
    let roles = tokenizer.specialTokens
    for (name, id) in [
      ("bos_token", roles.beginning), ("eos_token", roles.end), ("unk_token", roles.unknown),
      ("pad_token", roles.padding),
    ] {
      if let id { variables[name] = JSON(String(decoding: tokenizer.bytes(of: id), as: UTF8.self)) }
    }
    self.variables = variables
    self.tools = tools
    if let tools { variables["tools"] = tools.definitions }
    writesCalls = tools != nil && template.writesCalls(variables)
  }

  /// The ids of a conversation, ready for the model's next message.
  package func encode(_ messages: [ChatMessage]) throws(AttendError) -> [Int32] {
    let mark = try mark(absentFrom: messages.flatMap(\.texts) + [tools?.definitions.text() ?? ""])
    var variables = variables
    if let tools { variables["tools"] = breaking(tools.definitions, with: mark) }
    let guarded = messages.map { breaking($0, with: mark) }
    let text = try template.render(messages: guarded, addGenerationPrompt: true, variables: variables)
    var ids: [Int32] = []
    for part in text.unicodeScalars.split(separator: mark, omittingEmptySubsequences: true) {
      ids += try tokenizer.encode(String(part), allowSpecial: true)
    }
    return ids
  }

  /// One of Unicode's noncharacters, which have no meaning in text.
  private func mark(absentFrom texts: [String]) throws(AttendError) -> Unicode.Scalar {
    let candidates = (UInt32(0xFDD0)...0xFDEF).lazy.compactMap(Unicode.Scalar.init)
    let free = candidates.first { mark in
      !texts.contains { $0.unicodeScalars.contains(mark) }
    }
    guard let free else {
      throw AttendError(
        .invalidInput, "the conversation holds every noncharacter from U+FDD0 to U+FDEF", hint: "remove one of them")
    }
    return free
  }

  /// A message in which no special token is whole. Its role is the caller's, not what somebody wrote.
  private func breaking(_ message: ChatMessage, with mark: Unicode.Scalar) -> ChatMessage {
    var message = message
    func guarded(_ text: String) -> String { Self.breaking(special, in: text, with: mark) }
    message.content = guarded(message.content)
    message.name = message.name.map(guarded)
    message.toolCallID = message.toolCallID.map(guarded)
    message.toolCalls = message.toolCalls.map { call in
      // Strings within the arguments have escapes: a token that they spell is looked for in what they stand for.
      let arguments = (try? JSON(parsing: call.arguments, source: call.name)).map { breaking($0, with: mark).text() }
      return ToolCall(name: guarded(call.name), arguments: arguments ?? call.arguments, id: call.id.map(guarded))
    }
    return message
  }

  /// The same for all strings of a value.
  private func breaking(_ value: JSON, with mark: Unicode.Scalar) -> JSON {
    switch value {
    case .string(let text): return .string(Self.breaking(special, in: text, with: mark))
    case .array(let values): return .array(values.map { breaking($0, with: mark) })
    case .object(let members):
      var object = JSON.Object()
      for (key, member) in members {
        object[Self.breaking(special, in: key, with: mark)] = breaking(member, with: mark)
      }
      return .object(object)
    default: return value
    }
  }

  /// Puts `mark` behind the first character of every special token that is written out in a text.
  package static func breaking(_ special: [[UInt8]], in text: String, with mark: Unicode.Scalar) -> String {
    let bytes = Array(text.utf8)
    let firsts = Set(special.map { $0[0] })
    guard bytes.contains(where: firsts.contains) else { return text }
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var index = 0
    while index < bytes.count {
      let rest = bytes[index...]
      let isToken = firsts.contains(rest[index]) && special.contains { rest.starts(with: $0) }
      repeat {
        result.append(bytes[index])
        index += 1
      } while index < bytes.count && bytes[index] & 0xC0 == 0x80
      if isToken { result += Array(String(mark).utf8) }
    }
    return String(decoding: result, as: UTF8.self)
  }
}

extension ChatMessage {
  /// All that somebody may have written.
  fileprivate var texts: [String] {
    // Arguments without their escapes, by which a noncharacter could hide.
    let arguments = toolCalls.map { call in
      (try? JSON(parsing: call.arguments, source: call.name)).map { $0.text() } ?? call.arguments
    }
    return [content, toolCallID ?? "", name ?? ""] + toolCalls.flatMap { [$0.name, $0.id ?? ""] } + arguments
  }
}
