import AttendBase
import AttendFormats

/// How GGUF files write a family down: which metadata are which fields of its `config.json`, which tensors are which
/// parameters. So a family has one configuration and one set of names, whatever the format.
public struct GGUFMap: Sendable {
  /// What a file does to a weight's rows.
  public enum Layout: Sendable {
    case same
    /// `[inputs, outputs]` in Hugging Face's checkpoint, `[outputs, inputs]` here.
    case transposed
    /// The rows of each query (or key) head are reordered so that channels that turn together are neighbours.
    case rotaryQueries, rotaryKeys
    /// The file holds 1 + the parameter, a vector.
    case plusOne
    /// The file stacks the same parameter of several experts, whose numbers stand for `*`.
    case stacked
    /// A vector in the file, a matrix of one row here.
    case oneRow
    /// All queries, then all keys, then all values in the file; head by head here.
    case headByHead
  }

  /// A field of `config.json` and the key below the architecture's name that says the same.
  public struct Field: Sendable {
    /// What the file's value is. Readers are strict about it: a count is `uint32`, a number `float32`.
    public enum Kind: Sendable {
      case count, number, flag, text
    }

    public let name, key: String
    public let kind: Kind

    static func count(_ name: String, _ key: String) -> Field { Field(name: name, key: key, kind: .count) }
    static func number(_ name: String, _ key: String) -> Field { Field(name: name, key: key, kind: .number) }
    static func flag(_ name: String, _ key: String) -> Field { Field(name: name, key: key, kind: .flag) }
    static func text(_ name: String, _ key: String) -> Field { Field(name: name, key: key, kind: .text) }
  }

  /// `general.architecture`.
  public let architecture: String
  public let fields: [Field]
  /// Fields that are true when the file has a parameter, false when it has not.
  public let impliedBy: [(field: String, parameter: String)]
  /// Parameter name and tensor name; `{}` stands for the layer's number, `*` for an expert's.
  public let weights: [(parameter: String, tensor: String, layout: Layout)]
  /// Keys below the architecture's name that do not touch a forward pass.
  public let harmless: Set<String>
  /// Fields that follow from others, where files leave them to their readers. What is written has to be what they then
  /// read: a file is read back before it is written (``GGUFFamily``).
  let complete: @Sendable (inout JSON.Object) -> Void

  public init(
    architecture: String, fields: [Field],
    impliedBy: [(field: String, parameter: String)] = [],
    weights: [(parameter: String, tensor: String, layout: Layout)], harmless: Set<String> = [],
    complete: @escaping @Sendable (inout JSON.Object) -> Void = { _ in }
  ) {
    self.architecture = architecture
    self.fields = fields
    self.impliedBy = impliedBy
    self.weights = weights
    self.harmless = harmless
    self.complete = complete
  }

  /// The parameter that a tensor holds, or nil for a tensor that the family does not know.
  func parameter(of tensor: String) -> (name: String, layout: Layout)? {
    // blk.12.attn_q.weight → blk.{}.attn_q.weight and 12
    var components = tensor.split(separator: ".", omittingEmptySubsequences: false)
    var layer: Substring?
    if components.count > 2, components[0] == "blk", components[1].allSatisfy(\.isNumber) {
      layer = components[1]
      components[1] = "{}"
    }
    let pattern = components.joined(separator: ".")
    guard let entry = weights.first(where: { $0.tensor == pattern }) else { return nil }
    guard let layer else { return (entry.parameter, entry.layout) }
    return (
      entry.parameter.split(separator: ".").map { $0 == "{}" ? layer : $0 }.joined(separator: "."),
      entry.layout
    )
  }

  /// The file's metadata as the fields of a `config.json`.
  /// - Throws: `unsupported` for a key below the architecture's name that is not known.
  func configuration(_ metadata: GGUFMetadata, _ tensors: TensorDirectory, origin: String) throws
    -> JSON.Object
  {
    try configuration(
      metadata, tensors: Set(tensors.names), vocabularySize: tensors.entry("token_embd.weight")?.shape.first,
      origin: origin)
  }

  /// - Parameters:
  ///   - tensors: the names of the file's tensors.
  ///   - vocabularySize: the rows of its table of tokens.
  func configuration(
    _ metadata: GGUFMetadata, tensors: Set<String>, vocabularySize: Int?, origin: String
  ) throws -> JSON.Object {
    var object = JSON.Object()
    let present = Set(tensors.compactMap { parameter(of: $0)?.name })
    for (field, parameter) in impliedBy { object[field] = JSON(present.contains(parameter)) }
    object["tie_word_embeddings"] = JSON(!tensors.contains("output.weight"))
    // The vocabulary is as large as its table: files disagree on where else to write it.
    if let vocabularySize { object["vocab_size"] = JSON(vocabularySize) }
    let prefix = architecture + "."
    for (key, value) in metadata.entries where key.hasPrefix(prefix) {
      let name = String(key.dropFirst(prefix.count))
      if let field = fields.first(where: { $0.key == name })?.name {
        object[field] = try Self.json(value, key: key, origin: origin)
      } else if !harmless.contains(name) && !Self.harmlessKeys.contains(name) {
        // Zero, false and empty say that a feature is absent.
        if value.intValue == 0 || value.doubleValue == 0 || value.boolValue == false
          || value.stringValue == ""
        {
          continue
        }
        throw AttendError(
          .unsupported,
          "\(origin): the key \"\(key)\" is not known to this version and may change results",
          hint: "use another version of this model, such as its safetensors")
      }
    }
    complete(&object)
    return object
  }

  private static let harmlessKeys: Set<String> = ["vocab_size", "tensor_data_layout"]

  private static func json(_ value: GGUFValue, key: String, origin: String) throws -> JSON {
    if let flag = value.boolValue { return JSON(flag) }
    if let integer = value.intValue { return JSON(integer) }
    if let number = value.doubleValue { return JSON(number) }
    if let text = value.stringValue { return JSON(text) }
    throw AttendError(.unsupported, "\(origin): the key \"\(key)\" is an array, expected one value")
  }
}
