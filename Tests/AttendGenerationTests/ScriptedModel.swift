import AttendBase
import AttendGeneration
import AttendModels
import AttendNN
import AttendTensor

/// A model whose logits are a function of the position and the token there, and that counts its passes.
struct ScriptedModel: CausalLanguageModel {
  var vocabularySize = 8
  var contextLength = 100_000
  var cacheShape = KeyValueShape(layers: 1, heads: 1, keyWidth: 8, valueWidth: 8)
  let passes = Locked(0)
  /// Called at each pass with the number of passes so far.
  var onPass: @Sendable (Int) -> Void = { _ in }
  /// Position and token → logits.
  var logits: @Sendable (Int, Int32) -> [Float]

  /// The next token is the last one plus one.
  static func counting(onPass: @escaping @Sendable (Int) -> Void = { _ in }) -> ScriptedModel {
    ScriptedModel(onPass: onPass) { _, token in (0..<8).map { $0 == (token + 1) % 8 ? 5 : 0 } }
  }

  func callAsFunction(_ tokens: Tensor, _ pass: inout ForwardPass) -> Tensor {
    let count = passes.withLock { passes in
      passes += 1
      return passes
    }
    onPass(count)
    let tokens = tokens.scalars(Int32.self)
    let rows = pass.outputRows ?? Array(tokens.indices)
    return Tensor(rows.flatMap { logits(pass.positions[$0], tokens[$0]) }, shape: [rows.count, vocabularySize])
  }
}
