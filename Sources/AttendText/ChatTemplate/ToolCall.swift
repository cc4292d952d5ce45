import AttendBase

/// A function that the model wants called.
public struct ToolCall: Sendable, Hashable {
  public var name: String
  /// A JSON object.
  public var arguments: String
  /// What tells the call from others of its conversation: what is told of its result carries it, too. nil where nobody
  /// has given it one.
  public var id: String?

  public init(name: String, arguments: String, id: String? = nil) {
    self.name = name
    self.arguments = arguments
    self.id = id
  }

  /// Reads `{"name": …, "arguments": {…}}` and its variants: `parameters` in place of `arguments`, the arguments as text,
  /// all of it under `function`; an `id` beside either.
  /// - Returns: nil for anything else.
  package init?(_ value: JSON) {
    guard let fields = value.objectValue else { return nil }
    if let inner = fields["function"], inner.objectValue != nil {
      self.init(inner)
      if let id = fields["id"]?.stringValue, !id.isEmpty { self.id = id }
      return
    }
    guard let name = (fields["name"] ?? fields["function"])?.stringValue, !name.isEmpty else { return nil }
    let arguments: JSON.Object
    switch fields["arguments"] ?? fields["parameters"] {
    case .object(let object): arguments = object
    case .string(let text):
      guard let object = (try? JSON(parsing: text, source: "arguments"))?.objectValue else { return nil }
      arguments = object
    default: return nil
    }
    self.init(
      name: name, arguments: JSON.object(arguments).text(),
      id: fields["id"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 })
  }

  /// As interfaces exchange it: `{"id": …, "type": "function", "function": {"name": …, "arguments": …}}`.
  /// - Parameter asText: whether the arguments stay the text of an object.
  /// - Throws: `invalid-input` when the arguments are no JSON object.
  package func json(argumentsAsText asText: Bool) throws(AttendError) -> JSON {
    let parsed = try? JSON(parsing: arguments, source: name)
    guard let parsed, parsed.objectValue != nil else {
      throw AttendError(
        .invalidInput, "the arguments of the call of \(quoted(name)) are no JSON object",
        hint: "without arguments they are {}")
    }
    let function: JSON = ["name": JSON(name), "arguments": asText ? JSON(arguments) : parsed]
    var object = JSON.Object()
    if let id { object["id"] = JSON(id) }
    object["type"] = "function"
    object["function"] = function
    return .object(object)
  }
}
