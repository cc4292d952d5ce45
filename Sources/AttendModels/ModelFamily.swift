import AttendNN
import AttendTensor

/// A decoder that predicts the next token.
public protocol CausalLanguageModel: Sendable {
  var vocabularySize: Int { get }
  /// Positions that the model was made for.
  var contextLength: Int { get }
  /// What its layers remember per position.
  var cacheShape: KeyValueShape { get }

  /// - Parameter tokens: `[tokens]`, int32: the batch's sequences end to end; `pass` says where each one starts. Ids are
  ///   below `vocabularySize` and positions below `contextLength`: the boundary checks.
  /// - Returns: logits, `[tokens, vocabulary]`, or of the rows alone that the pass asks for.
  func callAsFunction(_ tokens: Tensor, _ pass: inout ForwardPass) -> Tensor
}

/// An architecture family: how to read its configuration, what its weights are called, how to build it.
/// Adding one means one file with these members, and one line in `ModelRegistry.families`.
public protocol ModelFamily: CausalLanguageModel {
  associatedtype Config: Sendable

  /// Names in `architectures` of `config.json`.
  static var architectures: [String] { get }
  /// The `model_type` of `config.json`.
  static var modelType: String { get }
  /// What the base model's names start with in a checkpoint of the whole model.
  static var basePrefix: String { get }
  /// How GGUF files write this family down.
  static var gguf: GGUFMap { get }

  static func configuration(_ fields: ConfigurationFields) throws -> Config
  /// Stored weights of no use to a forward pass: buffers, tied copies.
  static func ignores(weight name: String, _ config: Config) -> Bool

  init(_ scope: WeightScope, _ config: Config)
}
