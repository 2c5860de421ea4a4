import { z } from 'zod';
import { brokenExamples } from '../../../shared/policy/evaluate.ts';
import { PolicyRule, Verdict } from '../../../shared/policy/policy.ts';
import type { OperatorTerms } from '../../../shared/recipe/terms.ts';
import { Budget } from '../../../shared/run/budget.ts';

/** Judges rules by their own examples alone. */
const strictest = { reads: 'deny', changes: 'deny', network: 'deny' } as const;

const Rules = z
  .array(PolicyRule)
  .max(200)
  .check(({ value, issues }) => {
    for (const message of brokenExamples({ rules: value, otherwise: strictest }))
      issues.push({ code: 'custom', message, input: value });
  })
  // So that everybody sees whose they are.
  .transform((rules) => rules.map((rule) => ({ ...rule, id: `operator-${rule.id}`.slice(0, 61) })));

/** What an operator says of every run: rules that hold beside all others, and limits above which nobody delegates. */
const says = {
  policy: z
    .strictObject({
      rules: Rules.default([]),
      otherwise: z.strictObject({ reads: Verdict, changes: Verdict, network: Verdict }).partial().default({}),
    })
    .prefault({}),
  maxBudget: Budget.partial().default({}),
};

/** `tenants`: for one of them besides, by its name. */
export const operatorSettings = {
  ...says,
  tenants: z.record(z.string().min(1).max(100), z.strictObject(says)).default({}),
};

const Operator = z.object(operatorSettings);

/** What holds for a tenant: what is said for all, and for it. */
export const operatorsFor = (
  { policy, maxBudget, tenants }: z.infer<typeof Operator>,
  tenant: string,
): readonly OperatorTerms[] => {
  const own = Object.hasOwn(tenants, tenant) ? tenants[tenant] : undefined;
  return [{ policy, maxBudget }, ...(own === undefined ? [] : [own])];
};
