import AttendBase

/// A function that the model wants called.
public struct ToolCall: Sendable, Hashable {
  public var name: String
  /// A JSON object.
  public var arguments: String

  public init(name: String, arguments: String) {
    self.name = name
    self.arguments = arguments
  }

  /// Reads `{"name": …, "arguments": {…}}` and its variants: `parameters` in place of `arguments`, the arguments as text,
  /// all of it under `function`.
  /// - Returns: nil for anything else.
  init?(_ value: JSON) {
    guard let fields = value.objectValue else { return nil }
    if let inner = fields["function"], inner.objectValue != nil {
      self.init(inner)
      return
    }
    guard let name = (fields["name"] ?? fields["function"])?.stringValue, !name.isEmpty else { return nil }
    switch fields["arguments"] ?? fields["parameters"] {
    case .object(let object): self.init(name: name, arguments: JSON.object(object).text())
    case .string(let text):
      guard let object = try? JSON(parsing: text, source: "arguments"), object.objectValue != nil else { return nil }
      self.init(name: name, arguments: object.text())
    default: return nil
    }
  }
}

/// What a model may call, as its chat template wants it: a list of `{"type": "function", "function": {…}}`.
public struct Tools: Sendable {
  package let definitions: JSON

  /// - Parameter json: a JSON array of objects.
  /// - Throws: `damaged-file` when it is not JSON, `invalid-input` when it is something else than a list of objects.
  public init(json: String) throws(AttendError) {
    definitions = try JSON(parsing: json, source: "the list of tools")
    guard let tools = definitions.arrayValue, !tools.isEmpty, tools.allSatisfy({ $0.objectValue != nil }) else {
      throw AttendError(
        .invalidInput, "the list of tools is \(definitions.kind), expected an array of objects",
        hint: "such as [{\"type\": \"function\", \"function\": {\"name\": …, \"parameters\": {…}}}]")
    }
  }
}

/// How a model writes that it wants a function called.
public enum ToolCallFormat: Sendable, Hashable, CaseIterable {
  /// `<tool_call>{"name": …, "arguments": {…}}</tool_call>`: Hermes, Qwen, SmolLM.
  case tagged
  /// The whole message is `{"name": …, "parameters": {…}}`, perhaps behind `<|python_tag|>`: Llama 3.
  case message
  /// `[TOOL_CALLS] [{"name": …, "arguments": {…}}]`: Mistral.
  case list
  /// Any of these.
  case any

  /// The one that a chat template writes.
  public init(template: String) {
    if template.contains("<tool_call>") {
      self = .tagged
    } else if template.contains("[TOOL_CALLS]") {
      self = .list
    } else if template.contains("<|python_tag|>") || template.contains("ipython") {
      self = .message
    } else {
      self = .any
    }
  }

  /// What a call begins with, and what ends it.
  var openings: [(text: String, end: String)] {
    let tagged = ("<tool_call>", "</tool_call>")
    return switch self {
    case .tagged: [tagged]
    case .message: [("<|python_tag|>", "")]
    case .list: [("[TOOL_CALLS]", "")]
    case .any: [tagged, ("<|python_tag|>", ""), ("[TOOL_CALLS]", "")]
    }
  }

  /// Whether a message may be a call without any mark.
  var isWholeMessage: Bool { self == .message || self == .any }

  /// Marks that some vocabularies have as control tokens, which are part of a call all the same.
  func isMark(_ text: some StringProtocol) -> Bool { openings.contains { $0.text == text || $0.end == text } }
}
