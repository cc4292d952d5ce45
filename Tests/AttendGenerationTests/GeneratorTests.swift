import AttendBase
import AttendFormats
import AttendGeneration
import AttendModels
import AttendTensor
import AttendTestSupport
import AttendText
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite struct GeneratorTests {
  private func generator(_ model: any CausalLanguageModel, endTokens: Set<Int32> = []) throws -> Generator {
    try Generator(model: model, tokenizer: nil, precision: .exact, endTokens: endTokens)
  }

  /// A tiny checkpoint of random weights with a tokenizer.
  private func golden(_ name: String = "llama-gguf-f32", endTokens: Set<Int32> = []) throws -> (Golden, Generator) {
    let golden = try Golden(name)
    let model = try ModelRegistry.load(golden.checkpoint, precision: .exact)
    let tokenizer = try golden.checkpoint.readTokenizer()
    return (golden, try Generator(model: model, tokenizer: tokenizer, precision: .exact, endTokens: endTokens))
  }

  private func ids(_ golden: Golden, _ name: String) throws -> [Int32] { try golden.floats(name).map { Int32($0) } }

  private func collect(_ generation: Generation) async throws -> (tokens: [Int32], text: String, GenerationSummary?) {
    var result = (tokens: [Int32](), text: "", GenerationSummary?.none)
    for try await event in generation {
      switch event {
      case .logProbabilities, .toolCall: break
      case .started: #expect(result.tokens.isEmpty)
      case .token(let id): result.tokens.append(id)
      case .text(let piece):
        #expect(!piece.isEmpty)
        result.text += piece
      case .finished(let summary):
        #expect(result.2 == nil)
        result.2 = summary
      }
    }
    return result
  }

  private func failure(_ generation: Generation) async -> AttendError? {
    do {
      _ = try await generation.result()
      return nil
    } catch { return error as? AttendError }
  }

  // MARK: Right answers

  @Test(arguments: ["llama-gguf-f32", "llama2", "llama3", "llama-tied", "gpt2", "gpt2-gguf-f32"])
  func greedyTokensAreTheReferences(name: String) async throws {
    let golden = try Golden(name)
    let model = try ModelRegistry.load(golden.checkpoint, precision: .exact)
    let generator = try generator(model)
    let expected = try ids(golden, "greedy_ids")
    let result = try await collect(
      generator.generate(try ids(golden, "prompt_ids"), GenerationOptions(maxTokens: expected.count)))
    #expect(result.tokens == expected)
    #expect(result.2?.reason == .length)
    #expect(result.2?.generatedTokens == expected.count)
    #expect(result.2?.promptTokens == 6)
  }

  @Test func textIsThatOfTheTokens() async throws {
    let (golden, generator) = try golden()
    let tokenizer = try #require(generator.tokenizer)
    for seed in UInt64(0)..<5 {
      let options = GenerationOptions(sampling: .temperature(3, seed: seed), maxTokens: 60)
      let result = try await collect(generator.generate(try ids(golden, "prompt_ids"), options))
      #expect(result.text == tokenizer.decode(result.tokens, skipSpecial: true))
      #expect(result.tokens.count == 60)
    }
  }

  @Test func aSeedDecidesWhateverTheThreads() async throws {
    let (golden, generator) = try golden()
    let prompt = try ids(golden, "prompt_ids")
    let options = GenerationOptions(sampling: Sampling(temperature: 2, topK: 40, topP: 0.95, seed: 7), maxTokens: 40)
    let before = Hardware.threads
    defer { Hardware.threads = before }
    var runs: [[Int32]] = []
    for threads in [1, 2, 4] {
      Hardware.threads = threads
      runs.append(try await collect(generator.generate(prompt, options)).tokens)
    }
    #expect(runs[0] == runs[1] && runs[1] == runs[2])
  }

  @Test func anUnseededRequestDrawsAnew() async throws {
    let (golden, generator) = try golden()
    let prompt = try ids(golden, "prompt_ids")
    let options = GenerationOptions(sampling: .temperature(5), maxTokens: 60)
    let first = try await collect(generator.generate(prompt, options)).tokens
    #expect(try await collect(generator.generate(prompt, options)).tokens != first)
  }

  // MARK: Ends

  @Test func theModelsOwnEndIsNotPartOfTheText() async throws {
    let (golden, _) = try golden()
    let expected = try ids(golden, "greedy_ids")
    let end = try #require(expected.first { expected.firstIndex(of: $0) == 4 || $0 == expected[4] })
    let position = try #require(expected.firstIndex(of: end))
    let (_, generator) = try self.golden(endTokens: [end])
    let prompt = try ids(golden, "prompt_ids")
    let result = try await collect(generator.generate(prompt, GenerationOptions(maxTokens: 24)))
    #expect(result.tokens == Array(expected[..<position]))
    #expect(result.2?.reason == .endOfText(end))
    let ignoring = GenerationOptions(maxTokens: 24, ignoresEndOfText: true)
    #expect(try await collect(generator.generate(prompt, ignoring)).tokens == expected)
  }

  @Test func aStopStringAcrossTokensEndsTheText() async throws {
    let (golden, generator) = try golden()
    let prompt = try ids(golden, "prompt_ids")
    let whole = try await generator.generate(prompt, GenerationOptions(maxTokens: 24)).result().text
    try #require(whole.count > 8)
    for start in [1, 3, 5] {
      let stop = String(whole.dropFirst(start).prefix(3))
      let options = GenerationOptions(maxTokens: 24, stopStrings: [stop, "never written"])
      let (text, summary) = try await generator.generate(prompt, options).result()
      let end = try #require(whole.range(of: stop))
      #expect(text == whole[..<end])
      #expect(summary.reason == .stop(stop))
    }
  }

  @Test func theContextsEndEndsTheText() async throws {
    var model = ScriptedModel.counting()
    model.contextLength = 10
    let result = try await collect(generator(model).generate([1, 2, 3]))
    #expect(result.tokens == [4, 5, 6, 7, 0, 1, 2])
    #expect(result.2?.reason == .length)
  }

  @Test func cancellingEndsWithinAStep() async throws {
    let isCancelled = Locked(false)
    // The sixth pass lasts until the request has been cancelled.
    let model = ScriptedModel.counting { pass in
      while pass == 6, !isCancelled.withLock({ $0 }) { usleep(100) }
    }
    let generation = try generator(model).generate([1])
    var tokens = 0
    var reason: GenerationSummary.Reason?
    for try await event in generation {
      if case .token = event {
        tokens += 1
        if tokens == 3 {
          generation.cancel()
          isCancelled.withLock { $0 = true }
        }
      }
      if case .finished(let summary) = event { reason = summary.reason }
    }
    #expect(reason == .cancelled)
    #expect(model.passes.withLock { $0 } <= 6)
  }

  @Test func cancellingThePromptEndsWithinAChunk() async throws {
    let cancel = Locked<(@Sendable () -> Void)?>(nil)
    let started = Locked(false)
    let model = ScriptedModel.counting { pass in
      // Waits until the test has the request in hand, then ends it in the middle of the first chunk.
      while !started.withLock({ $0 }) { usleep(100) }
      if pass == 1 { cancel.withLock { $0 }?() }
    }
    let generation = try generator(model).generate([Int32](repeating: 1, count: 5000))
    cancel.withLock { $0 = { generation.cancel() } }
    started.withLock { $0 = true }
    let (text, summary) = try await generation.result()
    #expect(summary.reason == .cancelled && text == "" && summary.generatedTokens == 0)
    #expect(summary.secondsToFirstToken == nil)
    #expect(model.passes.withLock { $0 } == 1)
  }

  @Test(.timeLimit(.minutes(1))) func aCancelledTaskOrADroppedStreamEndsTheRequest() async throws {
    let model = ScriptedModel.counting()
    let generator = try generator(model)
    let task = Task {
      for try await _ in generator.generate([1]) {}
    }
    while model.passes.withLock({ $0 }) < 5 { await Task.yield() }
    task.cancel()
    _ = await task.result
    _ = generator.generate([1])  // dropped at once
    for try await event in generator.generate([1]) { if case .token = event { break } }
    // The thread is free again: a request of its own gets through.
    let (_, summary) = try await generator.generate([1], GenerationOptions(maxTokens: 3)).result()
    #expect(summary.reason == .length)
  }

  // MARK: Queue

  @Test func requestsComeInTurn() async throws {
    let generator = try generator(ScriptedModel.counting())
    let order = Locked<[Int]>([])
    let generations = (0..<8).map { number in
      generator.generate(GenerationOptions(maxTokens: 20)) { [order] in
        order.withLock { $0.append(number) }
        return [Int32(number)]
      }
    }
    for (number, generation) in generations.enumerated() {
      #expect(try await collect(generation).tokens.first == Int32((number + 1) % 8))
    }
    #expect(order.withLock { $0 } == Array(0..<8))
  }

  @Test func theNextRequestStartsWhereItDiffers() async throws {
    let (golden, generator) = try golden()
    let prompt = try ids(golden, "prompt_ids")
    let memory = PrefixMemory()
    let options = GenerationOptions(maxTokens: 10)
    let first = try await collect(generator.generate(options, memory: memory) { prompt })
    #expect(first.2?.reusedTokens == 0)
    // The prompt, nine tokens (the tenth was never read), then something else.
    let longer = prompt + first.tokens.prefix(7) + [5, 6, 7, 8]
    let second = try await collect(generator.generate(options, memory: memory) { longer })
    #expect(second.2?.reusedTokens == prompt.count + 7)
    #expect(second.tokens == (try await collect(generator.generate(longer, options)).tokens))
    // The same prompt again: its last token has to run, since only a pass gives logits.
    let third = try await collect(generator.generate(options, memory: memory) { longer })
    #expect(third.2?.reusedTokens == longer.count - 1)
    #expect(third.tokens == second.tokens)
    let other = try await collect(generator.generate(options, memory: memory) { [9, 10, 11] })
    #expect(other.2?.reusedTokens == 0)
    #expect(other.tokens == (try await collect(generator.generate([9, 10, 11], options)).tokens))
  }

  // MARK: Bad input

  @Test func badRequestsAreRefused() async throws {
    var model = ScriptedModel.counting()
    model.contextLength = 16
    let generator = try generator(model)
    #expect(await failure(generator.generate([]))?.code == .invalidInput)
    #expect(await failure(generator.generate([3, 8]))?.code == .invalidInput)
    #expect(await failure(generator.generate([-1]))?.code == .invalidInput)
    #expect(await failure(generator.generate([1], GenerationOptions(maxTokens: 0)))?.code == .invalidInput)
    #expect(await failure(generator.generate([1], GenerationOptions(stopStrings: [""])))?.code == .invalidInput)
    #expect(await failure(generator.generate([1], GenerationOptions(stopStrings: ["a"])))?.code == .invalidInput)
    #expect(await failure(generator.generate([1], GenerationOptions(sampling: .nucleus(p: 2))))?.code == .invalidInput)
    let overflow = await failure(generator.generate([Int32](repeating: 1, count: 16)))
    #expect(overflow?.code == .contextOverflow)
    #expect(overflow?.message.contains("16") == true && overflow?.hint != nil)
    // Bad requests leave the thread in order.
    #expect(try await collect(generator.generate([1], GenerationOptions(maxTokens: 2))).tokens == [2, 3])
    #expect(throws: AttendError.self) { try self.generator(model, endTokens: [8]) }
  }

  @Test func logitsThatAreNotNumbersEndTheRequest() async throws {
    let model = ScriptedModel { position, _ in (0..<8).map { $0 == 3 && position == 6 ? .nan : Float($0) } }
    let generation = try generator(model).generate([1, 2, 3, 4])
    var tokens: [Int32] = []
    let error = await #expect(throws: AttendError.self) {
      for try await event in generation { if case .token(let id) = event { tokens.append(id) } }
    }
    #expect(error?.code == .notANumber)
    #expect(error?.message.contains("step 3") == true)
    #expect(tokens.count == 3)
  }

  // MARK: Likelihood

  @Test(arguments: ["llama2", "gpt2"])
  func likelihoodIsThatOfTheGoldenLogits(name: String) async throws {
    let golden = try Golden(name)
    let generator = try generator(try ModelRegistry.load(golden.checkpoint, precision: .exact))
    let ids = try golden.sequences()[0]
    let width = generator.model.vocabularySize
    let logits = try golden.floats("logits").map { Double($0) }
    var expected = 0.0
    for position in 0..<ids.count - 1 {
      let row = Tensor(Array(logits[position * width..<(position + 1) * width]), shape: [1, width])
      expected -= row.logSoftmax().scalars(Double.self)[Int(ids[position + 1])]
    }
    let likelihood = try await generator.negativeLogLikelihood(of: ids)
    #expect(likelihood.predictions == ids.count - 1)
    #expect(abs(likelihood.negativeLogLikelihood - expected) < 1e-4 * Double(ids.count))
  }

  /// Every token is predicted once, by the window that shows it most of what lies before it.
  @Test func windowsOverlap() async throws {
    let golden = try Golden("gpt2")
    let generator = try generator(try ModelRegistry.load(golden.checkpoint, precision: .exact))
    let context = generator.model.contextLength
    let ids = RandomRequest.tokens(5, 2 * context + 7, vocabulary: generator.model.vocabularySize)
    let stride = context / 2 - 1
    var (expected, predicted) = (0.0, 0)
    for first in Swift.stride(from: 0, to: ids.count, by: stride) where predicted < ids.count - 1 {
      let last = min(first + context, ids.count) - 1
      let whole = try await generator.negativeLogLikelihood(of: Array(ids[first...last]))
      // What the window before it has counted already, seen from this window's start.
      let known =
        predicted > first ? try await generator.negativeLogLikelihood(of: Array(ids[first...predicted])) : nil
      expected += whole.negativeLogLikelihood - (known?.negativeLogLikelihood ?? 0)
      predicted = last
    }
    let likelihood = try await generator.negativeLogLikelihood(of: ids, stride: stride)
    #expect(likelihood.predictions == ids.count - 1)
    #expect(abs(likelihood.negativeLogLikelihood - expected) < 1e-6 * expected)
  }

  @Test func aLongTextIsCutIntoWindows() async throws {
    var model = ScriptedModel { _, _ in [Float](repeating: 2, count: 8) }
    model.contextLength = 300
    let generator = try generator(model)
    let likelihood = try await generator.negativeLogLikelihood(of: [Int32](repeating: 1, count: 650))
    #expect(likelihood.predictions == 299 + 299 + 49)
    #expect(abs(likelihood.mean - 2.0794415416798357) < 1e-6)  // ln 8
    #expect(abs(likelihood.perplexity - 8) < 1e-5)
    let overlapping = try await generator.negativeLogLikelihood(of: [Int32](repeating: 1, count: 650), stride: 150)
    #expect(overlapping.predictions == 649)
    for stride in [0, 301] {
      await #expect(throws: AttendError.self) { try await generator.negativeLogLikelihood(of: [1, 1], stride: stride) }
    }
    await #expect(throws: AttendError.self) { try await generator.negativeLogLikelihood(of: [1]) }
    await #expect(throws: AttendError.self) { try await generator.negativeLogLikelihood(of: [1, 99]) }
  }
}

extension String {
  /// The first place of a part.
  fileprivate func range(of part: String) -> String.Index? {
    indices.first { self[$0...].hasPrefix(part) }
  }
}
