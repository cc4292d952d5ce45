import AttendBase
import AttendFormats

/// A checkpoint's chat template as text; it is parsed when a conversation starts.
package struct ChatTemplateSource: Sendable {
  package let text: String
  /// Where it comes from, for error messages.
  package let origin: String

  /// `chat_template.jinja`, else `chat_template` of `tokenizer_config.json` (a text, or a list of which the one named
  /// `default` is taken), else `tokenizer.chat_template` of a GGUF file. nil when there is none.
  /// - Throws: `damaged-file` when it is not text.
  package init?(_ checkpoint: Checkpoint) throws(AttendError) {
    if case .gguf(let metadata) = checkpoint.configuration {
      guard let text = metadata["tokenizer.chat_template"]?.stringValue else { return nil }
      self.text = text
      origin = "\(checkpoint.path): tokenizer.chat_template"
      return
    }
    if let file = try checkpoint.file("chat_template.jinja") {
      guard let text = String(validating: file.copied, as: UTF8.self) else {
        throw AttendError(.damagedFile, "\(file.path) is not UTF-8")
      }
      self.text = text
      origin = file.path
      return
    }
    origin = "\(checkpoint.path): chat_template of tokenizer_config.json"
    switch checkpoint.tokenizerConfiguration?["chat_template"] {
    case nil, .null: return nil
    case .string(let text): self.text = text
    case .array(let named):
      let chosen = named.first { $0["name"]?.stringValue == "default" } ?? (named.count == 1 ? named.first : nil)
      guard let text = chosen?["template"]?.stringValue else {
        let names = named.compactMap { $0["name"]?.stringValue }.map(quoted).joined(separator: ", ")
        throw AttendError(.unsupported, "\(origin): there are templates named \(names), but none named \"default\"")
      }
      self.text = text
    case let other?:
      throw AttendError(.damagedFile, "\(origin) is \(other.kind), expected text or a list")
    }
  }
}
