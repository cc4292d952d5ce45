import AttendBase
import AttendFormats

/// A checkpoint's chat template as text; it is parsed when a conversation starts.
package struct ChatTemplateSource: Sendable {
  package let text: String
  /// Where it comes from, for error messages.
  package let origin: String

  private init(text: String, origin: String) {
    self.text = text
    self.origin = origin
  }

  /// `chat_template.jinja`, else `chat_template` of `tokenizer_config.json` (a text, or a list of which the one named
  /// `default` is taken), else `tokenizer.chat_template` of a GGUF file. nil when there is none.
  /// - Throws: `damaged-file` when it is not text.
  package init?(_ checkpoint: Checkpoint) throws(AttendError) {
    guard let found = try Self.find(checkpoint) else { return nil }
    self = found
  }

  /// The template for conversations with functions that the model may call, of models that have one for them besides the
  /// usual one: `tool_use` of the same list, `additional_chat_templates/tool_use.jinja`, or
  /// `tokenizer.chat_template.tool_use` of a GGUF file.
  /// - Throws: `damaged-file` when it is not text.
  package init?(forTools checkpoint: Checkpoint) throws(AttendError) {
    guard let found = try Self.findForTools(checkpoint) else { return nil }
    self = found
  }

  private static func find(_ checkpoint: Checkpoint) throws(AttendError) -> ChatTemplateSource? {
    if case .gguf = checkpoint.configuration { return metadata("tokenizer.chat_template", checkpoint) }
    if let file = try file("chat_template.jinja", checkpoint) { return file }
    let origin = origin(checkpoint)
    switch checkpoint.tokenizerConfiguration?["chat_template"] {
    case nil, .null: return nil
    case .string(let text): return ChatTemplateSource(text: text, origin: origin)
    case .array(let named):
      let chosen = named.first { $0["name"]?.stringValue == "default" } ?? (named.count == 1 ? named.first : nil)
      guard let text = chosen?["template"]?.stringValue else {
        let names = named.compactMap { $0["name"]?.stringValue }.map(quoted).joined(separator: ", ")
        throw AttendError(.unsupported, "\(origin): there are templates named \(names), but none named \"default\"")
      }
      return ChatTemplateSource(text: text, origin: origin)
    case let other?:
      throw AttendError(.damagedFile, "\(origin) is \(other.kind), expected text or a list")
    }
  }

  private static func findForTools(_ checkpoint: Checkpoint) throws(AttendError) -> ChatTemplateSource? {
    if case .gguf = checkpoint.configuration { return metadata("tokenizer.chat_template.tool_use", checkpoint) }
    if let file = try file("additional_chat_templates/tool_use.jinja", checkpoint) { return file }
    // A file of its own takes the place of the whole list.
    guard try file("chat_template.jinja", checkpoint) == nil,
      let named = checkpoint.tokenizerConfiguration?["chat_template"]?.arrayValue,
      let text = named.first(where: { $0["name"]?.stringValue == "tool_use" })?["template"]?.stringValue
    else { return nil }
    return ChatTemplateSource(text: text, origin: "\(origin(checkpoint)), tool_use")
  }

  private static func origin(_ checkpoint: Checkpoint) -> String {
    "\(checkpoint.path): chat_template of tokenizer_config.json"
  }

  private static func metadata(_ key: String, _ checkpoint: Checkpoint) -> ChatTemplateSource? {
    guard case .gguf(let metadata) = checkpoint.configuration, let text = metadata[key]?.stringValue else { return nil }
    return ChatTemplateSource(text: text, origin: "\(checkpoint.path): \(key)")
  }

  private static func file(_ name: String, _ checkpoint: Checkpoint) throws(AttendError) -> ChatTemplateSource? {
    guard let file = try checkpoint.file(name) else { return nil }
    guard let text = String(validating: file.copied, as: UTF8.self) else {
      throw AttendError(.damagedFile, "\(file.path) is not UTF-8")
    }
    return ChatTemplateSource(text: text, origin: file.path)
  }
}
