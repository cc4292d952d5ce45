import AttendBase
import AttendGeneration
import AttendModels
import AttendNN
import AttendTensor
import AttendTestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Many requests at once.
@Suite struct EngineTests {
  /// Tiny models of random weights: float32, and quantized with 8-bit activations in decode, where phases differ.
  static let models: [(name: String, precision: Precision)] = [("llama-gguf-f32", .exact), ("llama-gguf-q4_0", .fast)]

  // MARK: Long contexts

  /// Requests that may grow beyond the context trained on have other rotary frequencies from their first position on:
  /// they share no keys with shorter ones, and their answers are those of a cache made for them.
  @Test(arguments: ["phi3-longrope", "llama-dynamic"]) func formsOfPositionsAreNotMixed(_ name: String) async throws {
    let model = try ModelRegistry.load(Golden(name).checkpoint, precision: .exact)
    let prompt = RandomRequest.tokens(4, 28, vocabulary: model.vocabularySize)
    let generator = try Generator(model: model, tokenizer: nil, precision: .exact)
    var answers: [[Int32]] = []
    for count in [4, 5, 30, 29, 4] {
      answers.append(try await tokens(generator.generate(prompt, GenerationOptions(maxTokens: count))))
      #expect(answers.last == greedy(model, prompt, count: count), "\(count) tokens")
    }
    #expect(answers[0] == answers[4])
    // No sum of what a caller may ask for overflows.
    let generation = generator.generate(prompt, GenerationOptions(maxTokens: .max))
    for try await event in generation { if case .token = event { generation.cancel() } }
    #expect(model.positionForm(reach: 32) == 0 && model.positionForm(reach: 33) != 0)
  }

  private func greedy(_ model: any CausalLanguageModel, _ prompt: [Int32], count: Int) -> [Int32]? {
    var cache = KeyValueCache(model.cacheShape, precision: .exact)
    cache.reach = prompt.count + count
    var input = prompt
    var result: [Int32] = []
    while result.count < count {
      guard
        var pass = try? ForwardPass(
          continuing: [cache], lengths: [input.count], phase: result.isEmpty ? .prompt : .decode)
      else { return nil }
      pass.outputRows = [input.count - 1]
      let logits = model(Tensor(input, shape: [input.count]), &pass).scalars(Float.self)
      pass.finish()
      cache = pass.caches[0]
      input = [Int32(logits.indices.max { logits[$0] < logits[$1] } ?? -1)]
      result += input
    }
    return result
  }

  // MARK: An answer does not depend on its neighbours

  @Test(arguments: models) func answersAreThoseOfEachRequestAlone(name: String, precision: Precision) async throws {
    let model = try ModelRegistry.load(Golden(name).checkpoint, precision: precision)
    var options = EngineOptions()
    options.promptChunk = 24
    options.promptChunkWhileDecoding = 10
    let shared = try Generator(model: model, tokenizer: nil, precision: precision, options: options)
    let requests = (0..<12).map { RandomRequest(UInt64($0), vocabulary: model.vocabularySize) }
    let together = try await withThrowingTaskGroup(of: (Int, [Int32]).self) { group in
      for (index, request) in requests.enumerated() {
        group.addTask { (index, try await tokens(shared.generate(request.prompt, request.options))) }
      }
      return try await group.reduce(into: [Int: [Int32]]()) { $0[$1.0] = $1.1 }
    }
    #expect(shared.statistics.decodeRows > shared.statistics.decodePasses)
    for (index, request) in requests.enumerated() {
      let alone = try Generator(model: model, tokenizer: nil, precision: precision)
      #expect(try await tokens(alone.generate(request.prompt, request.options)) == together[index])
    }
  }

  @Test(arguments: models) func anInterruptedAnswerGoesOnAsIfNothingHadHappened(
    name: String, precision: Precision
  ) async throws {
    let model = try ModelRegistry.load(Golden(name).checkpoint, precision: precision)
    let page = KeyValueCache(model.cacheShape, precision: precision).bytesPerPage
    var options = EngineOptions()
    // Room for two of four answers of two to three pages each.
    options.cacheBytes = 6 * page
    options.prefixBytes = 0
    let tight = try Generator(model: model, tokenizer: nil, precision: precision, options: options)
    let roomy = try Generator(model: model, tokenizer: nil, precision: precision)
    let prompts = (0..<4).map { seed in RandomRequest.tokens(UInt64(seed), 50, vocabulary: model.vocabularySize) }
    let wish = GenerationOptions(sampling: .temperature(1, seed: 3), maxTokens: 120)
    let generations = prompts.map { tight.generate($0, wish) }
    for (prompt, generation) in zip(prompts, generations) {
      #expect(try await tokens(generation) == tokens(roomy.generate(prompt, wish)))
    }
    #expect(tight.statistics.interruptions > 0)
    #expect(tight.statistics.cacheBytes <= 6 * page)
    #expect(roomy.statistics.interruptions == 0)
  }

  @Test func aRequestThatCanNeverFitIsRefused() async throws {
    let model = ScriptedModel.counting()
    var options = EngineOptions()
    options.cacheBytes = 2 * KeyValueCache(model.cacheShape, precision: .exact).bytesPerPage
    let generator = try Generator(model: model, tokenizer: nil, precision: .exact, options: options)
    let long = await failure(generator.generate([Int32](repeating: 1, count: 200)))
    #expect(long?.code == .contextOverflow && long?.hint?.contains("cacheBytes") == true)
    // One that grows out of the memory fails when it does; others go on.
    let growing = generator.generate([1, 2, 3])
    let small = generator.generate([4], GenerationOptions(maxTokens: 5))
    #expect(try await tokens(small) == [5, 6, 7, 0, 1])
    #expect(await failure(growing)?.code == .contextOverflow)
    #expect(try await tokens(generator.generate([1], GenerationOptions(maxTokens: 3))) == [2, 3, 4])
  }

  // MARK: Shared beginnings

  @Test(arguments: models) func aBeginningIsComputedOnce(name: String, precision: Precision) async throws {
    let model = try ModelRegistry.load(Golden(name).checkpoint, precision: precision)
    let generator = try Generator(model: model, tokenizer: nil, precision: precision)
    let beginning = RandomRequest.tokens(1, 150, vocabulary: model.vocabularySize)
    let wish = GenerationOptions(maxTokens: 6)
    // All at once: the others wait for the pages of the first.
    let prompts = (0..<8).map { beginning + [Int32($0 + 4), 9] }
    let generations = prompts.map { generator.generate($0, wish) }
    var answers: [[Int32]] = []
    for generation in generations { answers.append(try await tokens(generation)) }
    // 152 tokens once, of the other seven the part behind the two whole pages (or less).
    #expect(generator.statistics.promptRows <= 152 + 7 * (152 - 128))
    for (prompt, answer) in zip(prompts, answers) {
      let alone = try Generator(model: model, tokenizer: nil, precision: precision)
      #expect(try await tokens(alone.generate(prompt, wish)) == answer)
    }
    // Later: everything that was there before.
    let (_, summary) = try await generator.generate(prompts[3], wish).result()
    #expect(summary.reusedTokens == 151)
    let other = try await generator.generate(Array(beginning.prefix(100)), wish).result().summary
    #expect(other.reusedTokens == 99)
  }

  @Test func memoryForLaterIsLimited() async throws {
    let model = ScriptedModel.counting()
    let page = KeyValueCache(model.cacheShape, precision: .exact).bytesPerPage
    var options = EngineOptions()
    options.prefixBytes = 3 * page
    let generator = try Generator(model: model, tokenizer: nil, precision: .exact, options: options)
    for first in Int32(0)..<8 {
      let prompt = [first] + [Int32](repeating: 1, count: 140)
      _ = try await tokens(generator.generate(prompt, GenerationOptions(maxTokens: 2)))
    }
    #expect(generator.statistics.idleCacheBytes == 3 * page)
    #expect(generator.statistics.cacheBytes == 3 * page)
    // The newest text is the one that is remembered, from its beginning.
    let prompt = [7] + [Int32](repeating: 1, count: 140)
    #expect(try await generator.generate(prompt, GenerationOptions(maxTokens: 2)).result().summary.reusedTokens == 140)
  }

  @Test func aConversationGivesTheSameAnswersWhateverWasForgotten() async throws {
    // Phases differ in their bits here, so computing an answer's positions as a prompt would show.
    let model = try ModelRegistry.load(Golden("llama-gguf-q4_0").checkpoint, precision: .fast)
    var forgetful = EngineOptions()
    forgetful.prefixBytes = 0
    var answers: [[[Int32]]] = []
    var reused: [Int] = []
    for options in [EngineOptions(), forgetful] {
      let generator = try Generator(model: model, tokenizer: nil, precision: .fast, options: options)
      let memory = PrefixMemory()
      var text = RandomRequest.tokens(5, 40, vocabulary: model.vocabularySize)
      var turns: [[Int32]] = []
      for turn in 0..<3 {
        let wish = GenerationOptions(sampling: .temperature(2, seed: UInt64(turn)), maxTokens: 30)
        let prompt = text
        let (answer, summary) = try await all(generator.generate(wish, memory: memory) { prompt })
        turns.append(answer)
        reused.append(summary?.reusedTokens ?? -1)
        text += answer + [7, 8, Int32(turn)]
      }
      answers.append(turns)
    }
    #expect(answers[0] == answers[1])
    #expect(reused[1] > 60 && reused[2] > 90)
    #expect(reused[3...] == [0, 0, 0])
  }

  @Test func aPassTakesPagesOverAndCopiesOnlyThoseOfTwoOwners() throws {
    let shape = KeyValueShape(layers: 1, heads: 1, keyWidth: 8, valueWidth: 8)
    var cache = KeyValueCache(shape, precision: .exact)
    var identities: [ObjectIdentifier] = []
    for _ in 0..<5 {
      var caches = [KeyValueCache(shape, precision: .exact)]
      swap(&caches[0], &cache)
      var pass = try ForwardPass(continuing: consume caches, lengths: [1], phase: .decode)
      pass.finish()
      cache = pass.caches.removeLast()
      identities.append(cache.pageIdentity(0))
    }
    #expect(Set(identities).count == 1 && cache.length == 5)
    let other = cache
    try cache.reserve(1)
    #expect(cache.pageIdentity(0) != other.pageIdentity(0))
  }

  // MARK: Order and limits

  @Test func aHigherPriorityComesFirstAndNobodyWaitsForever() async throws {
    for (aging, expected) in [(1e6, [0, 3, 1, 2]), (1e-12, [0, 1, 2, 3])] {
      let isOpen = Locked(false)
      let model = ScriptedModel.counting { _ in while !isOpen.withLock({ $0 }) { usleep(100) } }
      var options = EngineOptions()
      options.maxRunning = 1
      options.agingSeconds = aging
      let generator = try Generator(model: model, tokenizer: nil, precision: .exact, options: options)
      let order = Locked<[Int]>([])
      let generations = (0..<4).map { number in
        // The first one is being served when the others come.
        while number == 1, model.passes.withLock({ $0 }) == 0 { usleep(100) }
        var wish = GenerationOptions(maxTokens: 3)
        wish.priority = number == 3 ? 5 : 0
        return generator.generate(wish, completion: { _, _ in order.withLock { $0.append(number) } }) { [1] }
      }
      // Requests are prepared in order: when this one is refused, the four have arrived.
      #expect(await failure(generator.generate([]))?.code == .invalidInput)
      isOpen.withLock { $0 = true }
      for generation in generations { _ = try await generation.result() }
      #expect(order.withLock { $0 } == expected)
    }
  }

  @Test func tooManyWaitingRequestsAreRefused() async throws {
    let isOpen = Locked(false)
    let model = ScriptedModel.counting { _ in while !isOpen.withLock({ $0 }) { usleep(100) } }
    var options = EngineOptions()
    options.maxRunning = 1
    options.maxQueued = 3
    let generator = try Generator(model: model, tokenizer: nil, precision: .exact, options: options)
    let generations = (0..<8).map { _ in generator.generate([1], GenerationOptions(maxTokens: 2)) }
    let refused = await failure(generations[7])
    #expect(refused?.code == .overloaded && refused?.hint != nil)
    isOpen.withLock { $0 = true }
    var served = 0
    for generation in generations where (try? await generation.result()) != nil { served += 1 }
    #expect((3...4).contains(served))
    #expect(try await tokens(generator.generate([1], GenerationOptions(maxTokens: 2))) == [2, 3])
  }

  @Test func aLongPromptDoesNotStallAnAnswer() async throws {
    // At most eight rows of the long prompt lie between two tokens of the answer.
    var options = EngineOptions()
    options.promptChunkWhileDecoding = 8
    let isOpen = Locked(false)
    let model = ScriptedModel.counting { _ in while !isOpen.withLock({ $0 }) { usleep(100) } }
    let passes = model.passes
    let generator = try Generator(model: model, tokenizer: nil, precision: .exact, options: options)
    var wish = GenerationOptions()
    wish.speculation = Speculation.none
    let writing = generator.generate([1], wish)
    // It is being served when the long prompt comes.
    while passes.withLock({ $0 }) == 0 { usleep(100) }
    let before = passes.withLock { $0 }
    let long = generator.generate([Int32](repeating: 3, count: 400), GenerationOptions(maxTokens: 1))
    // Requests are prepared in order: when this one is refused, the long one has arrived.
    #expect(await failure(generator.generate([]))?.code == .invalidInput)
    isOpen.withLock { $0 = true }
    #expect(try await tokens(long) == [4])
    #expect(passes.withLock { $0 } - before >= 400 / 8 * 2 - 2)
    writing.cancel()
  }

  @Test func aLongTextsLikelihoodDoesNotStallAnAnswer() async throws {
    let isOpen = Locked(false)
    let model = ScriptedModel.counting { _ in while !isOpen.withLock({ $0 }) { usleep(100) } }
    let passes = model.passes
    let generator = try Generator(model: model, tokenizer: nil, precision: .exact)
    let atTheEnd = Locked(0)
    let answer = generator.generate(
      GenerationOptions(maxTokens: 3), completion: { _, _ in atTheEnd.withLock { $0 = passes.withLock { $0 } } },
      prompt: { [1] })
    while passes.withLock({ $0 }) == 0 { usleep(100) }
    async let likelihood = generator.negativeLogLikelihood(of: [Int32](repeating: 3, count: 5000))
    usleep(50_000)  // the text waits behind the answer's first pass
    isOpen.withLock { $0 = true }
    _ = try await answer.result()
    #expect(try await likelihood.predictions > 4900)
    #expect(atTheEnd.withLock { $0 } < passes.withLock { $0 } - 20)
  }

  @Test func anErrorOfOneRequestTouchesNoOther() async throws {
    let model = ScriptedModel { position, token in
      (0..<8).map { token == 5 && position > 2 ? .nan : $0 == (token + 1) % 8 && token < 4 || $0 == token ? 5 : 0 }
    }
    let generator = try Generator(model: model, tokenizer: nil, precision: .exact)
    let wish = GenerationOptions(maxTokens: 12)
    let good = (0..<3).map { _ in generator.generate([7], wish) }
    let bad = generator.generate([5], wish)
    #expect(await failure(bad)?.code == .notANumber)
    for generation in good { #expect(try await tokens(generation) == [Int32](repeating: 7, count: 12)) }
  }

  @Test func badOptionsAreRefused() throws {
    for change in [
      { $0.maxRunning = 0 }, { $0.maxQueued = -1 }, { $0.promptChunk = 0 }, { $0.cacheBytes = -1 },
      { $0.agingSeconds = .nan },
    ] as [(inout EngineOptions) -> Void] {
      var options = EngineOptions()
      change(&options)
      #expect(throws: AttendError.self) {
        try Generator(model: ScriptedModel.counting(), tokenizer: nil, precision: .exact, options: options)
      }
    }
  }
}
