import * as fc from "fast-check";
import { mentionsOf, stanceOn } from "../../../../suite/checks/mentions";

test.each<[string, string, string]>([
    ["There is a dog.", "dog", "affirmed"],
    ["There is no dog.", "dog", "denied"],
    ["There is no dog, but a cat.", "dog", "denied"],
    ["There is no dog, but a cat.", "cat", "affirmed"],
    ["There is no dog but there is a cat.", "cat", "affirmed"],
    ["There is no dog or cat in the picture.", "cat", "denied"],
    ["There is no dog, cat, or bird.", "cat", "denied"],
    ["There is no dog, cat, or bird.", "bird", "denied"],
    ["There is no dog, the sky is blue or grey.", "sky", "affirmed"],
    ["There is no dog and the sky is blue.", "sky", "affirmed"],
    ["There is no dog and a cat sleeps.", "cat", "affirmed"],
    ["I don't see a dog.", "dog", "denied"],
    ["I don’t see any dogs here.", "dog", "denied"],
    ["The picture does not show a dog", "dog", "denied"],
    ["It isn't red.", "red", "denied"],
    ["Neither red nor green: blue.", "green", "denied"],
    ["Neither red nor green: blue.", "blue", "affirmed"],
    ["It is blue, not red.", "red", "denied"],
    ["It is blue, not red.", "blue", "affirmed"],
    ["Blue rather than red", "red", "denied"],
    ["Blue instead of red", "red", "denied"],
    ["A house without windows", "window", "denied"],
    ["A house without windows", "house", "affirmed"],
    ["A house without windows under a blue sky.", "sky", "affirmed"],
    ["No windows can be seen on the house. The sky is blue.", "sky", "affirmed"],
    ["The dog is not visible.", "dog", "denied"],
    ["A dog isn't clearly visible", "dog", "denied"],
    ["The dog is absent.", "dog", "denied"],
    ["Dogs: none", "dog", "denied"],
    ["The dog is not red.", "dog", "affirmed"],
    ["The dog is not red.", "red", "denied"],
    ["Not only a dog but also a cat", "dog", "affirmed"],
    ["No doubt it is a dog.", "dog", "affirmed"],
    ["There is nothing but a red circle.", "circle", "affirmed"],
    ["No, there is a dog.", "dog", "affirmed"],
    ["There is no dog. Wait, there is a dog!", "dog", "affirmed"],
    ["No. 5 is a dog", "dog", "affirmed"],
    ["A note about a dog", "dog", "affirmed"],
    ["The image contains no text and shows a red circle.", "circle", "affirmed"],
    ["A clear sky with no clouds, and a brown roof", "roof", "affirmed"],
    ["The walls are white, no visible chimney, and a red door", "door", "affirmed"],
    ["Without any labels, the picture shows a house", "house", "affirmed"],
    ["There are no people near the house.", "house", "affirmed"],
    ["There are no people near the house.", "people", "denied"],
    ["No one is standing in front of the house.", "house", "affirmed"],
    ["There is no dog in the garden.", "dog", "denied"],
    ["The dog is not in the picture.", "dog", "denied"],
    ["The circle is not on the left.", "left", "denied"],
    ["No it is a square.", "square", "affirmed"],
    ["None of the shapes is red.", "red", "denied"],
    ["It is none other than Paris.", "Paris", "affirmed"],
    ["The red door is not open.", "red", "affirmed"],
    ["There are no fewer than five windows.", "window", "affirmed"],
    ["I'm not sure, but it looks like a dog.", "dog", "affirmed"],
    ["A dog missing a leg", "dog", "affirmed"],
    ["The dog is missing.", "dog", "denied"],
    ["The capital is Beijing (not Shanghai).", "Shanghai", "denied"],
    ["The capital is Beijing (not Shanghai).", "Beijing", "affirmed"],
    ["Neither a cat nor a dog but a fox", "fox", "affirmed"],
    ["A cat.", "dog", "unnamed"],
    ["图中有一只狗。", "狗", "affirmed"],
    ["图中没有狗。", "狗", "denied"],
    ["图中没有狗，但有一只猫。", "猫", "affirmed"],
    ["图中没有狗、猫或鸟。", "鸟", "denied"],
    ["这不是狗，而是猫。", "狗", "denied"],
    ["这不是狗而是猫。", "猫", "affirmed"],
    ["蓝色而不是红色", "红", "denied"],
    ["蓝色而不是红色", "蓝", "affirmed"],
    ["狗不在图中。", "狗", "denied"],
    ["图中看不到狗。", "狗", "denied"],
    ["图片里并无红色的圆。", "红", "denied"],
    ["一座没有窗户的房子。", "窗", "denied"],
    ["一座没有窗户的房子。", "房", "affirmed"],
    ["这个圆不仅是红色的，还很大。", "红", "affirmed"],
    ["非常大的红色圆形", "红", "affirmed"],
    ["不远处有一座房子", "房", "affirmed"],
    ["万里无云的蓝天", "天", "affirmed"],
    ["无数红色的点", "红", "affirmed"],
    ["毫无疑问是狗", "狗", "affirmed"],
    ["没错，是狗", "狗", "affirmed"],
    ["不过有一只狗", "狗", "affirmed"],
    ["未来的红色汽车", "红", "affirmed"],
    ["图片中没有文字，只有一座房子。", "房", "affirmed"],
    ["房子前面没有树，天空是蓝色的。", "蓝", "affirmed"],
    ["这是一座不是很大的红色房子。", "红", "affirmed"],
    ["左边的圆不是绿色。", "圆", "affirmed"],
    ["左边的圆不是绿色。", "绿", "denied"],
])("%s - %s is %s", (text, word, stance) => {
    expect(stanceOn(text, word)).toBe(stance);
});

describe("whatever the words", () => {
    const noun = fc.constantFrom("dog", "red circle", "house", "窗", "圆");
    const lead = fc.constantFrom("", "The sky is blue. ", "No cat is here, but ", "天空是蓝色的。");

    it("a sentence that denies one word denies it behind any other sentence", () => {
        const denial = fc.constantFrom("there is no X", "it does not show X", "没有X", "这不是X");
        fc.assert(
            fc.property(lead, denial, noun, (before, pattern, word) => {
                expect(stanceOn(`${before}${pattern.replace("X", word)}.`, word)).toBe("denied");
            }),
        );
    });

    it("a sentence that affirms one word affirms it, whatever another denies", () => {
        const denial = fc.constantFrom("There is no X. ", "没有X。", "Not X, but ", "不是X，而是");
        fc.assert(
            fc.property(lead, denial, noun, (before, pattern, word) => {
                const text = `${before}${pattern.replace("X", word)}${word}`;
                expect(stanceOn(text, word)).toBe("affirmed");
            }),
        );
    });
});

test.each<[string, string, number]>([
    ["boxes and windows", "box", 1],
    ["boxes and windows", "window", 1],
    ["windowless", "window", 0],
    ["It was rendered in a hundred steps.", "red", 0],
    ["颜色是red。", "red", 1],
    ["a front  door", "front door", 1],
    ["C++ and c++", "C++", 2],
    ["红红的", "红", 2],
])("in %j, %s stands %d times", (text, word, times) => {
    expect(mentionsOf(text, word)).toHaveLength(times);
});
