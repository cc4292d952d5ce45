import AttendBase
import AttendFormats
import AttendModels
import AttendTensor

/// Greedy translation of `batch` sources of 32 tokens into 32 tokens each. The checkpoint's bias on its end token keeps
/// it from ending earlier.
func translation(folder: String, batch: Int, precision: Precision) throws -> () throws -> Void {
  let model = try ModelRegistry.loadSequenceToSequence(try Checkpoint(path: folder), precision: precision)
  return try greedy(model, batch: batch)
}

private func greedy<Model: SequenceToSequenceModel>(_ model: Model, batch: Int) throws -> () throws -> Void {
  var random = SeededRandom(seed: 1)
  let range = Int32(10)..<Int32(model.sourceVocabularySize - 10)
  let sources = (0..<batch).map { _ in model.ended((0..<31).map { _ in Int32.random(in: range, using: &random) }) }
  for source in sources { try model.check(source: source) }
  return {
    var states = try model.encode(sources)
    var tokens = [Int32](repeating: model.startToken, count: batch)
    for step in 1...32 {
      tokens = try model.step(tokens, &states).argmax().scalars(Int64.self).map(Int32.init(truncatingIfNeeded:))
      guard !tokens.contains(model.endToken) else {
        throw AttendError(.invalidInput, "a translation ended at step \(step)")
      }
    }
  }
}
