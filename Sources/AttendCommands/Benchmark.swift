import Attend
import AttendBase
import AttendModels
import AttendNN
import AttendTensor

/// The two things that a language model does, timed.
struct Benchmark: Sendable {
  /// The size of a pass in generation, so that the numbers are those of generation.
  private static let promptChunk = 512

  let model: any CausalLanguageModel
  let precision: Precision

  init(_ model: any CausalLanguageModel, precision: Precision) {
    self.model = model
    self.precision = precision
  }

  /// - Throws: `context-overflow` when the model's context is shorter.
  func check(prompt: Int, decode: Int) throws(AttendError) {
    let needed = max(prompt, decode + 1)
    guard needed <= model.contextLength else {
      throw AttendError(
        .contextOverflow, "\(needed) tokens are more than the model's context of \(model.contextLength)",
        hint: "measure fewer with --prompt and --decode")
    }
  }

  /// Seconds to read a prompt of random tokens into an empty cache, up to the logits of its last token.
  func promptSeconds(_ count: Int, _ profile: Profile? = nil) throws -> Double {
    var random = SeededRandom(seed: 1)
    let ids = (0..<count).map { _ in Int32.random(in: 0..<Int32(model.vocabularySize), using: &random) }
    var cache = KeyValueCache(model.cacheShape, precision: precision)
    let start = ContinuousClock.now
    try recording(profile) {
      for first in stride(from: 0, to: count, by: Self.promptChunk) {
        _ = try step(ids[first..<min(first + Self.promptChunk, count)], &cache, .prompt)
      }
    }
    return (ContinuousClock.now - start).seconds
  }

  /// Seconds to write tokens one by one, each the most probable, after one that is not counted.
  func decodeSeconds(_ count: Int, _ profile: Profile? = nil) throws -> Double {
    var cache = KeyValueCache(model.cacheShape, precision: precision)
    var token = try step([0], &cache, .prompt)
    let start = ContinuousClock.now
    try recording(profile) {
      for _ in 0..<count { token = try step([token], &cache, .decode) }
    }
    return (ContinuousClock.now - start).seconds
  }

  /// Where the time of reading a prompt goes. The model has read one before, so that nothing is made for the first time.
  func profilePrompt(_ count: Int) throws -> ProfileReport {
    let profile = Profile()
    _ = try promptSeconds(count, profile)
    return ProfileReport(profile, steps: 1)
  }

  /// Where the time of writing `count` tokens goes, the mean of their steps.
  func profileDecode(_ count: Int) throws -> ProfileReport {
    let profile = Profile()
    _ = try decodeSeconds(count, profile)
    return ProfileReport(profile, steps: count)
  }

  private func recording(_ profile: Profile?, _ body: () throws -> Void) rethrows {
    if let profile { try profile.record(body) } else { try body() }
  }

  private func step(_ ids: ArraySlice<Int32>, _ cache: inout KeyValueCache, _ phase: Phase) throws -> Int32 {
    // The cache moves into the pass and back, so that its pages keep one owner.
    var moved = KeyValueCache(model.cacheShape, precision: precision)
    swap(&moved, &cache)
    var pass = try ForwardPass(continuing: [consume moved], lengths: [ids.count], phase: phase)
    pass.outputRows = [ids.count - 1]
    let logits = model(Tensor(Array(ids), shape: [ids.count]), &pass)
    pass.finish()
    cache = pass.caches.removeLast()
    let count = logits.count
    let best = logits.withFloats { row in
      profiled(.sampling, Profile.Work(bytes: 4 * count, operations: count)) {
        Selection.argmax(UnsafeBufferPointer(start: row, count: count))
      }
    }
    return Int32(best ?? 0)
  }
}
