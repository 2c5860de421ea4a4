/** The file of a recipe to be filled in, that can be used as it is. */
export const newRecipe = (name: string): string => `---
title: ${capitalized(name.replaceAll('-', ' '))}
description: Say here what it does, for whoever chooses it.
goal: optional # whether whoever delegates has to say something; else: required
# output: report # what the result is, where it is no change of files: report, comment, labels, issue, release
# inputs: { package: { type: string, description: Its name } } # then {{package}} stands for it below
# verification: [npm test]
# budget: { turns: 30 }
---

Say here what is to be done, step by step, and how to see that it is.

{{goal}}
`;

const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
