import AttendBase
import AttendTensor
import AttendTraining
import Testing

@Suite struct StudyDataTests {
  @Test func addingAsksForTheSumOfTwoMarkedNumbers() {
    let (count, length) = (40, 11)
    let batch = AddingBatch(count: count, length: length, random: SeededRandom(seed: 3))
    let inputs = batch.inputs.scalars(Float.self)
    let targets = batch.targets.scalars(Float.self)
    #expect(batch.inputs.shape == [count * length, 2] && batch.targets.shape == [count, 1])
    #expect(batch.lastRows == (0..<count).map { $0 * length + length - 1 })
    for sequence in 0..<count {
      let rows = (0..<length).map { (sequence * length + $0) * 2 }
      let marked = rows.indices.filter { inputs[rows[$0] + 1] == 1 }
      #expect(marked.count == 2 && marked[0] < length / 2 && marked[1] >= length / 2)
      #expect(rows.allSatisfy { (0..<1).contains(inputs[$0]) && [0, 1].contains(inputs[$0 + 1]) })
      #expect(targets[sequence] == marked.reduce(0) { $0 + inputs[rows[$1]] })
    }
  }

  @Test func alwaysAnsweringOneHasTheBaselinesError() {
    let targets = AddingBatch(count: 20_000, length: 4, random: SeededRandom(seed: 1)).targets.scalars(Float.self)
    let error = targets.reduce(0.0) { $0 + Double(($1 - 1) * ($1 - 1)) } / Double(targets.count)
    #expect(abs(error - AddingBatch.baseline) < 0.005)
  }

  @Test func recallAnswersAreTheValuesOfTheQueriedKeys() {
    let (count, pairs, keys) = (30, 5, 9)
    let batch = RecallBatch(count: count, pairs: pairs, keys: keys, random: SeededRandom(seed: 2))
    #expect(batch.tokens.count == count * 3 * pairs && batch.lengths == Array(repeating: 3 * pairs, count: count))
    #expect(batch.rows.count == count * pairs && batch.answers.count == count * pairs)
    for sequence in 0..<count {
      let start = sequence * 3 * pairs
      var table: [Int32: Int32] = [:]
      for pair in 0..<pairs {
        let (key, value) = (batch.tokens[start + 2 * pair], batch.tokens[start + 2 * pair + 1])
        #expect((0..<Int32(keys)).contains(key) && (Int32(keys)..<Int32(2 * keys)).contains(value))
        #expect(table.updateValue(value - Int32(keys), forKey: key) == nil, "a key twice")
      }
      for query in 0..<pairs {
        let index = sequence * pairs + query
        #expect(batch.rows[index] == start + 2 * pairs + query)
        #expect(table.removeValue(forKey: batch.tokens[batch.rows[index]]) == batch.answers[index])
      }
      #expect(table.isEmpty)
    }
  }

  @Test func translationsFollowDictionaryAndOrder() {
    let language = SwapLanguage(words: 12, seed: 5)
    var dictionary: [Int32: Int32] = [:]
    var swaps = 0
    for pair in language.pairs(300, length: 7, random: SeededRandom(seed: 8)) {
      #expect(pair.source.last == SwapLanguage.end && pair.target.last == SwapLanguage.end)
      #expect(pair.source.count == 8 && pair.target.count == 8 && pair.alignment.sorted() == Array(0..<7))
      for (place, origin) in pair.alignment.enumerated() {
        let (word, translation) = (pair.source[origin], pair.target[place])
        #expect(dictionary[word] == nil || dictionary[word] == translation)
        dictionary[word] = translation
        // A word that moved stands next to its partner: an adjective behind its noun.
        guard place != origin else { continue }
        swaps += 1
        let (first, second) = (min(place, origin), max(place, origin))
        #expect(second == first + 1 && pair.source[first] < 8 && pair.source[second] >= 8)
        #expect(pair.alignment[first] == second && pair.alignment[second] == first)
      }
      for place in 0..<6 where pair.source[place] < 8 && pair.source[place + 1] >= 8 {
        #expect(pair.alignment[place] == place + 1, "an adjective before a noun that did not move")
      }
    }
    #expect(swaps > 0 && dictionary.count == 12 && Set(dictionary.values).count == 12)
  }

  @Test func sameSeedSameData() {
    let one = RecallBatch(count: 4, pairs: 3, keys: 8, random: StudyStream.training.random(1, 7))
    let same = RecallBatch(count: 4, pairs: 3, keys: 8, random: StudyStream.training.random(1, 7))
    let test = RecallBatch(count: 4, pairs: 3, keys: 8, random: StudyStream.test.random(1, 7))
    #expect(one.tokens == same.tokens && one.tokens != test.tokens)
  }
}
