import type { Policy } from './policy.ts';

/** What agents of all makers take as instructions, or start programs from: whoever works here next is told what stands there. */
export const agentFiles =
  '{**/AGENTS.md,**/CLAUDE.md,**/CLAUDE.local.md,**/GEMINI.md,.github/copilot-instructions.md,.github/instructions/**,**/.claude/**,**/.cursor/**,**/.cursorrules,**/.windsurf/**,**/.windsurfrules,**/.clinerules,**/.clinerules/**,**/.codex/**,**/.gemini/**,**/.continue/**,**/.roo/**,**/.mcp.json,**/.aider.conf.yml}';

/**
 * What holds where nobody says otherwise. Commands may run unasked because the sandbox, not this list, is the boundary:
 * no network, no secrets, nothing outside the workspace. What acts later, outside it, is asked for.
 */
export const defaultPolicy: Policy = {
  rules: [
    {
      id: 'git-internals',
      verdict: 'deny',
      reason: 'The repository data of git is not for editing.',
      path: '{.git,.git/**,**/.git,**/.git/**}',
      tool: ['edit', 'write', 'apply_patch'],
      examples: { matches: [{ tool: 'write', path: '.git/config' }], not: [{ tool: 'write', path: '.gitignore' }] },
    },
    {
      id: 'automation',
      verdict: 'ask',
      reason: 'It changes what runs by itself later, with more rights than this sandbox has.',
      path: '{.github/**,.gitlab-ci.yml,.gitlab/**,.circleci/**,.gitea/**,.forgejo/**,.longhaul/**,.vscode/**,.devcontainer/**,.devcontainer.json,.husky/**,CODEOWNERS,docs/CODEOWNERS}',
      tool: ['edit', 'write', 'apply_patch'],
      examples: {
        matches: [{ tool: 'write', path: '.github/workflows/ci.yml' }],
        not: [{ tool: 'edit', path: 'src/github.ts' }],
      },
    },
    {
      id: 'agents',
      verdict: 'ask',
      reason: 'Later agents take it as instructions, or start what it names.',
      path: agentFiles,
      tool: ['edit', 'write', 'apply_patch'],
      examples: {
        matches: [
          { tool: 'write', path: 'AGENTS.md' },
          { tool: 'write', path: '.claude/settings.json' },
        ],
        not: [{ tool: 'edit', path: 'docs/agents-guide.md' }],
      },
    },
    {
      id: 'outside',
      verdict: 'ask',
      reason: 'A link leads out of the repository: whoever opens it elsewhere gets what is there.',
      path: '{/**,..,../**}',
      tool: ['bash'],
      examples: { matches: [{ tool: 'bash', path: '/etc' }], not: [{ tool: 'bash', path: 'src/etc' }] },
    },
  ],
  otherwise: { reads: 'allow', changes: 'allow', network: 'ask' },
};
