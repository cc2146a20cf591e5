"""What can hurt us in here: code, dependencies, secrets, workflows, images?"""
